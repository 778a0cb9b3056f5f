-- found: holds 256 bytes
select cast(name as text) as name from lake.portfolios
