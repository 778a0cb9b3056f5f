-- found: decimal with 38 places
select cast(weight as decimal(38, 38)) as weight from lake.benchmark_weights
