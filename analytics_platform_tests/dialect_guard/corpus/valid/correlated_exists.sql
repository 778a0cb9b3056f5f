select p.portfolio_id
from lake.portfolios as p
where exists (select 1 from lake.positions as h where h.portfolio_id = p.portfolio_id)
