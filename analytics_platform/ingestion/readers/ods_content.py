"""The sheets of an OpenDocument spreadsheet as rows of cells, from its XML. No cell has a meaning here."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import NamedTuple
from xml.etree import ElementTree as ET

from analytics_platform.ingestion.faults import refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.limits import Limits

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = frozenset({f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"})
_ROW, _SHEET, _FORMULA = f"{_TABLE}table-row", f"{_TABLE}table", f"{_TABLE}formula"
_COLUMNS_REPEATED, _ROWS_REPEATED = f"{_TABLE}number-columns-repeated", f"{_TABLE}number-rows-repeated"
_KIND, _CALC_KIND, _PARAGRAPH = f"{_OFFICE}value-type", f"{_CALC}value-type", f"{_TEXT}p"
_STORED = {kind: f"{_OFFICE}{kind}-value" for kind in ("date", "time", "boolean", "string")}
_NUMBER = f"{_OFFICE}value"
_GAPS = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
_NOT_SHOWN = (f"{_OFFICE}annotation", f"{_TEXT}note")


class OdsCell(NamedTuple):
    """One cell that is not empty.

    Attributes
    ----------
    kind : str
        `office:value-type`, such as "float" or "date"; "error" for an error; empty for a formula that was
        never computed.
    value : str
        The stored value as it is written in the file, or the text that is shown.
    formula : str or None
        The formula, if there is one.
    """

    kind: str
    value: str
    formula: str | None = None


@dataclass
class OdsSheet:
    """One sheet: `rows` hold cells from the left, None for an empty one; empty rows at the end are cut."""

    name: str
    is_visible: bool
    rows: list[list[OdsCell | None]] = field(default_factory=list)


def ods_sheets(raw: bytes, name: DeliveryName, limits: Limits) -> list[OdsSheet]:
    """All sheets of a file that has passed the guard.

    Raises
    ------
    DeliveryRefused
        If repeated rows and columns would make more cells than allowed.
    KeyError, BadZipFile, ParseError
        If the file is damaged.
    """
    sheets: list[OdsSheet] = []
    hidden: set[str] = set()
    rows: list[list[OdsCell | None]] = []
    empty_rows = cells = 0
    with zipfile.ZipFile(BytesIO(raw)) as archive, archive.open("content.xml") as part:
        for _, element in ET.iterparse(part):  # noqa: S314 - the guard has refused every DTD
            if element.tag == _ROW:
                row = _row(element, name, limits)
                times = max(int(element.get(_ROWS_REPEATED, "1")), 0)
                if row:
                    cells += (empty_rows + times) * len(row)
                    _check_cells(cells, name, limits)
                    rows += [[] for _ in range(empty_rows)]
                    rows += [row] * times
                    empty_rows = 0
                else:
                    empty_rows += times
                element.clear()
            elif element.tag == _SHEET:
                is_visible = element.get(f"{_TABLE}style-name", "") not in hidden
                sheets.append(OdsSheet(element.get(f"{_TABLE}name", ""), is_visible, rows))
                rows, empty_rows = [], 0
                element.clear()
            elif element.tag == f"{_STYLE}style":
                hidden |= _hidden_style(element)
    return sheets


def _hidden_style(style: ET.Element) -> set[str]:
    properties = style.find(f"{_STYLE}table-properties")
    is_hidden = properties is not None and properties.get(f"{_TABLE}display") == "false"
    return {style.get(f"{_STYLE}name", "")} if is_hidden else set()


def _row(element: ET.Element, name: DeliveryName, limits: Limits) -> list[OdsCell | None]:
    """Cells of a row without the empty ones at its end."""
    row: list[OdsCell | None] = []
    empty = 0
    for place in element:
        if place.tag in _CELLS:
            found = _cell(place, name)
            repeated = place.get(_COLUMNS_REPEATED)
            times = 1 if repeated is None else max(int(repeated), 0)
            if found is None:
                empty += times
            elif times == 1 and not empty:
                row.append(found)
            else:
                _check_cells(len(row) + empty + times, name, limits)
                row += [None] * empty + [found] * times
                empty = 0
    return row


def _check_cells(cells: int, name: DeliveryName, limits: Limits) -> None:
    if cells > limits.max_cells:
        raise refusal(
            str(name),
            f"a sheet declares rows and columns of more than {limits.max_cells:,} cells",
            "Delete the empty rows and columns beyond the data and save it again",
        )


def _cell(element: ET.Element, name: DeliveryName) -> OdsCell | None:
    if not element.attrib and not len(element):
        return None
    get = element.get
    kind, formula = get(_KIND, ""), get(_FORMULA)
    stored = get(_STORED.get(kind, _NUMBER))
    if stored and formula is None and get(_CALC_KIND) != "error":
        return OdsCell(kind, stored)
    text = _shown_text(element, name)
    if get(_CALC_KIND) == "error" or (formula is not None and text.startswith(("#", "Err:"))):
        return OdsCell("error", text or "#ERROR", formula)
    if not kind:
        if formula is not None and not text:
            return OdsCell("", formula, formula)
        return OdsCell("string", text, formula) if text else None
    value = text if stored is None else stored
    return OdsCell(kind, value, formula) if value else None


def _shown_text(element: ET.Element, name: DeliveryName) -> str:
    """Paragraphs of a cell, as a reader of the workbook sees them."""
    lines = []
    for part in element:
        if part.tag == _PARAGRAPH:
            lines.append("".join(_shown(part)) if len(part) else part.text or "")
        elif part.tag == _SHEET:
            message = "a cell holds a table of its own"
            raise refusal(str(name), message, "Copy the cells to a new workbook, or deliver csv")
    return "\n".join(lines)


def _shown(element: ET.Element) -> Iterator[str]:
    """Texts of a paragraph, as a reader of the workbook sees them."""
    yield element.text or ""
    for part in element:
        if part.tag == f"{_TEXT}s":
            yield " " * min(int(part.get(f"{_TEXT}c", "1")), 1000)
        elif part.tag in _GAPS:
            yield _GAPS[part.tag]
        elif part.tag not in _NOT_SHOWN:
            yield from _shown(part)
        yield part.tail or ""
