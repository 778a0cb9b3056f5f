-- found: without a frame
select first_value(close_local) over (partition by instrument_id order by business_date) as first_close
from lake.prices
