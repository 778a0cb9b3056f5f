-- found: decimal with 40 digits
select cast(quantity as decimal(40, 8)) as quantity from lake.positions
