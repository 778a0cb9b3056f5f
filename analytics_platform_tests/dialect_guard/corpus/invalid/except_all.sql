-- found: no EXCEPT ALL
select portfolio_id from lake.portfolios
except all
select portfolio_id from lake.positions
