"""Every Dagster object: assets, checks, partitions, resources, automation. No calculation, no SQL."""
