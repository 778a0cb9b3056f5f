-- found: no DISTINCT ON
select distinct on (instrument_id) instrument_id, close_local
from lake.prices
order by instrument_id, business_date desc
