select portfolio_id from lake.portfolios
except
select portfolio_id from lake.positions
intersect
select portfolio_id from marts.days
