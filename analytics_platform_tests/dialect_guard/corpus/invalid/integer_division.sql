-- found: a quotient of whole numbers
select count(*) / 2 as half from lake.positions
