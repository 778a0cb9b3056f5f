"""Chosen tables of the lake as Apache Iceberg tables; the rules of the lake stay those of `storage.lake`."""
