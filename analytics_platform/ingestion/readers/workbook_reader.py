"""xlsx and xls as rows of text. Which sheet is read, and what is refused because a reader would lose it."""

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO
from itertools import zip_longest
from xml.etree import ElementTree as ET

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from analytics_platform.ingestion.dialects.dates import to_dates
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.readers.header_rows import joined_headers
from analytics_platform.ingestion.readers.percent_cells import in_percent, percent_places
from analytics_platform.ingestion.readers.rendering import CellWriter, number_text
from analytics_platform.ingestion.readers.sheet import (
    CELL_FAULTS,
    ROW_NUMBER,
    SheetText,
    cell,
    with_checked_headers,
)
from analytics_platform.ingestion.readers.sheet_choice import SheetName, chosen_sheet
from analytics_platform.ingestion.readers.workbook_xml import LostCell, declared_epoch, lost_cells
from analytics_platform.tables.contract import Table
from analytics_platform.tables.registry import DELIVERED

_MOST_EXACT = 1e15
"""Spreadsheets keep 15 digits: a larger number may not be what was typed."""

_XLS_ERROR = re.compile(
    rb"\x05\x02\x08\x00.{6}[\x00\x07\x0f\x17\x1d\x24\x2a]\x01"
    rb"|\x06\x00..(?:.{6})\x02.[\x00\x07\x0f\x17\x1d\x24\x2a]\x00\x00\x00\xff\xff",
    re.DOTALL,
)
"""BIFF8 records BOOLERR and FORMULA with an error value ([MS-XLS] 2.4.24, 2.4.127, 2.5.133)."""

_Fault = tuple[int, int, str, str]


def read_workbook(raw: bytes, name: DeliveryName, dialect: Dialect) -> SheetText:
    """All rows of one sheet of a workbook; row numbers as the spreadsheet shows them.

    Raises
    ------
    DeliveryRefused
        If the workbook is unreadable, the sheet cannot be told, or the headers are missing or not unique.
    """
    try:
        with CalamineWorkbook.from_filelike(BytesIO(raw)) as workbook:
            sheet = chosen_sheet(_sheets(workbook), name, dialect)
            rows: Sequence[Sequence[object]] = workbook.get_sheet_by_name(sheet).to_python(
                skip_empty_area=False
            )
        lost = lost_cells(raw, sheet) if name.extension == "xlsx" else []
        epoch = _declared_epoch(raw, name, dialect)
    except PasswordError as error:
        raise refusal(
            str(name), "the workbook is encrypted with a password", "Save it again without a password"
        ) from error
    except (CalamineError, ET.ParseError, zipfile.BadZipFile, KeyError, OSError) as error:
        raise refusal(
            str(name),
            f"the workbook cannot be read: {error}",
            "Open it in a spreadsheet program and save it again, without a password",
        ) from error
    if name.extension == "xls" and _XLS_ERROR.search(raw):
        raise refusal(
            str(name),
            "the workbook holds error cells such as #N/A, which cannot be located in .xls",
            "Correct the errors, or save it as .xlsx",
        )
    if len(rows) < dialect.last_header_row:
        message = f"the sheet has {len(rows)} rows and its headers should be in row {dialect.header_row}"
        raise refusal(str(name), message, "Say in the dialect where the headers are", sheet=sheet)
    if epoch is not None:
        dialect = dialect.model_copy(update={"date_epoch": epoch})
        rows = _with_dates(rows, DELIVERED[name.dataset], dialect)
    return _text(rows, lost, name, dialect, sheet)


def _sheets(workbook: CalamineWorkbook) -> list[SheetName]:
    return [
        SheetName(sheet.name, sheet.visible == SheetVisibleEnum.Visible)
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet
    ]


def _declared_epoch(raw: bytes, name: DeliveryName, dialect: Dialect) -> int | None:
    """Epoch of numbers in date columns, if the dialect leaves it to the workbook."""
    if dialect.date_epoch != "workbook":
        return None
    if name.extension == "xls":
        raise refusal(
            str(name),
            "which epoch an .xls workbook counts dates from is not read",
            "Write date_epoch = 1900 or 1904 in the dialect, or format the cells as dates",
        )
    return declared_epoch(raw)


