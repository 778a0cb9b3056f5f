-- found: type uuid
select cast(run_id as uuid) as run_id from lake.run_manifests
