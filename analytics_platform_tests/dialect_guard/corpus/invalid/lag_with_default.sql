-- found: no third argument
select lag(close_local, 1, 0) over (partition by instrument_id order by business_date) as before
from lake.prices
