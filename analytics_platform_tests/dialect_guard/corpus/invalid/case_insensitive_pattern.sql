-- found: no operator ~*
select name from lake.portfolios where name ~* 'bond'
