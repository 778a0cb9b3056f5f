-- found: no SQL of Redshift
select cast(known_at as timestamp_ns) as known_at from lake.deliveries
