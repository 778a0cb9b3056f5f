-- found: no * with REPLACE
select * replace (upper(name) as name) from lake.portfolios
