"""xlsx and xls as rows of text. Which sheet is read, and what is refused because a reader would lose it."""

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO
from itertools import zip_longest
from xml.etree import ElementTree as ET

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from analytics_platform.ingestion.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused, refusal, shown
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.rendering import CellWriter
from analytics_platform.ingestion.sheet import CELL_FAULTS, ROW_NUMBER, SheetText, cell, with_checked_headers
from analytics_platform.ingestion.workbook_xml import LostCell, lost_cells

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
            sheet = _chosen(workbook, name, dialect)
            rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        lost = lost_cells(raw, sheet) if name.extension == "xlsx" else []
    except (CalamineError, ET.ParseError, zipfile.BadZipFile, KeyError, OSError) as error:
        raise _damaged(name, error) from error
    if name.extension == "xls" and _XLS_ERROR.search(raw):
        raise refusal(
            str(name),
            "the workbook holds error cells such as #N/A, which cannot be located in .xls",
            "Correct the errors, or save it as .xlsx",
        )
    if len(rows) < dialect.header_row:
        message = f"the sheet has {len(rows)} rows and its headers should be in row {dialect.header_row}"
        raise refusal(str(name), message, "Say in the dialect where the headers are", sheet=sheet)
    return _text(rows, lost, name, dialect, sheet)


def _damaged(name: DeliveryName, error: Exception) -> DeliveryRefused:
    return refusal(
        str(name),
        f"the workbook cannot be read: {error}",
        "Open it in a spreadsheet program and save it again, without a password",
    )


def _chosen(workbook: CalamineWorkbook, name: DeliveryName, dialect: Dialect) -> str:
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    if dialect.sheet is not None:
        if any(sheet.name == dialect.sheet for sheet in sheets):
            return dialect.sheet
        message = f"there is no sheet '{dialect.sheet}'; there are {_listed([s.name for s in sheets])}"
        raise refusal(str(name), message, "Name the sheet as before, or change sheet in the dialect")
    if len(visible) == 1:
        return visible[0]
    message = (
        f"the workbook has {len(visible)} visible sheets ({_listed(visible)}), so which one is meant is open"
    )
    raise refusal(str(name), message, "Deliver one visible sheet, or name the sheet in the dialect")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{shown(name)}'" for name in names[:10]) or "none"


def _text(
    rows: Sequence[Sequence[object]], lost: list[LostCell], name: DeliveryName, dialect: Dialect, sheet: str
) -> SheetText:
    writer = CellWriter(dialect)
    top = dialect.header_row
    headers = [writer.column([value])[0] for value in rows[top - 1]]
    columns = [list(column) for column in zip_longest(*rows[top:], fillvalue="")] or [[] for _ in headers]
    faults = _put_lost(columns, lost, name, top, sheet) + _rounded(columns, top)
    cells = pl.DataFrame(
        [
            pl.int_range(top + 1, len(rows) + 1, dtype=pl.Int64, eager=True).alias(ROW_NUMBER),
            *(writer.column(values).alias(cell(place)) for place, values in enumerate(columns)),
        ]
    )
    frame = pl.DataFrame(faults, schema=CELL_FAULTS, orient="row")
    return with_checked_headers(SheetText(tuple(headers), cells, frame, sheet), name, top)


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
    return [
        (
            top + 1 + row,
            place,
            "the number has more than the 15 digits that a spreadsheet keeps",
            "Store it as text before typing it in",
        )
        for place, values in enumerate(columns)
        for row, value in enumerate(values)
        if type(value) is float and abs(value) >= _MOST_EXACT
    ]
