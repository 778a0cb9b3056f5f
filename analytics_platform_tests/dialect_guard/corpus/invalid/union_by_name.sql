-- found: no BY NAME
select portfolio_id from lake.portfolios
union all by name
select portfolio_id from lake.positions
