-- found: no SQL of Redshift
select portfolio_id
from lake.positions
where and quantity > 0
