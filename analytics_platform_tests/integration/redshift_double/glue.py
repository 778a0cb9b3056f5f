"""Tables of the Glue catalogue, as Redshift reads them."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from analytics_platform_tests.integration.redshift_double.errors import RedshiftError
from analytics_platform_tests.integration.redshift_double.parquet import Target

_TYPES = {
    "string": "character varying(65535)",
    "double": "double precision",
    "float": "real",
    "int": "integer",
    "integer": "integer",
    "tinyint": "smallint",
    "smallint": "smallint",
    "bigint": "bigint",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp without time zone",
}
_SIZED = {"decimal": "numeric", "varchar": "character varying", "char": "character"}


@dataclass(frozen=True)
class ExternalTable:
    """What Glue says of a table.

    Attributes
    ----------
    name, folder : str
        Its name, and ``s3://bucket/folder/``.
    columns, keys : tuple of Target
        Columns in the objects, and columns in the names of the folders. Lists and structures are left out.
    described : tuple of (str, str)
        Names and types of all columns, in Glue's words.
    places : dict of str to tuple of str
        Folders of the partitions and the values of the keys there; the table's own if it has no keys.
    """

    name: str
    folder: str
    columns: tuple[Target, ...]
    keys: tuple[Target, ...]
    described: tuple[tuple[str, str], ...]
    places: dict[str, tuple[str, ...]]

    @property
    def shape(self) -> tuple[Target, ...]:
        """All columns, the keys last."""
        return self.columns + self.keys


class Catalog:
    """Glue.

    Parameters
    ----------
    client
        Of boto3.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 has no types
        self._client = client

    def make_database(self, database: str) -> None:
        """Make a database unless it is there."""
        try:
            self._client.create_database(DatabaseInput={"Name": database})
        except self._client.exceptions.AlreadyExistsException:
            return

    def table(self, database: str, table: str) -> ExternalTable | None:
        """Return a table; None if Glue has none of the name.

        Raises
        ------
        RedshiftError
            If Glue refuses the question, or a column has a type that Redshift does not know.
        """
        try:
            told = self._client.get_table(DatabaseName=database, Name=table)["Table"]
        except self._client.exceptions.EntityNotFoundException:
            return None
        except ClientError as fault:
            raise RedshiftError(str(fault)) from fault
        return self._described(database, told)

    def tables(self, database: str) -> list[ExternalTable]:
        """Return all tables of a database."""
        pages = self._client.get_paginator("get_tables").paginate(DatabaseName=database)
        try:
            told = [one for page in pages for one in page["TableList"]]
        except self._client.exceptions.EntityNotFoundException:
            return []
        return [self._described(database, one) for one in told]

    def _described(self, database: str, told: Any) -> ExternalTable:  # noqa: ANN401 - boto3 has no types
        table, folder = told["Name"], _folder(told["StorageDescriptor"]["Location"])
        columns, keys = told["StorageDescriptor"]["Columns"], told.get("PartitionKeys", [])
        return ExternalTable(
            table,
            folder,
            _targets(table, columns),
            _targets(table, keys),
            tuple((one["Name"], one["Type"]) for one in [*columns, *keys]),
            self._places(database, table) if keys else {folder: ()},
        )

    def _places(self, database: str, table: str) -> dict[str, tuple[str, ...]]:
        pages = self._client.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
        return {
            _folder(one["StorageDescriptor"]["Location"]): tuple(one["Values"])
            for page in pages
            for one in page["Partitions"]
        }


def _targets(table: str, columns: Any) -> tuple[Target, ...]:  # noqa: ANN401 - boto3 has no types
    found = []
    for column in columns:
        kind = column["Type"].lower().replace(" ", "")
        base, _, numbers = kind.partition("(")
        if kind.startswith(("array<", "struct<", "map<")):
            continue
        if base in _SIZED and numbers:
            sql_type = f"{_SIZED[base]}({numbers}"
        elif kind in _TYPES:
            sql_type = _TYPES[kind]
        else:
            message = f"External table {table}: column {column['Name']} has the unknown type {column['Type']}"
            raise RedshiftError(message)
        found.append(Target(column["Name"].lower(), sql_type))
    return tuple(found)


def _folder(location: str) -> str:
    return location.rstrip("/") + "/"
