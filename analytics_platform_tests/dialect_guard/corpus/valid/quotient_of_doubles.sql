select cast(count(*) as double precision) / nullif(cast(7 as double precision), 0) as weeks from lake.positions
