"""Tables and partitions in the words of Glue, and back. No client."""

from typing import Any

from analytics_platform.storage.catalog.definitions import Column, ExternalTable, Partition

_MAKER = {"made_by": "analytics_platform"}
_STORED_AS = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    },
}

Raw = dict[str, Any]
"""What the client takes and returns; it has no types."""


def table_input(table: ExternalTable) -> Raw:
    """Return a table as Glue takes it.

    Partition projection is off: the keys are two dates that are told by the sender, so their values follow no
    rule that Athena could enumerate, and Redshift reads registered partitions only.
    """
    return {
        "Name": table.name,
        "Description": table.comment,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet", **_MAKER},
        "PartitionKeys": _columns(table.keys),
        "StorageDescriptor": _storage(table, table.location),
    }


def partition_input(table: ExternalTable, partition: Partition) -> Raw:
    """Return a partition as Glue takes it."""
    return {
        "Values": list(partition.values),
        "StorageDescriptor": _storage(table, partition.location),
        "Parameters": {"classification": "parquet"},
    }


def is_ours(told: Raw) -> bool:
    """Tell whether a table of Glue was made by `table_input`."""
    return bool(_MAKER.items() <= told.get("Parameters", {}).items())


def table_of(told: Raw) -> ExternalTable:
    """Return a table as Glue tells it."""
    storage = told.get("StorageDescriptor", {})
    return ExternalTable(
        told["Name"],
        storage.get("Location", ""),
        _told_columns(storage.get("Columns", [])),
        _told_columns(told.get("PartitionKeys", [])),
        told.get("Description", ""),
    )


def partition_of(told: Raw) -> Partition:
    """Return a partition as Glue tells it."""
    return Partition(tuple(told["Values"]), told["StorageDescriptor"]["Location"])


def _storage(table: ExternalTable, location: str) -> Raw:
    return {"Columns": _columns(table.columns), "Location": location, **_STORED_AS}


def _columns(columns: tuple[Column, ...]) -> list[Raw]:
    return [{"Name": each.name, "Type": each.kind, "Comment": each.comment} for each in columns]


def _told_columns(told: list[Raw]) -> tuple[Column, ...]:
    return tuple(Column(each["Name"], each["Type"], each.get("Comment", "")) for each in told)
