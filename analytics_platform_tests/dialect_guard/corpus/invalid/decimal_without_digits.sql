-- found: decimal without digits
select cast(quantity as decimal) as quantity from lake.positions
