"""A history that is too large for one delivery, cut by date into deliveries that are not.

The rows stay as they were sent: only their dates are looked at, by the same code that parses them later. What
is wrong with a row is told when its part is loaded; a row without a readable date goes into the first part.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from analytics_platform.ingestion.dialects.dates import to_dates
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused, Finding, refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits, guard_file
from analytics_platform.ingestion.parsing.part_files import PartFile, part_extension, part_file
from analytics_platform.ingestion.parsing.records import to_records
from analytics_platform.ingestion.parsing.spans import SpanLength, spans
from analytics_platform.ingestion.readers.formats import batches
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER, SheetText
from analytics_platform.tables.contract import Table
from analytics_platform.tables.registry import DELIVERED

_PART = "part"


@dataclass(frozen=True)
class Part:
    """One delivery that a history was cut into.

    Attributes
    ----------
    name : DeliveryName
        Its name in the landing zone.
    file : Path
        Where it was written.
    rows : int
        Rows of the history that it holds; it may be none.
    """

    name: DeliveryName
    file: Path
    rows: int


def split(  # noqa: PLR0913, PLR0917 - as of `ingest`
    path: Path, name: DeliveryName, dialect: Dialect, limits: Limits, length: SpanLength, output: Path
) -> list[Part]:
    """Cut a history into parts, each of which is a delivery of the same sender.

    Memory holds one batch of rows. The same history makes the same parts, byte by byte.

    This runs third-party readers on bytes that nobody vouches for: outside of tests, call it through
    `split_in_child`.

    Parameters
    ----------
    path : Path
        Local file.
    name : DeliveryName
        What its name declares.
    dialect : Dialect
        How the sender writes.
    limits : Limits
        What the history may ask of the machine; a part may ask for as much as any delivery.
    length : {"year", "quarter", "month"}
        How long a part is.
    output : Path
        Existing folder that takes the files.

    Returns
    -------
    list of Part
        One for each span of the declared dates, also where the history has no rows: it says so.

    Raises
    ------
    DeliveryRefused
        If the history cannot be read, or cannot be cut without changing what it says.
    """
    table = DELIVERED[name.dataset]
    _check_can_be_cut(name, table, dialect)
    guard_file(path, name, limits)
    cut = _Cut(table, name, dialect, length)
    files: list[PartFile] = []
    try:
        for sheet in batches(path, name, dialect, limits):
            files = files or [
                part_file(output / f"part_{place:04}", sheet, dialect, part)
                for place, part in enumerate(cut.names)
            ]
            for place, rows in cut.parts(sheet):
                files[place].write(rows)
    finally:
        for file in files:
            file.close()
    return [Part(part, file.path, file.rows) for part, file in zip(cut.names, files, strict=True)]


class _Cut:
    """Which part each row belongs to."""

    def __init__(self, table: Table, name: DeliveryName, dialect: Dialect, length: SpanLength) -> None:
        self._table, self._name, self._dialect = table, name, dialect
        self._spans = spans(name.first_date, name.last_date, length)
        self._starts = np.array([span.first_date for span in self._spans], "datetime64[D]")
        extension = part_extension(name)
        self.names = [
            replace(name, first_date=span.first_date, last_date=span.last_date, extension=extension)
            for span in self._spans
        ]

    def parts(self, sheet: SheetText) -> Iterator[tuple[int, pl.DataFrame]]:
        """Give the rows of a batch for each part that has some, as they were sent."""
        self._refuse_unreadable(sheet)
        cells = sheet.cells
        placed = cells.with_columns(self._places(sheet, cells).alias(_PART))
        for (place,), rows in placed.partition_by(_PART, as_dict=True, maintain_order=True).items():
            yield int(place), rows.drop(ROW_NUMBER, _PART)

    def _places(self, sheet: SheetText, cells: pl.DataFrame) -> pl.Series:
        """Return the place of each row's span; the first one without a date, or with one outside."""
        records = to_records(sheet, self._table, self._dialect, self._name)
        column = str(self._table.date_column)
        dates = to_dates(records.text[column], self._dialect)
        dated = pl.DataFrame({ROW_NUMBER: records.text[ROW_NUMBER], column: dates}).unique(ROW_NUMBER)
        by_row = cells.select(ROW_NUMBER).join(dated, on=ROW_NUMBER, how="left", maintain_order="left")[
            column
        ]
        is_inside = by_row.is_between(self._name.first_date, self._name.last_date).fill_null(value=False)
        known = by_row.set(~is_inside, self._name.first_date).fill_null(self._name.first_date)
        return pl.Series(np.searchsorted(self._starts, known.to_numpy(), side="right") - 1)

    def _refuse_unreadable(self, sheet: SheetText) -> None:
        """Refuse rows that cannot be written as they were sent, such as ragged ones."""
        if sheet.faults.height:
            findings = [
                Finding(
                    file=str(self._name), row=row, message=message, cure=f"{cure}; then start the job again"
                )
                for row, _, message, cure in sheet.faults.iter_rows()
            ]
            raise DeliveryRefused(findings)


def _check_can_be_cut(name: DeliveryName, table: Table, dialect: Dialect) -> None:
    """Refuse what states something of the whole file, or says its date elsewhere than in the row."""
    reasons = {
        f"{table.name} has no date in each row": table.date_column is None or str(table.kind) == "reference",
        "its dialect gives the date as a constant": table.date_column in dialect.constants,
        "its dialect makes several records of a row (unpivot)": dialect.unpivot is not None,
        "it states totals of the whole file (control, total_rows)": (
            dialect.control is not None or dialect.total_rows is not None
        ),
        "its headers are not in the first row alone": dialect.header_row > 1 or dialect.header_rows > 1,
        f"a .{name.extension} cannot be cut row by row": part_extension(name) == "",
    }
    for reason, is_so in reasons.items():
        if is_so:
            raise refusal(
                str(name),
                f"the history cannot be cut by date: {reason}",
                "Deliver it to the landing zone in parts, as csv, tsv or Parquet with a date in each row",
            )
