-- found: no SQL of Redshift
select quantity // 2 as half from lake.positions
