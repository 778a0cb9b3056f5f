-- found: no SQL of Redshift
select cast(volume as ubigint) as volume from lake.prices
