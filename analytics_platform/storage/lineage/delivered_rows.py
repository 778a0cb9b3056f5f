"""Rows of the senders as one published version knew them, each with the file, sheet and row it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

import polars as pl

from analytics_platform.storage.lake.lake import Lake
from analytics_platform.tables.contract import Table

ORIGIN = ["uri", "sheet", "row_number", "source", "delivery_id", "known_at"]
"""Columns that say where a row comes from."""


@dataclass(frozen=True)
class Origin:
    """Where a row comes from.

    Attributes
    ----------
    uri : str
        File, as it lies in the landing zone.
    sheet : str or None
        Sheet of a workbook.
    row_number : int
        Row of the file or sheet.
    source : str
        Who sent it.
    known_at : datetime
        When it was put.
    """

    uri: str
    sheet: str | None
    row_number: int
    source: str
    known_at: datetime

    def __str__(self) -> str:
        """Return file, sheet and row."""
        sheet = f", sheet {self.sheet}" if self.sheet else ""
        return f"{self.uri}{sheet}, row {self.row_number}"


def origin(row: Mapping[str, Any]) -> Origin:
    """Return where a row of `DeliveredRows.read` comes from."""
    return Origin(*(row[name] for name in ("uri", "sheet", "row_number", "source", "known_at")))


@dataclass(frozen=True)
class DeliveredRows:
    """The lake through the eyes of one version: only its deliveries, and of these what was known.

    A delivery that was put before `known_at` and loaded after the version is in the lake and not in the
    version: it hides nothing here.

    Attributes
    ----------
    lake : Lake
        Where the rows are.
    deliveries : DataFrame
        Deliveries of the version.
    known_at : datetime
        Of these, only what was put until then.
    """

    lake: Lake
    deliveries: pl.DataFrame
    known_at: datetime
    _cache: dict[tuple[str, tuple[date, ...] | None], pl.DataFrame] = field(default_factory=dict)

    def read(self, table: Table, dates: Sequence[date] | None = None) -> pl.DataFrame:
        """Return the rows that were current, with the columns of `ORIGIN`.

        Parameters
        ----------
        table : Table
            A delivered table.
        dates : sequence of date, optional
            Only rows of these dates; needed for a table with dates, none for a snapshot.
        """
        key = table.name, None if dates is None else tuple(dates)
        if key not in self._cache:
            self._cache[key] = self._read(table, dates)
        return self._cache[key]

    def _read(self, table: Table, dates: Sequence[date] | None) -> pl.DataFrame:
        own = self.deliveries.filter(pl.col("known_at") <= self.known_at)
        wanted = _current(own, table, dates)
        found = self.lake.read(table, dates, as_known_at=self.known_at)
        keys = ["source", "delivery_id", *([table.date_column] if table.date_column else [])]
        frames = [found.join(wanted, on=keys, how="semi")]
        in_lake = _current(self._lake_deliveries.filter(pl.col("known_at") <= self.known_at), table, dates)
        hidden = wanted.join(in_lake, on=keys, how="anti")
        for known_at in hidden["known_at"].unique().sort():
            behind = hidden.filter(pl.col("known_at") == known_at)
            found = self.lake.read(table, dates, as_known_at=known_at)
            frames.append(found.join(behind, on=keys, how="semi"))
        files = self.deliveries.filter(pl.col("table_name") == table.name).select(
            "delivery_id", "uri", "sheet"
        )
        return pl.concat(frames).join(files, on="delivery_id", how="left")

    @cached_property
    def _lake_deliveries(self) -> pl.DataFrame:
        return self.lake.deliveries().select(self.deliveries.columns)


def _current(deliveries: pl.DataFrame, table: Table, dates: Sequence[date] | None) -> pl.DataFrame:
    """Name the delivery that holds for each source, and for each date where the table has dates."""
    own = deliveries.filter(pl.col("table_name") == table.name).select(
        "source", "delivery_id", "known_at", "first_date", "last_date"
    )
    if table.date_column is None:
        return own.sort("last_date", "known_at", "delivery_id").group_by("source").last()
    days = pl.DataFrame({table.date_column: dates or []}, schema={table.date_column: pl.Date})
    return (
        own.join(days, how="cross")
        .filter(pl.col(table.date_column).is_between("first_date", "last_date"))
        .sort("known_at", "delivery_id")
        .group_by("source", table.date_column)
        .agg(pl.col("delivery_id", "known_at").last())
    )
