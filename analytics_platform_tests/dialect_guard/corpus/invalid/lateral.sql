-- found: no LATERAL
select p.portfolio_id, h.quantity
from lake.portfolios as p
cross join lateral (select quantity from lake.positions as x where x.portfolio_id = p.portfolio_id) as h
