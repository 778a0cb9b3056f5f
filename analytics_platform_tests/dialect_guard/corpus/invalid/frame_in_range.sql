-- found: not of ROWS
select
    sum(quantity) over (
        order by business_date range between interval '7 days' preceding and current row
    ) as week
from lake.positions
