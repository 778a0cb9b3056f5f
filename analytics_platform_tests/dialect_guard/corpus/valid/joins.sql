select a.portfolio_id
from lake.portfolios as a
left join lake.positions as b on a.portfolio_id = b.portfolio_id
full outer join lake.limits as c on a.portfolio_id = c.portfolio_id
cross join lake.currencies as d
