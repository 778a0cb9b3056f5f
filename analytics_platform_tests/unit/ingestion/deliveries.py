"""Builders of the files that the tests deliver. No expectations are here."""

import gzip
import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

import polars as pl
import xlsxwriter

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.file_name import DeliveryName, parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.parsing.ingest import ingest
from analytics_platform.ingestion.parsing.parse import ParseResult
from analytics_platform.ingestion.protocol import ACCEPTED_FILE, REJECTED_FILE
from analytics_platform.ingestion.readers import csv_reader
from analytics_platform.ingestion.readers.formats import batches
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER
from analytics_platform.tables.registry import DELIVERED

PRICE_HEADER = (
    "business_date,instrument_id,price_type,open_local,high_local,low_local,close_local,volume,currency"
)
PRICE_ROW = "2013-02-28,EQ_AAPL,close,444.05,447.87,441.40,441.40,11520000,USD"
CURRENCY_HEADER = ["currency", "name", "minor_units"]

Cells = str | float | bool | date | datetime | None


def delivered(
    raw: bytes, name: str, dialect: Dialect | None = None, most_rows: int | None = None
) -> ParseResult:
    """Ingest bytes under a name, in this process; csv in batches of so many rows."""
    parsed_name = parse_file_name(name)
    table = DELIVERED[parsed_name.dataset]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "delivered"
        path.write_bytes(raw)
        read = batches if most_rows is None else partial(csv_reader.batches, most_rows=most_rows)
        found = ingest(path, parsed_name, dialect or Dialect(), Limits(), Path(folder), read=read)
        accepted = pl.read_parquet(Path(folder) / ACCEPTED_FILE)
        rejected = pl.read_parquet(Path(folder) / REJECTED_FILE)
    assert accepted.schema == table.lake_columns
    counts = found.counts
    assert (accepted.height, rejected.height) == (counts.accepted, counts.rejected)
    return ParseResult(
        accepted=accepted.select(*table.columns, ROW_NUMBER),
        rejected=rejected,
        rows_read=counts.read,
        rows_ignored=counts.ignored,
        findings=found.findings,
        total_findings=found.total_findings,
        notes=found.notes,
        sheet=found.sheet,
    )


def prices_csv(*rows: str) -> bytes:
    """Price rows as csv, under the table's own header."""
    return "\n".join([PRICE_HEADER, *rows, ""]).encode()


def delivered_prices(*rows: str, dialect: Dialect | None = None) -> ParseResult:
    """Ingest price rows of 2013-02-28 as csv."""
    return delivered(prices_csv(*rows), "prices/vendor_2013-02-28.csv", dialect)


def as_extension(name: str, extension: str) -> DeliveryName:
    """Name of a delivery with another format."""
    return replace(parse_file_name(name), extension=extension)


def workbook(
    *sheets: tuple[str, Sequence[Sequence[Cells]]],
    hidden: Sequence[str] = (),
    very_hidden: Sequence[str] = (),
) -> bytes:
    """Workbook with these sheets; dates are true dates, numbers are numbers."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd", "in_memory": True})
    written = {name: book.add_worksheet(name) for name, _ in sheets}
    next(sheet for name, sheet in written.items() if name not in {*hidden, *very_hidden}).activate()
    for name, rows in sheets:
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if value is not None:
                    written[name].write(number, place, value)
        if name in hidden:
            written[name].hide()
        if name in very_hidden:
            written[name].very_hidden()
    book.close()
    return buffer.getvalue()


def with_part(raw: bytes, name: str, content: bytes) -> bytes:
    """Workbook with one part of its zip archive put in or replaced."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry.filename))
        new.writestr(name, content)
    return buffer.getvalue()


def part_of(raw: bytes, name: str) -> bytes:
    """One part of a workbook's zip archive."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return archive.read(name)


SHEET = "xl/worksheets/sheet1.xml"


def far_corner_workbook(dimension: str = "A1") -> bytes:
    """5 KiB workbook with cells A1 and XFD1048576, which declares the given dimension."""
    small = workbook(("Data", [["a"]]))
    cells = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="{dimension}"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    return with_part(small, SHEET, cells.encode())


def packed(raw: bytes) -> bytes:
    """Bytes as gzip."""
    return gzip.compress(raw)
