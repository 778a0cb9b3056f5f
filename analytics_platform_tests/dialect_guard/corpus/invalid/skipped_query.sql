-- found: further out than the next
select p.portfolio_id
from lake.portfolios as p
where not exists (
    select 1 from lake.trading_sessions as s
    where not exists (
        select 1 from lake.positions as h
        where h.portfolio_id = p.portfolio_id and h.business_date = s.business_date
    )
)
