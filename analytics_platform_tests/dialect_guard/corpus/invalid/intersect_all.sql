-- found: no INTERSECT ALL
select portfolio_id from lake.portfolios
intersect all
select portfolio_id from lake.positions
