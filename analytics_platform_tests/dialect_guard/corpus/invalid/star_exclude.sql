-- found: no * with EXCLUDE
select * exclude (source) from lake.positions
