"""The lake: immutable deliveries of each table, one Parquet object a delivery."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from analytics_platform.storage import files
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES

END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Delivery:
    """What makes rows one delivery.

    Attributes
    ----------
    delivery_id : str
        Name of the delivery: the same content of the same file, or the same run, has the same name.
    source : str
        Who sent it.
    first_date, last_date : date
        Dates that the delivery declares to cover, both included.
    known_at : datetime
        When it was put, in UTC.
    """

    delivery_id: str
    source: str
    first_date: date
    last_date: date
    known_at: datetime


class Lake(Protocol):
    """Append-only store of deliveries."""

    def append(self, table: Table, rows: pl.DataFrame, delivery: Delivery) -> str:
        """Put one delivery, once; return where it stands. Invisible to readers until published."""

    def adopt(self, table: Table, file: Path, delivery: Delivery) -> str:
        """Put one delivery whose rows stand in a Parquet file already, lineage columns included."""

    def publish(self, table: Table, delivery: Delivery, facts: pl.DataFrame) -> None:
        """Make a delivery of a table visible: put its row of `deliveries`."""

    def read(
        self,
        table: Table,
        sessions: Collection[date] | None = None,
        *,
        as_known_at: datetime = END_OF_TIME,
    ) -> pl.DataFrame:
        """Return the current rows of a table, with their lineage columns."""

    def deliveries(self) -> pl.DataFrame:
        """Return every published delivery."""


class DiskLake:
    """The lake in a folder.

    Parameters
    ----------
    root : Path
        Folder that holds one folder a table.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def append(self, table: Table, rows: pl.DataFrame, delivery: Delivery) -> str:
        """Put one delivery, once; return where it stands.

        Parameters
        ----------
        table : Table
            Contract that the rows conform to.
        rows : DataFrame
            The table's own columns, and `row_number` where the rows come from a file.
        delivery : Delivery
            What makes the rows one delivery.

        Raises
        ------
        ValueError
            If columns or types are not those of the contract.
        """
        return self._put(table, rows, delivery, delivery.delivery_id)

    def adopt(self, table: Table, file: Path, delivery: Delivery) -> str:
        """Put one delivery whose rows stand in a Parquet file already, without reading them.

        Parameters
        ----------
        table : Table
            Contract that the rows conform to.
        file : Path
            Parquet with the columns ``table.lake_columns``.
        delivery : Delivery
            What makes the rows one delivery.

        Raises
        ------
        ValueError
            If columns or types are not those of the contract.
        """
        _refuse_other_columns(table, pl.read_parquet_schema(file))
        target = self._target(table, delivery, delivery.delivery_id)
        if not target.exists():
            files.copy(file, target)
        return str(target)

    def publish(self, table: Table, delivery: Delivery, facts: pl.DataFrame) -> None:
        """Make a delivery of a table visible: put its row of `deliveries`.

        Parameters
        ----------
        table : Table
            The table that the delivery belongs to; a run delivers several under one name.
        delivery : Delivery
            The delivery that `append` has put.
        facts : DataFrame of one row
            The columns of `deliveries`.
        """
        self._put(DELIVERIES, facts, delivery, f"{table.name}_{delivery.delivery_id}")

    def read(
        self,
        table: Table,
        sessions: Collection[date] | None = None,
        *,
        as_known_at: datetime = END_OF_TIME,
    ) -> pl.DataFrame:
        """Return the current rows of a table, with their lineage columns.

        Parameters
        ----------
        table : Table
            What to read.
        sessions : collection of date, optional
            Only rows of these dates; all by default.
        as_known_at : datetime
            Deliveries that came later are not seen.

        Returns
        -------
        DataFrame
            Columns of ``table.lake_columns``; for each source and date the rows of the newest
            delivery that covers the date, for reference data those of each source's newest snapshot,
            for results without a date those of every run.
        """
        deliveries = (
            self._scan(DELIVERIES)
            .filter(pl.col("table_name") == table.name, pl.col("known_at") <= as_known_at)
            .select("delivery_id", "source", "first_date", "last_date", "known_at")
        )
        rows = self._scan(table)
        if table.kind == "result" and table.date_column is None:
            return rows.join(deliveries, on="delivery_id", how="semi").collect()
        if table.date_column is None:
            newest = deliveries.sort("last_date", "known_at", "delivery_id").group_by("source").last()
            return rows.join(newest, on="delivery_id", how="semi").collect()
        day = pl.col(table.date_column)
        if sessions is not None:
            rows = rows.filter(day.is_in(list(sessions)))
        current = _current_by_date(deliveries, rows.select("source", day=day).unique())
        return rows.join(
            current,
            left_on=["delivery_id", table.date_column],
            right_on=["delivery_id", "day"],
            how="semi",
        ).collect()

    def deliveries(self) -> pl.DataFrame:
        """Return every published delivery: the columns of `deliveries` with lineage."""
        return self._scan(DELIVERIES).collect()

    def _scan(self, table: Table) -> pl.LazyFrame:
        paths = sorted((self.root / table.name).glob("*/*/[!.]*.parquet"))
        return pl.scan_parquet(paths) if paths else pl.LazyFrame(schema=table.lake_columns)

    def _put(self, table: Table, rows: pl.DataFrame, delivery: Delivery, name: str) -> str:
        target = self._target(table, delivery, name)
        if not target.exists():
            frame = _with_lineage(table, rows, delivery)
            with files.replacing(target) as temporary:
                frame.write_parquet(temporary, compression="zstd")
        return str(target)

    def _target(self, table: Table, delivery: Delivery, name: str) -> Path:
        dates = Path(f"first_date={delivery.first_date}", f"last_date={delivery.last_date}")
        return self.root / table.name / dates / f"{delivery.known_at:%Y%m%dT%H%M%S%fZ}_{name}.parquet"


def _current_by_date(deliveries: pl.LazyFrame, days: pl.LazyFrame) -> pl.LazyFrame:
    """Name the newest covering delivery of each source and date."""
    return (
        days.join(deliveries, on="source")
        .filter(pl.col("day").is_between("first_date", "last_date"))
        .sort("known_at", "delivery_id")
        .group_by("source", "day")
        .agg(pl.col("delivery_id").last())
    )


def _with_lineage(table: Table, rows: pl.DataFrame, delivery: Delivery) -> pl.DataFrame:
    numbered = (
        rows
        if "row_number" in rows.columns
        else rows.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("row_number"))
    )
    frame = numbered.with_columns(
        pl.lit(delivery.source).alias("source"),
        pl.lit(delivery.delivery_id).alias("delivery_id"),
        pl.lit(delivery.known_at).cast(pl.Datetime("us", "UTC")).alias("known_at"),
    ).select(table.lake_columns.names())
    _refuse_other_columns(table, frame.schema)
    return frame


def _refuse_other_columns(table: Table, found: Mapping[str, pl.DataType]) -> None:
    if list(found.items()) != list(table.lake_columns.items()):
        expected = dict(table.lake_columns)
        differing = [
            f"{name}: expected {expected.get(name, 'no such column')}, found {found.get(name, 'none')}"
            for name in {**expected, **found}
            if expected.get(name) != found.get(name)
        ]
        what = "; ".join(differing) or "the columns stand in another order"
        message = f"rows do not conform to the contract of {table.name}: {what}"
        raise ValueError(message)
