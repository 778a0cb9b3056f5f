-- found: avg keeps the type
select avg(close_local) as mean_close
from lake.prices
