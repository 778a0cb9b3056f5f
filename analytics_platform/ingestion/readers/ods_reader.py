"""OpenDocument spreadsheets as rows of text: every cell exactly as the file stores it."""

import zipfile
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Literal
from xml.etree import ElementTree as ET

import polars as pl

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.limits import Limits
from analytics_platform.ingestion.readers.header_rows import joined_headers
from analytics_platform.ingestion.readers.ods_content import OdsCell, ods_sheets
from analytics_platform.ingestion.readers.percent_cells import PERCENT_UNTOLD, percent_places, percent_text
from analytics_platform.ingestion.readers.sheet import (
    CELL_FAULTS,
    ROW_NUMBER,
    SheetText,
    cell,
    with_checked_headers,
)
from analytics_platform.ingestion.readers.sheet_choice import SheetName, chosen_sheet
from analytics_platform.tables.registry import DELIVERED

_MOST_EXACT = 10**15
_EXACT_DIGITS = 15
_NUMBERS = frozenset({"float", "percentage", "currency"})
_Fault = tuple[int, int, str, str]


def read_ods(raw: bytes, name: DeliveryName, dialect: Dialect, limits: Limits) -> SheetText:
    """All rows of one sheet; row numbers as the spreadsheet shows them.

    Raises
    ------
    DeliveryRefused
        If the file is damaged, the sheet cannot be told, or the headers are missing or not unique.
    """
    try:
        sheets = ods_sheets(raw, name, limits)
    except (ET.ParseError, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise refusal(
            str(name),
            f"the workbook cannot be read: {error}",
            "Open it in a spreadsheet program and save it again, without a password",
        ) from error
    chosen = chosen_sheet([SheetName(sheet.name, sheet.is_visible) for sheet in sheets], name, dialect)
    rows = next(sheet.rows for sheet in sheets if sheet.name == chosen)
    if len(rows) < dialect.last_header_row:
        message = f"the sheet has {len(rows)} rows and its headers should be in row {dialect.header_row}"
        raise refusal(str(name), message, "Say in the dialect where the headers are", sheet=chosen)
    return _text(rows, name, dialect, chosen)


def _text(
    rows: Sequence[Sequence[OdsCell | None]], name: DeliveryName, dialect: Dialect, sheet: str
) -> SheetText:
    top = dialect.last_header_row
    upper = [tuple(_cell_text(one, dialect) for one in row) for row in rows[:top]]
    headers = (
        upper[-1] if dialect.header_rows == 1 else joined_headers(upper[dialect.header_row - 1 :], dialect)
    )
    columns = list(zip_longest(*rows[top:])) or [() for _ in headers]
    faults = [
        (top + 1 + row, place, *fault)
        for place, values in enumerate(columns)
        for row, value in enumerate(values)
        if value is not None and (fault := _fault(value)) is not None
    ]
    percent = frozenset(percent_places(headers, DELIVERED[name.dataset], dialect))
    faults += [
        (top + 1 + row, place, *PERCENT_UNTOLD)
        for place in percent
        if place < len(columns)
        for row, value in enumerate(columns[place])
        if _percent_meaning(value, dialect) == "untold"
    ]
    width = max(len(headers), len(columns))
    cells = pl.DataFrame(
        [
            pl.int_range(top + 1, len(rows) + 1, dtype=pl.Int64, eager=True).alias(ROW_NUMBER),
            *(
                pl.Series(
                    cell(place),
                    [_cell_text(one, dialect, is_percent=place in percent) for one in columns[place]]
                    if place < len(columns)
                    else [""] * (len(rows) - top),
                    dtype=pl.String,
                )
                for place in range(width)
            ),
        ]
    )
    all_headers = (*headers, *[""] * (width - len(headers)))
    frame = pl.DataFrame(faults, schema=CELL_FAULTS, orient="row")
    above = tuple(tuple(one.strip() for one in row) for row in upper[: dialect.header_row - 1])
    found = SheetText(all_headers, cells, frame, sheet, above)
    return with_checked_headers(found, name, dialect.header_row)


def _fault(value: OdsCell) -> tuple[str, str] | None:
    """Tell what only the reader can see of a cell: message and cure."""
    if not value.kind:
        return "the formula has no stored value", "Compute it, save it, deliver it"
    if value.kind == "error" and value.value.startswith("Err:"):
        return "the cell is an error of a spreadsheet", "Correct the formula"
    is_long = value.kind in _NUMBERS and (len(value.value) > _EXACT_DIGITS or _has_exponent(value.value))
    if is_long and abs(_number(value.value) or Decimal(0)) >= _MOST_EXACT:
        message = "the number has more than the 15 digits that a spreadsheet keeps"
        return message, "Store it as text before typing it in"
    return None


def _percent_meaning(
    value: OdsCell | None, dialect: Dialect
) -> Literal["fraction", "percent", "untold"] | None:
    """Tell how to read a cell in a column of `percent`; None if it is no number, or stands for no value."""
    if value is None or value.kind not in _NUMBERS or _number(value.value) is None:
        return None
    if _cell_text(value, dialect).strip() in dialect.null_words:
        return None
    return "fraction" if value.kind == "percentage" else dialect.percent_numbers or "untold"


def _cell_text(value: OdsCell | None, dialect: Dialect, *, is_percent: bool = False) -> str:
    if value is None:
        return ""
    if is_percent and _percent_meaning(value, dialect) == "fraction":
        return percent_text(value.value, dialect)
    if value.kind in _NUMBERS:
        text = value.value
        if _has_exponent(text):
            number = _number(text)
            text = text if number is None else format(number, "f")
        return text if dialect.decimal_mark == "." else text.replace(".", dialect.decimal_mark)
    if value.kind == "boolean":
        return value.value.upper()
    if value.kind == "date":
        return _date_text(value.value, dialect)
    return value.value


def _has_exponent(text: str) -> bool:
    return "e" in text or "E" in text


def _number(text: str) -> Decimal | None:
    """Read the number of a cell; None if it is none, or of an exponent that no column takes."""
    if "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= 400 else None  # noqa: PLR2004 - see above


def _date_text(text: str, dialect: Dialect) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.time() == time():
        return moment.strftime(dialect.date_format)
    return moment.isoformat(sep=" ")
