-- found: no operator ==
select portfolio_id from lake.portfolios where portfolio_id == 'GLOBAL'
