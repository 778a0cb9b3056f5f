"""Iceberg tables as the contracts want them: columns and properties. No catalogue."""

import pyarrow as pa

from analytics_platform.storage.lake.lake import ROW_GROUP_ROWS
from analytics_platform.tables.registry import TABLES

PROPERTIES = {
    # A commit that was overtaken looks first whether the other has put the same delivery: see `tables`.
    "commit.retry.num-retries": "0",
    # Otherwise each delivery is one more file to read before anything can be planned.
    "commit.manifest-merge.enabled": "true",
    # Names of deliveries differ behind the 16 characters that are kept by default.
    "write.metadata.metrics.column.delivery_id": "full",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.parquet.row-group-limit": str(ROW_GROUP_ROWS),
    "write.target-file-size-bytes": str(128 << 20),  # so much stands in memory before it is written
}


def described(name: str, columns: pa.Schema) -> pa.Schema:
    """Return the columns of a file as those of the table that it is put into.

    Each has the description of the contract. Times are in UTC and do not say so, as in the external tables of
    files: SQL is the same for both.
    """
    own = TABLES[name].schema.columns()
    told = {column: own[column].description or "" for column in own}
    return pa.schema(
        [
            pa.field(field.name, _without_zone(field.type), metadata={"doc": told.get(field.name, "")})
            for field in columns
        ]
    )


def _without_zone(type_: pa.DataType) -> pa.DataType:
    return pa.timestamp("us") if pa.types.is_timestamp(type_) else type_
