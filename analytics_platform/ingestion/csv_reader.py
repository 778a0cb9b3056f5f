"""csv, tsv and csv.gz as rows of text. What a cell means is not known here."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator

import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from analytics_platform.ingestion.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused, refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guard import Limits
from analytics_platform.ingestion.sheet import CELL_FAULTS, ROW_NUMBER, SheetText, cell, with_checked_headers

_CHUNK = 1 << 20
_LONGEST_HEADER = 1 << 20
_LONGEST_RECORD = 1 << 24
_END = "\x02end\x03"
"""Cells of a last row that we append: an open quotation mark swallows it, and so is found."""


def read_csv(raw: bytes, name: DeliveryName, dialect: Dialect, limits: Limits) -> SheetText:
    """All rows of a delimited text file.

    Row numbers count records as a spreadsheet program does: the first line is row 1, blank lines count,
    a line break inside quotation marks does not.

    Raises
    ------
    DeliveryRefused
        If the bytes cannot be unpacked or decoded, a quotation mark is never closed, or the headers are
        missing or not unique.
    """
    if name.extension == "csv.gz":
        raw = _unpacked(raw, name, limits)
    text = _utf8(raw, name, dialect)
    del raw
    delimiter = dialect.delimiter or ("\t" if name.extension == "tsv" else ",")
    headers, start = _headers(bytes(text[:_LONGEST_HEADER]), name, dialect, delimiter)
    text += (delimiter.join([_END] * len(headers)) + "\n").encode()
    rows, ragged = _rows(memoryview(text)[start:], len(headers), name, dialect.header_row, delimiter)
    cells, faults = _numbered(rows, ragged, dialect.header_row, delimiter)
    return with_checked_headers(SheetText(tuple(headers), cells, faults), name, dialect.header_row)


def _unpacked(raw: bytes, name: DeliveryName, limits: Limits) -> bytes:
    most = min(limits.max_unpacked_bytes, max(limits.max_ratio * len(raw), 10 * _CHUNK))
    try:
        with gzip.open(io.BytesIO(raw)) as packed:
            content = packed.read(most + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise refusal(
            str(name), f"the gzip file is damaged or cut off: {error}", "Pack it and deliver it again"
        ) from error
    if len(content) > most:
        raise refusal(
            str(name),
            f"the file unpacks to more than the {most:,} bytes allowed",
            "Split it by date into several deliveries",
        )
    return content


def _utf8(raw: bytes, name: DeliveryName, dialect: Dialect) -> bytearray:
    """Content as UTF-8 without byte-order mark, ending in a line end."""
    decoder = codecs.getincrementaldecoder(dialect.encoding)("strict")
    content = bytearray()
    lines = 1
    for start in range(0, len(raw), _CHUNK):
        chunk = raw[start : start + _CHUNK]
        try:
            part = decoder.decode(chunk, final=start + _CHUNK >= len(raw))
        except UnicodeDecodeError as error:
            raise _wrong_encoding(name, dialect, error, start, lines) from error
        if "\0" in part:
            raise _wrong_encoding(name, dialect, None, start, lines)
        lines += part.count("\n")
        content += part.encode()
    del content[: 3 if content.startswith(codecs.BOM_UTF8) else 0]
    if not content.endswith((b"\n", b"\r")):
        content += b"\n"
    return content


def _wrong_encoding(
    name: DeliveryName, dialect: Dialect, error: UnicodeDecodeError | None, start: int, lines: int
) -> DeliveryRefused:
    cure = "Save it as UTF-8, or say the encoding (utf-16, latin-1) in the dialect"
    if error is None or not isinstance(error.object, bytes):
        return refusal(str(name), f"the text holds NUL characters, so it is not {dialect.encoding}", cure)
    before = error.object[: error.start]
    return refusal(
        str(name),
        f"the text is not {dialect.encoding}: {error.reason} at byte {start + error.start + 1:,} of the file",
        cure,
        row=lines + before.count(b"\n"),
        value=repr(error.object[error.start : error.end])[2:-1],
    )


def _headers(start: bytes, name: DeliveryName, dialect: Dialect, delimiter: str) -> tuple[list[str], int]:
    """Cells of the header row, and the place of the byte behind it, from the start of the text."""
    used = 0

    def lines() -> Iterator[str]:
        nonlocal used
        for line in io.TextIOWrapper(io.BytesIO(start), "utf-8", "replace", newline=""):
            used += len(line.encode())
            yield line

    records = csv.reader(lines(), delimiter=delimiter)
    try:
        for _ in range(dialect.header_row - 1):
            next(records)
        headers = next(records)
        if any(header.strip() for header in headers):
            return headers, used
        message = f"there is no header in row {dialect.header_row}"
    except StopIteration:
        message = f"the file has fewer rows than its header row {dialect.header_row}"
    except csv.Error as error:
        message = f"the header row cannot be read: {error}"
    raise refusal(str(name), message, "Deliver a header row, or say in the dialect where it is")


def _rows(
    text: memoryview, width: int, name: DeliveryName, header_row: int, delimiter: str
) -> tuple[pl.DataFrame, list[tuple[int, str, int]]]:
    """Rows of the right width, and (number, text, cells) of the others; both counted from 1."""
    ragged: list[tuple[int, str, int]] = []

    def keep(row: arrow_csv.InvalidRow) -> str:
        ragged.append((row.number, row.text, row.actual_columns))
        return "skip"

    names = [cell(place) for place in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(text),
            arrow_csv.ReadOptions(use_threads=False, block_size=_LONGEST_RECORD, column_names=names),
            arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            arrow_csv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid as error:
        message = f"the text cannot be read as rows: {error}"
        raise refusal(str(name), message, "Check the quotation marks and the delimiter") from error
    frame = pl.DataFrame(pl.from_arrow(table))
    if frame.is_empty() or frame.row(-1) != (_END,) * width:
        raise refusal(
            str(name),
            "a quotation mark is opened and never closed, so the end of the file cannot be told",
            "Close the quotation mark in this row or after it; the file may also be cut off",
            row=header_row + frame.height + len(ragged),
        )
    return frame.head(-1), ragged


def _numbered(
    rows: pl.DataFrame, ragged: list[tuple[int, str, int]], header_row: int, delimiter: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All rows with their numbers, the ragged ones filled up; and the faults of the ragged ones."""
    width = rows.width
    total = rows.height + len(ragged)
    numbers = pl.int_range(1, total + 1, dtype=pl.Int64, eager=True)
    is_good = pl.repeat(value=True, n=total, eager=True)
    if ragged:
        is_good = is_good.scatter([number - 1 for number, _, _ in ragged], values=False)
    good = rows.insert_column(0, numbers.filter(is_good).alias(ROW_NUMBER))
    bad = pl.DataFrame(
        [(number, *_fitted(text, width, delimiter)) for number, text, _ in ragged],
        schema=good.schema,
        orient="row",
    )
    faults = pl.DataFrame(
        [
            (
                number + header_row,
                None,
                f"the row has {count} cells and the header {width}",
                "Put cells that hold the delimiter in quotation marks, and deliver every cell",
            )
            for number, text, count in ragged
            if text.strip()
        ],
        schema=CELL_FAULTS,
        orient="row",
    )
    cells = pl.concat([good, bad]).sort(ROW_NUMBER) if ragged else good
    return cells.with_columns(pl.col(ROW_NUMBER) + header_row), faults


def _fitted(text: str, width: int, delimiter: str) -> list[str]:
    """Cells of a ragged row: filled up with empty ones, or with the rest of the row in the last one."""
    try:
        cells = next(csv.reader([text.strip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        cells = [text]
    if len(cells) > width:
        cells = [*cells[: width - 1], delimiter.join(cells[width - 1 :])]
    return cells + [""] * (width - len(cells))
