-- found: no join that is none of
select p.portfolio_id
from lake.portfolios as p
semi join lake.positions as h on p.portfolio_id = h.portfolio_id
