"""Nasty new workbooks: sheets, hidden things, errors, formulas, epochs, and what attacks a reader."""

import io
from collections.abc import Sequence
from datetime import date, datetime

import xlsxwriter

from analytics_platform_tests.unit.ingestion.corpus.case import Case, Told, good, one_bad, refused, short
from analytics_platform_tests.unit.ingestion.deliveries import (
    SHEET,
    Cells,
    far_corner_workbook,
    part_of,
    with_part,
    workbook,
)

DAY = date(2013, 2, 28)
HEAD: list[Cells] = ["business_date", "instrument_id", "close_local"]
ROWS: list[Sequence[Cells]] = [HEAD, [DAY, "EQ_A", 10.5], [DAY, "EQ_B", 20.25]]
OLD: list[Sequence[Cells]] = [HEAD, [DAY, "EQ_OLD", 99]]
GOOD = workbook(("Data", ROWS))
SHORT = short()
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NEW_YEAR_1904 = 1462
"""Days from 1900 to 1904, as spreadsheets count."""


def in_1904() -> bytes:
    """Workbook that counts from 1904: a date cell, and a serial number without format."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"date_1904": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Data")
    sheet.write_row(0, 0, HEAD)
    sheet.write_datetime(1, 0, datetime(2013, 2, 28))  # noqa: DTZ001 - workbooks know no time zone
    sheet.write_row(1, 1, ["EQ_A", 10.5])
    sheet.write_row(2, 0, [41333 - NEW_YEAR_1904, "EQ_B", 20.25])
    book.close()
    return buffer.getvalue()


def with_hidden_row() -> bytes:
    """Workbook whose second record is in a hidden row."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Data")
    for number, row in enumerate(ROWS):
        sheet.write_row(number, 0, row)
    sheet.set_row(2, options={"hidden": True})
    book.close()
    return buffer.getvalue()


