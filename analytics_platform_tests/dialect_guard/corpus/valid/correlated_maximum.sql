select p.close_local
from lake.prices as p
where p.business_date = (select max(q.business_date) from lake.prices as q where q.instrument_id = p.instrument_id)
