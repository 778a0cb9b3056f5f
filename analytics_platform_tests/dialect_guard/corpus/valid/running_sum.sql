select
    sum(quantity) over (
        partition by portfolio_id order by business_date rows between unbounded preceding and current row
    ) as running,
    max(quantity) over (partition by portfolio_id) as most,
    count(*) over (order by business_date rows between 29 preceding and current row) as n
from lake.positions
