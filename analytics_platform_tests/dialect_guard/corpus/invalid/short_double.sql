-- found: type double is none
select cast(quantity as double) as quantity from lake.positions
