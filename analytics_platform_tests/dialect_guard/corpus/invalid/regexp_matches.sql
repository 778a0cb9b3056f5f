-- found: regexp_matches()
select name from lake.portfolios where regexp_matches(name, 'bond')
