-- found: type bytea
select cast(name as bytea) as raw_name from lake.portfolios
