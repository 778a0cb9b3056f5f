"""A workbook gives the text that its sender sees, from the sheet that is meant, or is refused."""

from datetime import date, datetime

import pytest

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.readers.formats import read
from analytics_platform.ingestion.readers.sheet import SheetText
from analytics_platform_tests.unit.ingestion.deliveries import SHEET, Cells, part_of, with_part, workbook


def sheet(raw: bytes, dialect: Dialect | None = None, extension: str = "xlsx") -> SheetText:
    return read(raw, parse_file_name(f"prices/a_2013-02-28.{extension}"), dialect or Dialect(), Limits())


def column(values: list[Cells], dialect: Dialect | None = None) -> list[str]:
    """Texts of one column that holds these values."""
    found = sheet(workbook(("Data", [["a", "b"], *([value, "x"] for value in values)])), dialect)
    return found.cells["cell_0"].to_list()


def refused(raw: bytes, dialect: Dialect | None = None, extension: str = "xlsx") -> str:
    with pytest.raises(DeliveryRefused) as error:
        sheet(raw, dialect, extension)
    return str(error.value)


def with_cell(reference: str, old: str, new: str) -> bytes:
    """Workbook of one column `a` and one number, of which the XML of a cell is replaced."""
    raw = workbook(("Data", [["a", "b"], [1.5, 2.5]]))
    xml = part_of(raw, SHEET).decode()
    cell = f'<c r="{reference}"><v>{old}</v></c>'
    assert cell in xml
    return with_part(raw, SHEET, xml.replace(cell, new).encode())


def test_numbers_are_written_shortest_without_exponent() -> None:
    assert column([130.31, 1_000_000.0, 1e-7, 5e-324, -0.0, 123456789012345.0]) == [
        "130.31",
        "1000000",
        "0.0000001",
        f"0.{'0' * 323}5",
        "0",
        "123456789012345",
    ]


def test_binary_noise_of_a_cell_is_told_as_it_is() -> None:
    raw = with_cell("A2", "1.5", '<c r="A2"><v>0.30000000000000004</v></c>')
    assert sheet(raw).cells["cell_0"].to_list() == ["0.30000000000000004"]


def test_text_that_looks_like_a_number_stays_as_it_is() -> None:
    found = sheet(workbook(("Data", [["a"], ["00123"], ["1.234,56"]])))
    assert found.cells["cell_0"].to_list() == ["00123", "1.234,56"]


def test_cells_of_several_kinds_share_a_column() -> None:
    assert column([True, False, date(2013, 2, 28), datetime(2013, 2, 28, 12, 30), "x", None, 2.5]) == [  # noqa: DTZ001 - workbooks know no time zone
        "TRUE",
        "FALSE",
        "2013-02-28",
        "2013-02-28 12:30:00",
        "x",
        "",
        "2.5",
    ]


def test_true_numbers_and_dates_are_written_as_the_dialect_writes_them() -> None:
    dialect = Dialect(decimal_mark=",", thousands_mark=".", date_format="%d.%m.%Y")
    assert column([1234.56, 0.5], dialect) == ["1234,56", "0,5"]
    assert column([1234.56, "1.234,56", date(2013, 2, 28)], dialect) == ["1234,56", "1.234,56", "28.02.2013"]


def test_rows_are_numbered_as_the_spreadsheet_shows_them() -> None:
    rows: list[list[Cells]] = [["Report"], [None], [None, "a", "b"], [None, 1, 2], [None], [None, 3, 4]]
    found = sheet(workbook(("Data", rows)), Dialect(header_row=3))
    assert found.headers == ("a", "b")
    assert found.cells.rows() == [(4, "1", "2"), (5, "", ""), (6, "3", "4")]


def test_empty_rows_and_columns_at_the_top_are_part_of_the_sheet() -> None:
    rows: list[list[Cells]] = [[], [], [None, None, "a", "b"], [None, None, 1, 12345678901234567]]
    found = sheet(workbook(("Data", rows)), Dialect(header_row=3))
    assert (found.headers, found.cells["row_number"].to_list()) == (("a", "b"), [4])
    assert found.faults.select("row_number", "position").rows() == [(4, 1)]