def _with_dates(
    rows: Sequence[Sequence[object]], table: Table, dialect: Dialect
) -> Sequence[Sequence[object]]:
    """Replace numbers in date columns by the dates that they stand for."""
    writer = CellWriter(dialect)
    top = dialect.last_header_row
    headers = _headers(rows, writer, dialect)
    dates = {
        header
        for column, kind in table.columns.items()
        if kind == pl.Date
        for header in dialect.headers_of(column)
    }
    places = [place for place, header in enumerate(headers) if header.strip() in dates]
    changed = [list(row) for row in rows]
    for row in changed[top:]:
        for place in places:
            value = row[place]
            if isinstance(value, float) and value.is_integer():
                date = to_dates(pl.Series([number_text(value)]), dialect)[0]
                row[place] = value if date is None else date
    return changed


def _headers(rows: Sequence[Sequence[object]], writer: CellWriter, dialect: Dialect) -> list[str]:
    texts = [
        [writer.column([value])[0] for value in row]
        for row in rows[dialect.header_row - 1 : dialect.last_header_row]
    ]
    return texts[0] if len(texts) == 1 else joined_headers(texts, dialect)


def _text(
    rows: Sequence[Sequence[object]], lost: list[LostCell], name: DeliveryName, dialect: Dialect, sheet: str
) -> SheetText:
    writer = CellWriter(dialect)
    top = dialect.last_header_row
    headers = _headers(rows, writer, dialect)
    columns = [list(column) for column in zip_longest(*rows[top:], fillvalue="")] or [[] for _ in headers]
    faults = _put_lost(columns, lost, name, top, sheet) + _rounded(columns, top)
    faults += in_percent(columns, percent_places(headers, DELIVERED[name.dataset], dialect), dialect)
    cells = pl.DataFrame(
        [
            pl.int_range(top + 1, len(rows) + 1, dtype=pl.Int64, eager=True).alias(ROW_NUMBER),
            *(writer.column(values).alias(cell(place)) for place, values in enumerate(columns)),
        ]
    )
    frame = pl.DataFrame(faults, schema=CELL_FAULTS, orient="row")
    above = tuple(
        tuple(writer.column([value])[0].strip() for value in row) for row in rows[: dialect.header_row - 1]
    )
    found = SheetText(tuple(headers), cells, frame, sheet, above)
    return with_checked_headers(found, name, dialect.header_row)


def _put_lost(
    columns: list[list[object]], lost: list[LostCell], name: DeliveryName, top: int, sheet: str
) -> list[_Fault]:
    """Write the text of lost cells into the columns; formulas without a value are faults."""
    faults = []
    for one in lost:
        row, place = one.row - top - 1, one.column - 1
        if one.row == 0:
            message = f"the sheet holds {one.text} in a cell that tells no place"
            raise refusal(
                str(name), message, "Open it in a spreadsheet program and save it again", sheet=sheet
            )
        if row >= 0 and place < len(columns) and row < len(columns[place]):
            columns[place][row] = one.text
            if one.is_formula:
                faults.append(
                    (one.row, place, "the formula has no stored value", "Compute it, save it, deliver it")
                )
        elif row >= 0:
            message = f"the cell holds {one.text} outside of the columns that have headers"
            raise refusal(str(name), message, "Correct it", sheet=sheet, row=one.row)
    return faults


def _rounded(columns: list[list[object]], top: int) -> list[_Fault]:
    """Faults of numbers with more digits than a spreadsheet keeps."""
    message = "the number has more than the 15 digits that a spreadsheet keeps"
    return [
        (top + 1 + row, place, message, "Store it as text before typing it in")
        for place, values in enumerate(columns)
        for row in _large_numbers(values)
    ]


def _large_numbers(values: list[object]) -> Sequence[int]:
    kinds = set(map(type, values))
    if kinds == {float}:
        return (pl.Series(values, dtype=pl.Float64).abs() >= _MOST_EXACT).arg_true().to_list()
    if float not in kinds:
        return ()
    return [row for row, value in enumerate(values) if type(value) is float and abs(value) >= _MOST_EXACT]
