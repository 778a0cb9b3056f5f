"""Benchmark `workbook`: an Excel sheet of 100,000 rows from file to accepted rows, beside the bare reader."""

import io
import tempfile
from datetime import date
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineWorkbook

from analytics_platform.ingestion.dialects.dialect import CANONICAL
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.parsing.ingest import ingest
from analytics_platform.ingestion.readers.formats import read
from benchmarks.result import Measured, Result, share_of_peer
from benchmarks.timing import cpu_seconds

_ROWS = 100_000
_QUICK_ROWS = 5_000
_DAY = date(2013, 2, 28)
_HEADERS = ("business_date", "portfolio_id", "instrument_id", "book", "quantity")


def _written(rows: int) -> bytes:
    """Workbook of positions with true dates, text and numbers."""
    buffer = io.BytesIO()
    options = {"default_date_format": "yyyy-mm-dd", "constant_memory": True, "in_memory": True}
    book = xlsxwriter.Workbook(buffer, options)
    sheet = book.add_worksheet("Positions")
    sheet.write_row(0, 0, _HEADERS)
    for row in range(1, rows + 1):
        sheet.write_datetime(row, 0, _DAY)
        sheet.write_row(row, 1, (f"P{row % 50:03}", f"EQ_{row:06}", "ibor", row * 7919 % 1_000_000 / 100))
    book.close()
    return buffer.getvalue()


def measure(*, is_quick: bool) -> Measured:
    """Read one workbook with both, in turns."""
    rows = _QUICK_ROWS if is_quick else _ROWS
    raw = _written(rows)
    name = DeliveryName("positions", "custodian", _DAY, _DAY, "xlsx")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "positions.xlsx"
        path.write_bytes(raw)

        def bare() -> object:
            with CalamineWorkbook.from_filelike(io.BytesIO(raw)) as workbook:
                return workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)

        def text() -> object:
            return read(raw, name, CANONICAL, Limits())

        def whole() -> object:
            found = ingest(path, name, CANONICAL, Limits(), Path(folder))
            if found.counts.accepted != rows:
                message = f"{found.counts} of {rows:,} rows"
                raise RuntimeError(message)
            return found

        seconds_bare, seconds_text, seconds_whole = cpu_seconds(bare, text, whole)
    peer = "python-calamine to_python"
    return Measured(
        (
            Result("workbook to rows of text", seconds_text, peer, seconds_bare, "CPU s", share_of_peer(1.5)),
            Result("workbook to accepted rows", seconds_whole, peer, seconds_bare, "CPU s"),
        ),
        (
            (
                f"{rows:,} positions with true dates in an xlsx of {len(raw) / 1e6:.1f} MB. To rows of "
                "text: also finds error cells, formulas without a value and numbers with too many "
                "digits, which the bare reader gives as empty or rounded. To accepted rows: guard, "
                "reading, types, keys, rules, both Parquet files."
            ),
        ),
    )
