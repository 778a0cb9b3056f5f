-- found: no SQL of Redshift
select quantity ** 2 as squared from lake.positions
