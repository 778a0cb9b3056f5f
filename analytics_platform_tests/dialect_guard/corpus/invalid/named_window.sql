-- found: no WINDOW clause
select row_number() over by_day as place
from lake.prices
window by_day as (order by business_date)
