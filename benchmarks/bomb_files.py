"""``python -m benchmarks.bomb_files FOLDER``: files that would kill who opens them."""

import gzip
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import xlsxwriter
from pyarrow import parquet

_SHEET = "xl/worksheets/sheet1.xml"
_HEADER = "business_date,instrument_id,price_type,close_local,currency\n"


def _workbook(sheet: bytes) -> bytes:
    """Workbook whose only sheet is this XML."""
    plain, buffer = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(plain, {"in_memory": True}) as book:
        book.add_worksheet("Data").write(0, 0, "a")
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, sheet if entry.filename == _SHEET else old.read(entry))
    return buffer.getvalue()


def _sheet(inside: str) -> bytes:
    return (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{inside}</sheetData></worksheet>"
    ).encode()


def _far_corner() -> bytes:
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return _workbook(_sheet(far))


def _packed_workbook() -> bytes:
    return _workbook(
        _sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>' + "a" * (300 << 20) + "</t></is></c></row>")
    )


def _packed_csv() -> bytes:
    return gzip.compress((_HEADER + "2013-02-28,EQ_A,close,1,USD\n" * 20_000_000).encode(), 6)


def _one_line() -> bytes:
    return gzip.compress(b"0" * (400 << 20))


def _wide_parquet() -> bytes:
    cells = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), ["x" * (64 << 20)])
    buffer = io.BytesIO()
    parquet.write_table(pa.table({"instrument_id": cells}), buffer, compression="zstd", store_schema=False)
    return buffer.getvalue()


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "xlsx, cells A1 and XFD1048576": ("xlsx", _far_corner),
    "xlsx, one cell of 300 MiB": ("xlsx", _packed_workbook),
    "csv.gz, 560 MB of rows": ("csv.gz", _packed_csv),
    "csv.gz, one line of 400 MiB": ("csv.gz", _one_line),
    "parquet, 6.4 GiB of text": ("parquet", _wide_parquet),
}
"""What it is, its extension, and who makes it."""


def main() -> None:
    """Write all bombs into a folder, each under its number."""
    for number, (_, make) in enumerate(BOMBS.values()):
        (Path(sys.argv[1]) / str(number)).write_bytes(make())


if __name__ == "__main__":
    main()
