select percentile_cont(0.05) within group (order by return_rate) as fifth from marts.returns
