-- found: no FETCH
select portfolio_id from lake.portfolios order by portfolio_id fetch first 3 rows only
