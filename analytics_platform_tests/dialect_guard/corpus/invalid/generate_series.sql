-- found: generate_series()
select day from generate_series(1, 10) as days (day)
