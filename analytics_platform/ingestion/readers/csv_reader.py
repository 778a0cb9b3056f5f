"""csv, tsv and csv.gz as rows of text, one batch after the other. What a cell means is not known here."""

import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.readers.csv_headers import top_rows
from analytics_platform.ingestion.readers.csv_rows import RowsInOrder
from analytics_platform.ingestion.readers.csv_text import utf8_chunks
from analytics_platform.ingestion.readers.sheet import SheetText, cell

LONGEST_RECORD = 1 << 22
"""Bytes of the longest record, and of the text of a batch; Arrow reads 32 times as much ahead."""

_LONGEST_TOP = 1 << 20
_END = "\x02end\x03"
"""Cells of a last row that we append: an open quotation mark swallows it, and so is found."""


def batches(
    path: Path, name: DeliveryName, dialect: Dialect, limits: Limits, most_rows: int | None = None
) -> Iterator[SheetText]:
    """Read a delimited text file, one batch of rows after the other; a file of headers only is one batch.

    Row numbers count records as a spreadsheet program does: the first line is row 1, blank lines count,
    a line break inside quotation marks does not.

    Parameters
    ----------
    path : Path
        Local file.
    name : DeliveryName
        Its name, which tells the format.
    dialect : Dialect
        How the sender writes.
    limits : Limits
        What is allowed.
    most_rows : int, optional
        Most rows of a batch, ragged ones apart; by default as many as `LONGEST_RECORD` bytes hold.

    Raises
    ------
    DeliveryRefused
        If the bytes cannot be unpacked or decoded, a quotation mark is never closed, or the headers are
        missing or not unique.
    """
    with path.open("rb") as file:
        text = _Text(utf8_chunks(file, path.stat().st_size, name, dialect, limits))
        yield from _batches(text, name, dialect, most_rows)


def read_csv(raw: bytes, name: DeliveryName, dialect: Dialect, limits: Limits) -> SheetText:
    """All rows of a delimited text file that is in memory; see `batches`."""
    text = _Text(utf8_chunks(io.BytesIO(raw), len(raw), name, dialect, limits))
    sheets = list(_batches(text, name, dialect, None))
    cells = pl.concat([sheet.cells for sheet in sheets])
    faults = pl.concat([sheet.faults for sheet in sheets])
    return SheetText(sheets[0].headers, cells, faults, None, sheets[0].above)


class _Text:
    """The text of a file as something that Arrow can read from.

    Parameters
    ----------
    chunks : iterator of bytes
        Its pieces.
    """

    closed = False

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = b""

    def read(self, size: int) -> bytes:
        """Read so many bytes; fewer where the text ends."""
        parts = []
        while size > 0 and (piece := self._left or next(self._chunks, b"")):
            parts.append(piece[:size])
            self._left = piece[size:]
            size -= len(parts[-1])
        return b"".join(parts)

    def put(self, start: bytes, end: bytes) -> None:
        """Put bytes before and behind what is still to be read."""
        self._left = start + self._left
        self._chunks = chain(self._chunks, [end])


def _batches(text: _Text, name: DeliveryName, dialect: Dialect, most_rows: int | None) -> Iterator[SheetText]:
    delimiter = dialect.delimiter or ("\t" if name.extension == "tsv" else ",")
    start = text.read(_LONGEST_TOP)
    top = top_rows(start, name, dialect, delimiter)
    rows = RowsInOrder(top, name, dialect.header_row, dialect.last_header_row, delimiter)
    text.put(start[top.size :], (delimiter.join([_END] * len(top.headers)) + "\n").encode())
    held: pa.RecordBatch | None = None
    for batch in _records(text, rows):
        if held is not None:
            for part in _parts(held, most_rows):
                yield rows.sheet(part)
        held = batch
    if held is None or any(column[-1].as_py() != _END for column in held.columns):
        raise refusal(
            str(name),
            "a quotation mark is opened and never closed, so the end of the file cannot be told",
            "Close the quotation mark in this row or after it; the file may also be cut off",
            row=rows.last_parsed,
        )
    *parts, last = _parts(held.slice(0, held.num_rows - 1), most_rows)
    for part in parts:
        yield rows.sheet(part)
    yield rows.sheet(last, is_last=True)


def _records(text: _Text, rows: RowsInOrder) -> Iterator[pa.RecordBatch]:
    """All rows that have the width of the headers, the one that we appended last."""
    names = [cell(place) for place in range(len(rows.top.headers))]
    try:
        yield from (
            batch
            for batch in arrow_csv.open_csv(
                text,
                arrow_csv.ReadOptions(use_threads=False, block_size=LONGEST_RECORD, column_names=names),
                arrow_csv.ParseOptions(
                    delimiter=rows.delimiter,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=rows.put_aside,
                ),
                arrow_csv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string())),
            )
            if rows.counted(batch.num_rows)
        )
    except pa.ArrowInvalid as error:
        raise refusal(
            str(rows.name),
            f"the text cannot be read as rows: {error}",
            "Check the quotation marks and the delimiter, in this row or after it",
            row=rows.last_parsed + 1,
        ) from error


def _parts(batch: pa.RecordBatch, most_rows: int | None) -> Iterator[pa.RecordBatch]:
    step = most_rows or max(batch.num_rows, 1)
    for start in range(0, max(batch.num_rows, 1), step):
        yield batch.slice(start, step)
