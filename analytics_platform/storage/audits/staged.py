"""A delivery that is parsed and not yet published, beside what was published before. No audit is here."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from analytics_platform.storage.lake.lake import Delivery
from analytics_platform.tables.contract import Table


@dataclass(frozen=True)
class Staged:
    """A delivery on its way into the lake.

    Attributes
    ----------
    table : Table
        The table that it fills.
    file : Path
        Its accepted rows with the columns ``table.lake_columns``: millions, so little of it is read.
    delivery : Delivery
        What makes the rows one delivery.
    name : str
        Name of the file in the landing zone.
    published : DataFrame
        All deliveries in the lake.
    rows_rejected : int
        Rows that were not right.
    """

    table: Table
    file: Path
    delivery: Delivery
    name: str
    published: pl.DataFrame
    rows_rejected: int = 0

    def scan(self) -> pl.LazyFrame:
        """Return the accepted rows, unread."""
        return pl.scan_parquet(self.file, glob=False, hive_partitioning=False)

    @cached_property
    def siblings(self) -> pl.DataFrame:
        """Published deliveries of the table, but not this one."""
        same_table = self.published.filter(pl.col("table_name") == self.table.name)
        return same_table.filter(pl.col("delivery_id") != self.delivery.delivery_id)

    @cached_property
    def is_published(self) -> bool:
        """Whether the lake has it already: the run that put it there did not come back to the ledger."""
        return not self.published.filter(
            pl.col("table_name") == self.table.name, pl.col("delivery_id") == self.delivery.delivery_id
        ).is_empty()

    @cached_property
    def newer(self) -> pl.DataFrame:
        """Deliveries of the same source that hold in place of this one, wherever they cover."""
        own = self.siblings.filter(pl.col("source") == self.delivery.source)
        put_at, known_at = pl.col("known_at"), pl.lit(self.delivery.known_at).cast(own.schema["known_at"])
        is_same_moment = (put_at == known_at) & (pl.col("delivery_id") > self.delivery.delivery_id)
        later = (put_at > known_at) | is_same_moment
        if self.table.date_column is not None:
            return own.filter(later)
        last = pl.col("last_date")
        own_last = pl.lit(self.delivery.last_date)
        return own.filter((last > own_last) | ((last == own_last) & later))

    @cached_property
    def is_outdated(self) -> bool:
        """Whether nothing of it will hold: a newer delivery of the source covers all its dates."""
        if self.table.date_column is None:
            return not self.newer.is_empty()
        return not self.newer.filter(
            pl.col("first_date") <= self.delivery.first_date, pl.col("last_date") >= self.delivery.last_date
        ).is_empty()

    def uri(self, delivery_id: str) -> str:
        """Return the file of a published delivery of the table."""
        found = self.siblings.filter(pl.col("delivery_id") == delivery_id)["uri"]
        return str(found[0]) if found.len() else delivery_id
