-- found: no sample
select portfolio_id from lake.positions using sample 10
