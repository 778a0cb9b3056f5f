select instrument_id, close_local
from lake.prices
qualify row_number() over (partition by instrument_id order by business_date desc) = 1
