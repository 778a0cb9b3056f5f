select avg(cast(close_local as double precision)) as mean_close from lake.prices
