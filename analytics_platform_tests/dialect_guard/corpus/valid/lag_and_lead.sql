select
    lag(close_local) over (partition by instrument_id order by business_date) as before,
    lead(close_local, 2) over (partition by instrument_id order by business_date) as later
from lake.prices
