"""The lake: immutable deliveries of each table, one Parquet object a delivery."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from analytics_platform.storage import files
from analytics_platform.storage.lake import copies
from analytics_platform.storage.lake.layout import Delivery, object_path, publication_path
from analytics_platform.storage.lake.published import published
from analytics_platform.storage.lake.reads import END_OF_TIME, Question, scan
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES

__all__ = ["END_OF_TIME", "Delivery", "DiskLake", "Lake"]

ROW_GROUP_ROWS = 100_000
"""Rows that are read or left out together: small enough to find a session, large enough to compress."""


class DamagedLakeError(RuntimeError):
    """A published object cannot be read."""


class Lake(Protocol):
    """Append-only store of deliveries."""

    def append(self, table: Table, rows: pl.DataFrame, delivery: Delivery) -> str:
        """Put one delivery, once; return where it stands. Invisible to readers until published."""

    def adopt(self, table: Table, file: Path, delivery: Delivery) -> str:
        """Put one delivery whose rows stand in a Parquet file already, lineage columns included."""

    def publish(self, table: Table, delivery: Delivery, facts: pl.DataFrame) -> None:
        """Make a delivery of a table visible: put its row of `deliveries`."""

    def read(  # noqa: PLR0913 - each narrows the question
        self,
        table: Table,
        sessions: Collection[date] | None = None,
        *,
        instruments: Collection[str] | None = None,
        columns: Sequence[str] | None = None,
        as_known_at: datetime = END_OF_TIME,
        preferred: str | None = None,
    ) -> pl.DataFrame:
        """Return the current rows of a table, with their lineage columns."""

    def scan(  # noqa: PLR0913 - as `read`
        self,
        table: Table,
        sessions: Collection[date] | None = None,
        *,
        instruments: Collection[str] | None = None,
        columns: Sequence[str] | None = None,
        as_known_at: datetime = END_OF_TIME,
        preferred: str | None = None,
    ) -> pl.LazyFrame:
        """Return the same rows, unread."""

    def deliveries(self) -> pl.DataFrame:
        """Return every published delivery."""

    def arrange(self, table: Table) -> int:
        """Make reads of one instrument short again, if deliveries have made them long; return rows copied."""


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
        return _put(table, rows, delivery, object_path(self.root, table.name, delivery))

    def adopt(self, table: Table, file: Path, delivery: Delivery) -> str:
        """Put one delivery whose rows stand in a Parquet file already, without reading them.

        What an earlier attempt has put and not published is replaced: the dialect may have been mended since.

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
        target = object_path(self.root, table.name, delivery)
        is_published = publication_path(self.root, table.name, delivery).exists()
        if not (is_published and target.exists()):
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
        _put(DELIVERIES, facts, delivery, publication_path(self.root, table.name, delivery))

    def read(  # noqa: PLR0913 - each narrows the question
        self,
        table: Table,
        sessions: Collection[date] | None = None,
        *,
        instruments: Collection[str] | None = None,
        columns: Sequence[str] | None = None,
        as_known_at: datetime = END_OF_TIME,
        preferred: str | None = None,
    ) -> pl.DataFrame:
        """Return the current rows of a table, with their lineage columns.

        Parameters
        ----------
        table : Table
            What to read.
        sessions : collection of date, optional
            Only rows of these dates; all by default. Of tables without dates all rows count.
        instruments : collection of str, optional
            Only rows of these instruments.
        columns : sequence of str, optional
            Only these columns, in this order.
        as_known_at : datetime
            Deliveries that came later are not seen.
        preferred : str, optional
            Delivery that holds wherever it covers: a run reads what it has written itself.

        Returns
        -------
        DataFrame
            Columns of ``table.lake_columns``. Of facts, for each source and date the rows of the newest
            delivery that covers the date; of results those of the run that knows most, then the newest;
            of reference data those of each source's newest snapshot; of results without a date those of
            every run.

        Raises
        ------
        ValueError
            If the table has no column to choose by, or none of the names asked for.
        DamagedLakeError
            If an object of it is missing or damaged.
        """
        rows = self.scan(
            table,
            sessions,
            instruments=instruments,
            columns=columns,
            as_known_at=as_known_at,
            preferred=preferred,
        )
        try:
            return rows.collect()
        except (FileNotFoundError, pl.exceptions.ComputeError) as error:
            cause = str(error).splitlines()[0].partition(" (set POLARS")[0]
            message = f"an object of {table.name} is missing or damaged ({cause}); run `analytics reconcile`"
            raise DamagedLakeError(message) from error

    def scan(  # noqa: PLR0913 - as `read`
        self,
        table: Table,
        sessions: Collection[date] | None = None,
        *,
        instruments: Collection[str] | None = None,
        columns: Sequence[str] | None = None,
        as_known_at: datetime = END_OF_TIME,
        preferred: str | None = None,
    ) -> pl.LazyFrame:
        """Return the same rows as `read`, unread: what is chosen of them later need not be loaded."""
        question = Question(table, sessions, instruments, as_known_at, preferred)
        return scan(self.root, question, columns)

    def deliveries(self) -> pl.DataFrame:
        """Return every published delivery: the columns of `deliveries` with lineage."""
        return published(self.root)

    def arrange(self, table: Table) -> int:
        """Copy what has been delivered in order of instrument, once readers of one would feel it.

        Returns
        -------
        int
            Rows copied; 0 for most calls.
        """
        return copies.arrange(self.root, table)


def _put(table: Table, rows: pl.DataFrame, delivery: Delivery, target: Path) -> str:
    if not target.exists():
        frame = _with_lineage(table, rows, delivery)
        with files.replacing(target) as temporary:
            frame.write_parquet(temporary, compression="zstd", row_group_size=ROW_GROUP_ROWS)
    return str(target)


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