def merged_headers() -> bytes:
    """Workbook with two header rows, of which the first is merged."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Data")
    sheet.merge_range(0, 2, 0, 3, "Price")
    sheet.write_row(1, 0, ["business_date", "instrument_id", "Open", "Close"])
    for number, row in enumerate(([DAY, "EQ_A", 1, 10.5], [DAY, "EQ_B", 2, 20.25]), 2):
        sheet.write_row(number, 0, row)
    book.close()
    return buffer.getvalue()


def with_cell(old: str, new: str) -> bytes:
    """Workbook of which the XML of a cell is replaced."""
    xml = part_of(GOOD, SHEET).decode()
    assert old in xml
    return with_part(GOOD, SHEET, xml.replace(old, new).encode())


def sheets() -> list[Case]:
    """Which sheet and which rows are read."""
    hidden, very = workbook(("Old", OLD), ("New", ROWS), hidden=["Old"]), ("Old", OLD)
    tenths: list[Sequence[Cells]] = [[DAY, f"E{number}", 0.1] for number in range(10)]
    months = workbook(("Notes", [["x"]]), ("Feb 2013", ROWS))
    return [
        good("a hidden first sheet", hidden, "xlsx", SHORT, "30.75"),
        good(
            "a very hidden first sheet",
            workbook(very, ("New", ROWS), very_hidden=["Old"]),
            "xlsx",
            SHORT,
            "30.75",
            ids=("EQ_A", "EQ_B"),
        ),
        refused("two visible sheets", months, "xlsx", SHORT, Told("2 visible sheets ('Notes', 'Feb 2013')")),
        good(
            "a sheet by expression", months, "xlsx", short(sheet={"matching": "^[A-Z][a-z]{2} 20"}), "30.75"
        ),
        good("a sheet by place", months, "xlsx", short(sheet={"position": 2}), "30.75"),
        good(
            "the first visible sheet",
            workbook(("A", ROWS), ("B", OLD)),
            "xlsx",
            short(sheet={"first_visible": True}),
            "30.75",
        ),
        refused("no sheet at the place", months, "xlsx", short(sheet={"position": 3}), Told("at place 3")),
        good(
            "a sheet with a hostile name", workbook(("x'); drop table y; --", ROWS)), "xlsx", SHORT, "30.75"
        ),
        good("a hidden row is a row", with_hidden_row(), "xlsx", SHORT, "30.75"),
        good(
            "merged headers in two rows",
            merged_headers(),
            "xlsx",
            short(header_rows=2, columns={"close_local": "Price Close", "open_local": "Price Open"}),
            "30.75",
        ),
        refused(
            "merged headers in one row", merged_headers(), "xlsx", SHORT, Told("has content and no header")
        ),
        good(
            "a title and a total",
            workbook(("Data", [["Prices"], [None], *ROWS, ["Total", None, 30.75]])),
            "xlsx",
            short(header_row=3, total_rows="^Total", total_columns=["close_local"]),
            "30.75",
            ignored=1,
        ),
        one_bad(
            "a total taken for a record",
            workbook(("Data", [*ROWS[:2], ["Total", None, 10.5]])),
            "xlsx",
            SHORT,
            Told("not a date", 3, "business_date", "Total"),
        ),
        good(
            "a total with binary noise",
            workbook(("Data", [HEAD, *tenths, ["Total", None, 0.9999999999999999]])),
            "xlsx",
            short(total_rows="^Total", total_columns=["close_local"]),
            "1",
            accepted=10,
            ignored=1,
        ),
    ]


def cells() -> list[Case]:
    """Cells that readers lose or change."""
    close = '<c r="C3"><v>20.25</v></c>'
    return [
        one_bad(
            "an error cell",
            with_cell(close, '<c r="C3" t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
            "xlsx",
            SHORT,
            Told("error of a spreadsheet", 3, "close_local", "#DIV/0!"),
        ),
        one_bad(
            "a formula never computed",
            with_cell(close, '<c r="C3"><f>1+1</f></c>'),
            "xlsx",
            SHORT,
            Told("the formula has no stored value", 3, "close_local", "=1+1"),
        ),
        one_bad(
            "an identifier of 17 digits as number",
            workbook(("Data", [*ROWS[:2], [DAY, 12345678901234567, 1]])),
            "xlsx",
            SHORT,
            Told("15 digits", 3, "instrument_id"),
        ),
        good(
            "an identifier of 17 digits as text",
            workbook(("Data", [*ROWS[:2], [DAY, "12345678901234567", 1]])),
            "xlsx",
            SHORT,
            "11.5",
            ids=("EQ_A", "12345678901234567"),
        ),
        one_bad(
            "a time beside the date",
            workbook(("Data", [*ROWS[:2], [datetime(2013, 2, 28, 9, 30), "B", 1]])),  # noqa: DTZ001 - workbooks know no time zone
            "xlsx",
            SHORT,
            Told("not a date", 3, "business_date", "2013-02-28 09:30:00"),
        ),
        one_bad(
            "a serial number in a 1904 workbook",
            in_1904(),
            "xlsx",
            SHORT,
            Told("not a date", 3, "business_date", str(41333 - NEW_YEAR_1904)),
        ),
        good("the epoch of the workbook is 1904", in_1904(), "xlsx", short(date_epoch="workbook"), "30.75"),
        good(
            "the epoch of the workbook is 1900",
            workbook(("Data", [HEAD, [41333, "EQ_A", 10.5]])),
            "xlsx",
            short(date_epoch="workbook"),
            "10.5",
            accepted=1,
        ),
        good(
            "true percent cells are shares",
            workbook(("Data", [HEAD, [DAY, "EQ_A", 0.05]])),
            "xlsx",
            SHORT,
            "0.05",
            accepted=1,
        ),
    ]


def attacks() -> list[Case]:
    """Give what the guard refuses before a reader opens it."""
    types = part_of(GOOD, "[Content_Types].xml")
    macro_types = types.replace(
        b"openxmlformats-officedocument.spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml"
    )
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><sst>&b;</sst>'
    in_utf_16 = part_of(GOOD, SHEET).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    return [
        refused("cells A1 and XFD1048576", far_corner_workbook(), "xlsx", SHORT, Told("1,048,576 rows")),
        refused(
            "an entity bomb",
            with_part(GOOD, "xl/sharedStrings.xml", entities),
            "xlsx",
            SHORT,
            Told("XML entities"),
        ),
        refused(
            "xlsm by another name",
            with_part(GOOD, "[Content_Types].xml", macro_types),
            "xlsx",
            SHORT,
            Told("holds macros"),
        ),
        refused(
            "a macro project", with_part(GOOD, "xl/vbaProject.bin", b"x"), "xlsx", SHORT, Told("holds macros")
        ),
        refused(
            "a macro sheet",
            with_part(GOOD, "xl/macrosheets/sheet1.xml", b"<a/>"),
            "xlsx",
            SHORT,
            Told("holds macros"),
        ),
        refused("a password", OLE + b"\0" * 600, "xlsx", SHORT, Told("password-protected")),
        refused(
            "a name that climbs out",
            with_part(GOOD, "xl/../../x.xml", b"<a/>"),
            "xlsx",
            SHORT,
            Told("lead out of it"),
        ),
        refused(
            "a drive in a name", with_part(GOOD, "C:evil.xml", b"<a/>"), "xlsx", SHORT, Told("lead out of it")
        ),
        refused(
            "names that differ in case only",
            with_part(GOOD, "xl/WORKBOOK.xml", b"<a/>"),
            "xlsx",
            SHORT,
            Told("two parts of one name"),
        ),
        refused(
            "a sheet that unpacks to 40 MB",
            with_part(GOOD, SHEET, part_of(GOOD, SHEET) + b" " * 40_000_000),
            "xlsx",
            SHORT,
            Told("times its size"),
        ),
        refused("a sheet in UTF-16", with_part(GOOD, SHEET, in_utf_16), "xlsx", SHORT, Told("not UTF-8")),
        refused("a workbook that is cut off", GOOD[:-40], "xlsx", SHORT, Told("the workbook is damaged")),
        refused("text named xlsx", b"a,b\n1,2\n", "xlsx", SHORT, Told("does not start as such a file does")),
    ]
