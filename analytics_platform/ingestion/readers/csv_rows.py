"""Rows that Arrow has split into cells, brought back into the order of the file with those it could not."""

import csv
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.readers.csv_headers import TopRows
from analytics_platform.ingestion.readers.packed_sheet import PackedSheet, no_ragged_rows
from analytics_platform.ingestion.readers.sheet import CELL_FAULTS, check_headers, no_faults, trimmed_headers


@dataclass(frozen=True)
class _Ragged:
    """A row of another width than the headers: its place below them, counted from 1; text; cells."""

    place: int
    text: str
    count: int


class RowsInOrder:
    """Numbers the rows of one file, and puts the ragged ones where they stand.

    Parameters
    ----------
    top : TopRows
        Its headers.
    name : DeliveryName
        The file, for messages.
    header_row, last_header_row : int
        Row of the first and of the last headers.
    delimiter : str
        Between cells.

    Raises
    ------
    DeliveryRefused
        If a header is there twice or all are empty.
    """

    def __init__(
        self, top: TopRows, name: DeliveryName, header_row: int, last_header_row: int, delimiter: str
    ) -> None:
        self.top, self.name, self.delimiter = top, name, delimiter
        self._trimmed = trimmed_headers(top.headers)
        self._kept = [place for place, header in enumerate(self._trimmed) if header]
        self._first_header_row, self._header_row = header_row, last_header_row
        self._aside: list[_Ragged] = []
        self._parsed = self._done = 0
        check_headers(self._trimmed, self._kept, name, None, header_row)
        self._no_ragged, self._no_faults = no_ragged_rows(len(self._kept)), no_faults()

    def put_aside(self, row: arrow_csv.InvalidRow) -> str:
        """Take a row that does not have the width of the headers."""
        self._parsed += 1
        self._aside.append(_Ragged(row.number, row.text, row.actual_columns))
        return "skip"

    def counted(self, rows: int) -> int:
        """Count rows that were split into cells."""
        self._parsed += rows
        return rows

    @property
    def last_parsed(self) -> int:
        """Number of the last row that was seen."""
        return self._header_row + self._parsed

    def sheet(self, batch: pa.RecordBatch, *, is_last: bool = False) -> PackedSheet:
        """Give the next rows, with the ragged ones among them; the last time also those behind them.

        Raises
        ------
        DeliveryRefused
            If a column without a header has content.
        """
        before = np.array([ragged.place - 1 - rank for rank, ragged in enumerate(self._aside)]) - self._done
        raggeds = len(self._aside) if is_last else int(np.searchsorted(before, batch.num_rows))
        ragged, self._aside = self._aside[:raggeds], self._aside[raggeds:]
        places = np.arange(1, batch.num_rows + 1)
        if raggeds:
            places += np.searchsorted(before[:raggeds], places - 1, side="right")
        numbers = places + (self._header_row + self._done)
        self._done += batch.num_rows + raggeds
        texts = [_fitted(row.text, len(self._trimmed), self.delimiter) for row in ragged]
        self._check_unnamed(batch, texts)
        return PackedSheet(
            headers=tuple(self._trimmed[place] for place in self._kept),
            columns=[batch.columns[place] for place in self._kept],
            numbers=numbers,
            ragged=self._frame(ragged, texts) if ragged else self._no_ragged,
            faults=self._faults(ragged) if ragged else self._no_faults,
            above=self.top.above,
        )

    def _check_unnamed(self, batch: pa.RecordBatch, ragged: list[list[str]]) -> None:
        """Refuse content below an empty header."""
        unnamed = [place for place, header in enumerate(self._trimmed) if not header]
        filled = [
            place
            for place in unnamed
            if any(row[place].strip() for row in ragged) or _has_content(batch.columns[place])
        ]
        kept = sorted({*self._kept, *filled})
        check_headers(self._trimmed, kept, self.name, None, self._first_header_row)

    def _frame(self, ragged: list[_Ragged], texts: list[list[str]]) -> pl.DataFrame:
        rows = [
            (row.place + self._header_row, *(cells[place] for place in self._kept))
            for row, cells in zip(ragged, texts, strict=True)
        ]
        return pl.DataFrame(rows, schema=self._no_ragged.schema, orient="row")

    def _faults(self, ragged: list[_Ragged]) -> pl.DataFrame:
        width = len(self._trimmed)
        rows = [
            (
                row.place + self._header_row,
                None,
                f"the row has {row.count} cells and the header {width}",
                "Put cells that hold the delimiter in quotation marks, and deliver every cell",
            )
            for row in ragged
            if row.text.strip()
        ]
        return pl.DataFrame(rows, schema=CELL_FAULTS, orient="row")


def _has_content(column: pa.Array) -> bool:
    words = compute.unique(column)
    return any(word.strip() for word in words.to_pylist())


def _fitted(text: str, width: int, delimiter: str) -> list[str]:
    """Cells of a ragged row: filled up with empty ones, or with the rest of the row in the last one."""
    try:
        cells = next(csv.reader([text.strip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        cells = [text]
    if len(cells) > width:
        cells = [*cells[: width - 1], delimiter.join(cells[width - 1 :])]
    return cells + [""] * (width - len(cells))
