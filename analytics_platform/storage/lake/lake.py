"""The lake: immutable deliveries of each table, one Parquet object a delivery."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from analytics_platform.storage.lake import copies
from analytics_platform.storage.lake.catalog import Catalog
from analytics_platform.storage.lake.conforming import refuse_other_columns, with_lineage
from analytics_platform.storage.lake.disk import DiskObjects
from analytics_platform.storage.lake.layout import Delivery, object_key, publication_key
from analytics_platform.storage.lake.objects import DamagedLakeError, Objects, UnreachableLakeError, cause
from analytics_platform.storage.lake.reads import END_OF_TIME, Question, published, scan
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES

__all__ = ["END_OF_TIME", "DamagedLakeError", "Delivery", "DiskLake", "Lake", "ObjectLake"]

ROW_GROUP_ROWS = 100_000
"""Rows that are read or left out together: small enough to find a session, large enough to compress."""


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

    def digest(self, table: Table, delivery: Delivery) -> str:
        """Return the SHA-256 digest, in hexadecimal, of what `append` or `adopt` has put of a delivery."""

    def arrange(self, table: Table) -> int:
        """Make reads of one instrument short again, if deliveries have made them long; return rows copied."""


class ObjectLake:
    """The lake, wherever its objects stand: every rule of `Lake` is here and in the modules beside.

    Parameters
    ----------
    objects : Objects
        Where they stand.
    catalog : Catalog, optional
        Told of each object after it is put and before it is published.
    """

    def __init__(self, objects: Objects, catalog: Catalog | None = None) -> None:
        self.objects = objects
        self._catalog = catalog

    @property
    def url(self) -> str:
        """Where the lake stands: its folder, or ``s3://bucket/prefix``."""
        return self.objects.url

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
        return self._put(table, rows, delivery, object_key(table.name, delivery))

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
        refuse_other_columns(table, pl.read_parquet_schema(file))
        key = object_key(table.name, delivery)
        is_published = self.objects.has(publication_key(table.name, delivery))
        if not (is_published and self.objects.has(key)):
            self.objects.replace(key, file)
        self._register(table, delivery)
        return self.objects.address(key)

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
        self._put(DELIVERIES, facts, delivery, publication_key(table.name, delivery))

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
        UnreachableLakeError
            If the place where the objects stand does not answer, or refuses.
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
            what = f"an object of {table.name} is missing or damaged ({cause(error)})"
            message = f"{what}; run `analytics reconcile`"
            raise DamagedLakeError(message) from error
        except OSError as error:
            what = f"{table.name} cannot be read from {self.url} ({cause(error)})"
            message = f"{what}; check network and permissions"
            raise UnreachableLakeError(message) from error

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
        return scan(self.objects, question, columns)

    def deliveries(self) -> pl.DataFrame:
        """Return every published delivery: the columns of `deliveries` with lineage."""
        return published(self.objects)

    def digest(self, table: Table, delivery: Delivery) -> str:
        """Return the SHA-256 digest, in hexadecimal, of what `append` or `adopt` has put of a delivery."""
        return self.objects.digest(object_key(table.name, delivery))

    def arrange(self, table: Table) -> int:
        """Copy what has been delivered in order of instrument, once readers of one would feel it.

        Returns
        -------
        int
            Rows copied; 0 for most calls.
        """
        return copies.arrange(self.objects, table)

    def _put(self, table: Table, rows: pl.DataFrame, delivery: Delivery, key: str) -> str:
        if not self.objects.has(key):
            frame = with_lineage(table, rows, delivery)
            with self.objects.writing(key) as temporary:
                frame.write_parquet(temporary, compression="zstd", row_group_size=ROW_GROUP_ROWS)
        self._register(table, delivery)
        return self.objects.address(key)

    def _register(self, table: Table, delivery: Delivery) -> None:
        if self._catalog is not None:
            self._catalog.register(table, delivery)


class DiskLake(ObjectLake):
    """The lake in a folder.

    Parameters
    ----------
    root : Path
        Folder that holds one folder a table.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(DiskObjects(root))
        self.root = root
