"""The warehouse: reading the relations that dbt builds, and the views through which SQL sees the lake."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import polars as pl

from analytics_platform.tables.contract import Table

if TYPE_CHECKING:
    import duckdb

Parameter = str | int | float | date


class Warehouse(Protocol):
    """Relations by name."""

    def read(
        self,
        relation: str,
        columns: Sequence[str] | None = None,
        sessions: tuple[date, date] | None = None,
    ) -> pl.DataFrame:
        """Return a relation, restricted to columns and to business dates from first to last."""

    def query(self, sql: str, parameters: Sequence[Parameter] = ()) -> pl.DataFrame:
        """Return the result of a query with bound parameters."""


class DuckDBWarehouse:
    """One DuckDB file. dbt is its only writer; readers open it, read and close.

    Parameters
    ----------
    path : Path
        The file; made when missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(
        self,
        relation: str,
        columns: Sequence[str] | None = None,
        sessions: tuple[date, date] | None = None,
    ) -> pl.DataFrame:
        """Return a relation, restricted to columns and to business dates from first to last.

        Parameters
        ----------
        relation : str
            ``schema.table``, from code or a contract, never from a file or a request.
        columns : sequence of str, optional
            Columns in the wanted order; all by default.
        sessions : (date, date), optional
            First and last business date, both included.
        """
        names = ", ".join(f'"{name}"' for name in columns) if columns else "*"
        schema, table = relation.split(".")
        sql = f'select {names} from "{schema}"."{table}"'  # noqa: S608 - identifiers come from code
        if sessions is None:
            return self.query(sql)
        return self.query(f"{sql} where business_date between ? and ?", sessions)

    def query(self, sql: str, parameters: Sequence[Parameter] = ()) -> pl.DataFrame:
        """Return the result of a query with bound parameters."""
        with self._connect(read_only=True) as connection:
            return connection.execute(sql, list(parameters)).pl()

    def register_lake(self, tables: Iterable[Table], lake: Path) -> None:
        """Make every lake table readable as ``lake.<table>``; empty and typed before its first delivery."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._connect(read_only=False) as connection:
            connection.execute("create schema if not exists lake")
            for table in tables:
                connection.execute(_view(table, lake))

    def _connect(self, *, read_only: bool) -> "duckdb.DuckDBPyConnection":
        import duckdb  # noqa: PLC0415 - loading the location needs no database

        return duckdb.connect(str(self.path), read_only=read_only)


def _view(table: Table, lake: Path) -> str:
    folder = lake / table.name
    # Columns are only ever added, so the oldest object lacks all that any lacks.
    oldest = min(folder.glob("*/*/*.parquet"), key=lambda path: path.name, default=None)
    stored = pl.read_parquet_schema(oldest).keys() if oldest else ()
    lacking = table.lake_columns.keys() - stored
    columns = ", ".join(
        f"cast({_in_utc(name, dtype) if oldest else 'null'} as {sql_type(dtype)}) as {name}"
        for name, dtype in table.lake_columns.items()
    )
    pattern = str(folder / "*" / "*" / "*.parquet").replace("'", "''")
    origin = "where false"
    if oldest and not lacking:
        origin = f"from read_parquet('{pattern}', hive_partitioning = false)"
    elif oldest:
        typed = ", ".join(f"null::{sql_type(dtype)} as {name}" for name, dtype in table.lake_columns.items())
        rows = f"select * from read_parquet('{pattern}', hive_partitioning = false, union_by_name = true)"  # noqa: S608 - a path of ours
        origin = f"from ({rows} union all by name select {typed} where false)"
    return f"create or replace view lake.{table.name} as select {columns} {origin}"


def _in_utc(name: str, dtype: pl.DataType) -> str:
    """Return an expression that is UTC whatever the time zone of the session that reads it."""
    return f"{name} at time zone 'UTC'" if isinstance(dtype, pl.Datetime) else name


def sql_type(dtype: pl.DataType) -> str:
    """Return the DuckDB type of a contract's column.

    Raises
    ------
    TypeError
        If contracts do not use such a type.

    Examples
    --------
    >>> sql_type(pl.Decimal(20, 8))
    'decimal(20, 8)'
    """
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    if isinstance(dtype, pl.List):
        return "double[]"
    simple = {
        pl.String(): "varchar",
        pl.Date(): "date",
        pl.Boolean(): "boolean",
        pl.Int64(): "bigint",
        pl.Float64(): "double",
        pl.Datetime("us", "UTC"): "timestamp",
    }
    if dtype not in simple:
        message = f"no SQL type for {dtype}"
        raise TypeError(message)
    return simple[dtype]
