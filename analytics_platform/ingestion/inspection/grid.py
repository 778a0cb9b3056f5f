"""A file of an unknown sender as rows of text, and what its bytes tell about encoding, delimiter, sheet."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.guards.unpacking import unpacked
from analytics_platform.ingestion.readers.encodings import guessed_encoding
from analytics_platform.ingestion.readers.formats import read
from analytics_platform.ingestion.readers.ods_content import OdsCell, ods_sheets
from analytics_platform.ingestion.readers.rendering import CellWriter
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER

MOST_ROWS = 100_000
"""Rows that are looked at."""

_DELIMITERS = ",;\t|"
_SAMPLE = 200
_C1_CONTROLS = frozenset(range(0x80, 0xA0))


class TrueValue(str):
    """A cell that the file stores as number or date: its notation is ours and tells nothing of the sender."""

    __slots__ = ()


@dataclass(frozen=True)
class Fact:
    """A key of the dialect, its value in TOML, and the evidence."""

    key: str
    value: str
    evidence: str


@dataclass(frozen=True)
class Grid:
    """Rows of a file as text, and what is known about it.

    Attributes
    ----------
    rows : list of list of str
        Cells; true numbers and dates are `TrueValue`.
    facts : list of Fact
        Keys of the dialect that follow from the bytes.
    notes : list of str
        What the operator should know.
    header_row : int or None
        Row of the headers, where the format tells it.
    """

    rows: list[list[str]]
    facts: list[Fact]
    notes: list[str]
    header_row: int | None = None


def read_grid(raw: bytes, name: DeliveryName, limits: Limits) -> Grid:
    """Read the rows of a file that has passed the guard.

    Raises
    ------
    DeliveryRefused
        If the file cannot be read at all.
    """
    if name.extension in {"xlsx", "xls"}:
        return _workbook(raw, name)
    if name.extension == "ods":
        sheets = ods_sheets(raw, name, limits)
        named = [
            (sheet.name, sheet.is_visible, [[_ods_text(c) for c in row] for row in sheet.rows[:MOST_ROWS]])
            for sheet in sheets
        ]
        return _fullest(named, name)
    if name.extension in {"parquet", "jsonl", "jsonl.gz"}:
        sheet = read(raw, name, Dialect(), limits)
        cells = sheet.cells.drop(ROW_NUMBER).head(MOST_ROWS).rows()
        rows: list[list[str]] = [list(sheet.headers)]
        rows += [[TrueValue(text) for text in row] for row in cells]
        return Grid(rows, [], [], 1)
    return _text_grid(unpacked(raw, name, limits) if name.extension == "csv.gz" else raw, name)


def _text_grid(raw: bytes, name: DeliveryName) -> Grid:
    encoding, evidence = _encoding(raw)
    text = raw.decode(encoding, "strict").removeprefix("\ufeff")
    delimiter, counted = _delimiter(text)
    try:
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), MOST_ROWS))
    except csv.Error as error:
        message = f"the text cannot be read as rows: {error}"
        raise refusal(str(name), message, "Check the quotation marks and the delimiter") from error
    facts = [] if encoding == "utf-8" else [Fact("encoding", f'"{encoding}"', evidence)]
    if delimiter != ("\t" if name.extension == "tsv" else ","):
        shown = "\\t" if delimiter == "\t" else delimiter
        facts.append(Fact("delimiter", f'"{shown}"', counted))
    return Grid(rows, facts, [])


def _encoding(raw: bytes) -> tuple[str, str]:
    guessed = guessed_encoding(raw[: 1 << 16])
    if guessed is not None:
        return guessed, "told by the byte-order mark, or by the NUL bytes between the letters"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if _C1_CONTROLS & set(raw):
            return (
                "cp1252",
                f"byte {error.start + 1:,} is no UTF-8, and latin-1 has no letters for some bytes",
            )
        return "latin-1", f"byte {error.start + 1:,} is no UTF-8; check that the letters are right"
    return "utf-8", ""


def _delimiter(text: str) -> tuple[str, str]:
    """Delimiter that gives most rows one width above 1."""
    start = text[: 1 << 18]
    found = []
    for delimiter in _DELIMITERS:
        try:
            rows = list(islice(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), _SAMPLE))
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows if any(row))
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        found.append(
            (width > 1, count, width, delimiter, f"{count} of {len(rows)} rows have {width} cells so")
        )
    best = max(found, default=(False, 0, 1, ",", "no delimiter was found"))
    return best[3], best[4]


def _workbook(raw: bytes, name: DeliveryName) -> Grid:
    writer = CellWriter(Dialect())
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(raw)) as book:
            named = [
                (
                    sheet.name,
                    sheet.visible == SheetVisibleEnum.Visible,
                    [
                        _typed(row, writer)
                        for row in book.get_sheet_by_name(sheet.name).to_python(
                            skip_empty_area=False, nrows=MOST_ROWS
                        )
                    ],
                )
                for sheet in book.sheets_metadata
            ]
    except CalamineError as error:
        raise refusal(
            str(name),
            f"the workbook cannot be read: {error}",
            "Open it in a spreadsheet program and save it again, without a password",
        ) from error
    return _fullest(named, name)


def _typed(row: Sequence[object], writer: CellWriter) -> list[str]:
    texts = [writer.column([value])[0] for value in row]
    is_true = [isinstance(value, int | float | date | datetime) for value in row]
    return [TrueValue(text) if true else text for text, true in zip(texts, is_true, strict=True)]


def _ods_text(value: OdsCell | None) -> str:
    if value is None:
        return ""
    return value.value if value.kind == "string" else TrueValue(value.value)


def _fullest(named: Iterable[tuple[str, bool, list[list[str]]]], name: DeliveryName) -> Grid:
    """Take the visible sheet with most filled cells."""
    sheets = list(named)
    visible = [(sheet, rows) for sheet, is_visible, rows in sheets if is_visible]
    if not visible:
        raise refusal(str(name), "the workbook has no visible sheet", "Show the sheet that is meant")
    chosen, rows = max(visible, key=lambda one: sum(bool(text) for row in one[1] for text in row))
    hidden = [sheet for sheet, is_visible, _ in sheets if not is_visible]
    notes = [f"hidden sheets are not read: {', '.join(hidden)}"] if hidden else []
    if len(visible) == 1:
        return Grid(rows, [], notes)
    others = ", ".join(sheet for sheet, _ in visible if sheet != chosen)
    return Grid(rows, [Fact("sheet", quoted(chosen), f"the fullest; the others are {others}")], notes)


def quoted(text: str) -> str:
    """Text as a TOML string."""
    escaped = "".join(
        letter if letter.isprintable() and letter not in '"\\' else f"\\U{ord(letter):08x}" for letter in text
    )
    return f'"{escaped}"'
