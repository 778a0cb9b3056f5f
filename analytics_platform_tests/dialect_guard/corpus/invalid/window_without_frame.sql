-- found: without a frame
select
    business_date,
    sum(quantity) over (partition by portfolio_id order by business_date) as running
from lake.positions
