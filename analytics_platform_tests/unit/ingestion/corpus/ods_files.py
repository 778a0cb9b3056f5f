"""Nasty OpenDocument spreadsheets."""

from analytics_platform_tests.unit.ingestion.corpus.case import Case, Told, good, one_bad, refused, short
from analytics_platform_tests.unit.ingestion.open_documents import (
    day,
    number,
    open_document,
    row,
    table,
    text,
)

SHORT = short()
HEADERS = row(text("business_date"), text("instrument_id"), text("close_local"))
A_ROW, B_ROW = (
    row(day("2013-02-28"), text("EQ_A"), number("10.5")),
    row(day("2013-02-28T00:00:00"), text("EQ_B"), number("2.025E+01")),
)
NO_CELLS = '<table:table-cell table:number-columns-repeated="16384"/>'
GOOD_TABLE = table("Data", [HEADERS, A_ROW, B_ROW, row(NO_CELLS, repeated=1_048_000)])


def open_documents() -> list[Case]:
    """ods: repeated rows and columns, hidden sheets, errors, formulas, macros, encryption."""
    error = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
        'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    formula = '<table:table-cell table:formula="of:=1+1"/>'
    start = (day("2013-02-28"), text("EQ_B"))
    times = ' table:number-columns-repeated="16384"'
    bomb = row(text("x").replace(" office", f"{times} office"), repeated=1_048_576)
    encrypted = '<manifest xmlns="m"><encryption-data/></manifest>'
    noted = text("EQ_A").replace(
        "<text:p>", "<office:annotation><text:p>a note</text:p></office:annotation><text:p>"
    )
    return [
        good("ods with a million empty rows", open_document(GOOD_TABLE), "ods", SHORT, "30.75"),
        good(
            "ods with a hidden first sheet",
            open_document(table("Old", [HEADERS], is_hidden=True), GOOD_TABLE),
            "ods",
            SHORT,
            "30.75",
        ),
        refused(
            "ods with two sheets",
            open_document(GOOD_TABLE, table("B", [])),
            "ods",
            SHORT,
            Told("2 visible sheets ('Data', 'B')"),
        ),
        good(
            "ods with repeated empty rows between",
            open_document(table("Data", [HEADERS, A_ROW, row(NO_CELLS, repeated=3), B_ROW])),
            "ods",
            SHORT,
            "30.75",
            ignored=3,
        ),
        good(
            "ods with a note in a cell",
            open_document(table("Data", [HEADERS, row(day("2013-02-28"), noted, number("1"))])),
            "ods",
            SHORT,
            "1",
            accepted=1,
            ids=("EQ_A",),
        ),
        one_bad(
            "ods with an error cell",
            open_document(table("Data", [HEADERS, A_ROW, row(*start, error)])),
            "ods",
            SHORT,
            Told("error of a spreadsheet", 3, "close_local", "#DIV/0!"),
        ),
        one_bad(
            "ods with a formula never computed",
            open_document(table("Data", [HEADERS, A_ROW, row(*start, formula)])),
            "ods",
            SHORT,
            Told("no stored value", 3, "close_local", "of:=1+1"),
        ),
        one_bad(
            "ods with a number of 17 digits",
            open_document(
                table(
                    "Data", [HEADERS, A_ROW, row(day("2013-02-28"), number("12345678901234567"), number("1"))]
                )
            ),
            "ods",
            SHORT,
            Told("15 digits", 3, "instrument_id", "12345678901234567"),
        ),
        refused(
            "ods with 17 billion cells",
            open_document(table("Data", [bomb])),
            "ods",
            SHORT,
            Told("rows and columns of more than"),
        ),
        refused(
            "ods with a password",
            open_document(GOOD_TABLE, manifest=encrypted),
            "ods",
            SHORT,
            Told("is encrypted"),
        ),
        refused(
            "ods with macros",
            open_document(GOOD_TABLE, **{"Basic/Standard/x.xml": "<a/>"}),
            "ods",
            SHORT,
            Told("holds macros"),
        ),
        refused(
            "a text document named ods",
            open_document(kind="application/vnd.oasis.opendocument.text"),
            "ods",
            SHORT,
            Told("another kind of zip archive"),
        ),
        refused(
            "ods with entities",
            open_document(GOOD_TABLE, **{"meta.xml": "<!DOCTYPE a><a/>"}),
            "ods",
            SHORT,
            Told("XML entities"),
        ),
    ]