def test_error_cells_keep_their_text() -> None:
    raw = with_cell("A2", "1.5", '<c r="A2" t="e"><f>NA()</f><v>#N/A</v></c>')
    assert sheet(raw).cells.rows() == [(2, "#N/A", "2.5")]


def test_an_error_cell_without_a_place_refuses_the_file() -> None:
    assert "tells no place" in refused(with_cell("A2", "1.5", "<c t='e'><v>#REF!</v></c>"))


@pytest.mark.parametrize("value", ["", "<v></v>", "<v/>"])
def test_a_formula_that_was_never_computed_is_a_fault(value: str) -> None:
    found = sheet(with_cell("B2", "2.5", f'<c r="B2"><f>1+1</f>{value}</c>'))
    assert found.cells.rows() == [(2, "1.5", "=1+1")]
    assert found.faults.select("row_number", "position", "message").rows() == [
        (2, 1, "the formula has no stored value")
    ]


def test_a_formula_with_a_value_is_its_value() -> None:
    found = sheet(with_cell("B2", "2.5", '<c r="B2"><f>1+1</f><v>2</v></c>'))
    assert found.cells.rows() == [(2, "1.5", "2")]
    assert found.faults.is_empty()


def test_a_number_of_more_digits_than_a_spreadsheet_keeps_is_a_fault() -> None:
    found = sheet(workbook(("Data", [["id", "x"], [12345678901234567, 1]])))
    assert found.faults.select("row_number", "position").rows() == [(2, 0)]
    assert "15 digits" in found.faults["message"][0]


@pytest.mark.parametrize("state", ["hidden", "very_hidden"])
def test_a_hidden_first_sheet_is_not_read(state: str) -> None:
    sheets: list[tuple[str, list[list[Cells]]]] = [("Old", [["a"], ["old"]]), ("New", [["a"], ["new"]])]
    raw = workbook(*sheets, hidden=["Old"]) if state == "hidden" else workbook(*sheets, very_hidden=["Old"])
    found = sheet(raw)
    assert (found.sheet, found.cells.rows()) == ("New", [(2, "new")])
    assert sheet(raw, Dialect(sheet="Old")).cells.rows() == [(2, "old")]


def test_several_visible_sheets_are_refused_by_name_unless_the_dialect_chooses() -> None:
    raw = workbook(("One", [["a"], ["1"]]), ("Two", [["a"], ["2"]]))
    assert "2 visible sheets ('One', 'Two')" in refused(raw)
    assert sheet(raw, Dialect(sheet="Two")).cells.rows() == [(2, "2")]


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are() -> None:
    assert "no sheet 'Dat'; there are 'Data'" in refused(workbook(("Data", [["a"]])), Dialect(sheet="Dat"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["a", "b", "a"], [1, 2, 3]], "row 1: the header 'a' is there more than once"),
        ([["a", None, "b"], [1, 2, 3]], "column 2 has content and no header"),
        ([], "the sheet has 0 rows and its headers should be in row 1"),
    ],
    ids=["twice", "merged", "empty"],
)
def test_headers_that_cannot_be_told_apart_are_refused(rows: list[list[Cells]], message: str) -> None:
    assert message in refused(workbook(("Data", rows)))


def test_a_hostile_sheet_name_is_only_text() -> None:
    name = "x'); drop table y; --"
    found = sheet(workbook((name, [["a\n=cmd|' /C calc'!A0", "cell_0", "row_number"], [1, 2, 3]])))
    assert found.sheet == name
    assert found.headers == ("a\n=cmd|' /C calc'!A0", "cell_0", "row_number")
    assert found.cells.rows() == [(2, "1", "2", "3")]


@pytest.mark.parametrize(
    "part", [SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"]
)
def test_a_workbook_whose_parts_are_no_xml_is_refused(part: str) -> None:
    raw = workbook(("Data", [["a"], ["x"]]))
    assert "a_2013-02-28.xlsx was refused" in refused(with_part(raw, part, b"<<<not xml"))


def test_an_old_workbook_that_is_none_is_refused() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    assert "a_2013-02-28.xls was refused" in refused(ole + b"\0" * 2000, None, "xls")
    assert "a_2013-02-28.xls was refused" in refused(ole + bytes(range(256)) * 20, None, "xls")
