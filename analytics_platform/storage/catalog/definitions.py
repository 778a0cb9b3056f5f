"""What the catalogue says of a table of the lake: pure functions of its contract. No client."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import polars as pl

from analytics_platform.tables.contract import Table

_SIMPLE: dict[pl.DataType, str] = {
    pl.String(): "string",
    pl.Date(): "date",
    pl.Boolean(): "boolean",
    pl.Int64(): "bigint",
    pl.Float64(): "double",
    pl.Datetime("us", "UTC"): "timestamp",
}
_LONGEST_COMMENT = 255


@dataclass(frozen=True)
class Column:
    """A column of an external table.

    Attributes
    ----------
    name : str
        Its name.
    kind : str
        Its type in the words of Hive, such as ``decimal(20,8)``.
    comment : str
        What it is.
    """

    name: str
    kind: str
    comment: str = ""


KEYS = (
    Column("first_date", "date", "First date that the delivery declares"),
    Column("last_date", "date", "Last date that the delivery declares"),
)
"""Partition keys: the folders that the objects of a delivery stand in."""


@dataclass(frozen=True)
class ExternalTable:
    """A table of the catalogue.

    Attributes
    ----------
    name : str
        Its name.
    location : str
        ``s3://bucket/prefix/table/``.
    columns : tuple of Column
        Columns of its objects. Engines find them there by name, so their order says nothing.
    keys : tuple of Column
        `KEYS`, or nothing if all objects below the location are one table.
    comment : str
        What one row is.
    """

    name: str
    location: str
    columns: tuple[Column, ...]
    keys: tuple[Column, ...] = KEYS
    comment: str = ""

    def grown_from(self, found: Self) -> Self:
        """Return this table with the columns that another version of it has, new ones last.

        The columns of a partition are those of its table when it was made. Athena wants them to be the first
        columns of the table, so none may come in between.
        """
        own = {column.name: column for column in self.columns}
        kept = [own.pop(column.name, column) for column in found.columns]
        return replace(self, columns=(*kept, *own.values()))

    def partition(self, first: date, last: date) -> "Partition":
        """Return the partition of the deliveries that declare two dates."""
        values = (first.isoformat(), last.isoformat())
        return Partition(values, f"{self.location}first_date={values[0]}/last_date={values[1]}/")


@dataclass(frozen=True, order=True)
class Partition:
    """A partition of an external table.

    Attributes
    ----------
    values : tuple of str
        Values of the keys.
    location : str
        ``s3://bucket/prefix/table/first_date=D/last_date=D/``.
    """

    values: tuple[str, ...]
    location: str


def external_table(table: Table, lake_url: str) -> ExternalTable:
    """Return what the catalogue is to say of a table.

    Lists are left out: Redshift cannot select them from an external table. A table that has columns of the
    names of the keys has no keys: no catalogue takes a name twice.

    Parameters
    ----------
    table : Table
        Its contract.
    lake_url : str
        ``s3://bucket/prefix`` of the lake.

    Raises
    ------
    TypeError
        If a column has a type that external tables do not know.

    Examples
    --------
    >>> from analytics_platform.tables.market import FX_RATES
    >>> made = external_table(FX_RATES, "s3://bank/lake")
    >>> made.location, made.columns[3].name, made.columns[3].kind
    ('s3://bank/lake/fx_rates/', 'rate', 'decimal(20,8)')
    """
    told = {name: column.description or "" for name, column in table.schema.columns().items()}
    columns = tuple(
        Column(name, hive_type(dtype), told.get(name, "")[:_LONGEST_COMMENT])
        for name, dtype in table.lake_columns.items()
        if not isinstance(dtype, pl.List)
    )
    is_partitioned = {key.name for key in KEYS}.isdisjoint(table.lake_columns)
    location = f"{lake_url.rstrip('/')}/{table.name}/"
    return ExternalTable(table.name, location, columns, KEYS if is_partitioned else (), table.grain)


def hive_type(dtype: pl.DataType) -> str:
    """Return the type of a column in the words of Hive.

    Raises
    ------
    TypeError
        If external tables do not know it.

    Examples
    --------
    >>> hive_type(pl.Decimal(20, 8))
    'decimal(20,8)'
    """
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision},{dtype.scale})"
    if dtype not in _SIMPLE:
        message = f"external tables have no type for {dtype}"
        raise TypeError(message)
    return _SIMPLE[dtype]
