-- found: no GLOB
select name from lake.portfolios where name glob 'EQ*'
