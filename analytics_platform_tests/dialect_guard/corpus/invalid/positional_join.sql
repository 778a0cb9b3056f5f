-- found: no SQL of Redshift
select a.portfolio_id from lake.portfolios as a positional join lake.positions as b
