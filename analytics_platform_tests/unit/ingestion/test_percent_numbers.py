"""A typed number of a workbook in a column of percent is read as the dialect says, and never guessed."""

from decimal import Decimal
from typing import Literal

import pytest

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.inspection.grid import TrueValue
from analytics_platform.ingestion.inspection.values import profile
from analytics_platform.ingestion.parsing.parse import ParseResult
from analytics_platform_tests.unit.ingestion.deliveries import Cells, delivered, workbook
from analytics_platform_tests.unit.ingestion.open_documents import number, open_document, row, table, text

Meaning = Literal["fraction", "percent"]
HEADERS = ("business_date", "instrument_id", "Rate")
DAY = "2013-02-28"
RATE = {"close_local": "Rate"}
LONG = f"prices/x_{DAY}"
UNPIVOT = {"names_to": "instrument_id", "values_to": "close_local"}


def dialect(meaning: Meaning | None = None, **keys: object) -> Dialect:
    """Prices whose closes are percent."""
    own: dict[str, object] = {
        "percent": ["close_local"],
        "percent_numbers": meaning,
        "constants": {"price_type": "close", "currency": "USD"},
        "max_rejected_rows": 9,
    }
    return Dialect.model_validate(own | ({} if "unpivot" in keys else {"columns": RATE}) | keys)


def xlsx(*cells: Cells) -> bytes:
    rows: list[list[Cells]] = [[DAY, f"EQ_{place}", cell] for place, cell in enumerate(cells)]
    return workbook(("Data", [HEADERS, *rows]))


def ods(*cells: str) -> bytes:
    rows = [row(text(DAY), text(f"EQ_{place}"), cell) for place, cell in enumerate(cells)]
    return open_document(table("Data", [row(*map(text, HEADERS)), *rows]))


def closes(found: ParseResult) -> list[Decimal | None]:
    assert found.findings == ()
    return found.accepted["close_local"].to_list()


def assert_untold(found: ParseResult, rows: list[int], column: str = "Rate") -> None:
    """Check that just these rows are rejected, for a number of no told meaning."""
    assert found.rejected["row_number"].to_list() == rows
    told = {(finding.row, finding.column) for finding in found.findings if "0.05 may mean" in finding.message}
    assert told == {(one, column) for one in rows}
    assert all("percent_numbers" in finding.cure for finding in found.findings)


@pytest.mark.parametrize(
    ("meaning", "values"), [("fraction", ["0.05", "1", "0.07"]), ("percent", ["0.0005", "0.01", "0.0007"])]
)
def test_numbers_are_what_the_dialect_says(meaning: Meaning, values: list[str]) -> None:
    expected = [Decimal(value) for value in values] + [Decimal("0.05"), Decimal("0.05")]
    book = xlsx(0.05, 1, 0.07, "5%", "5")
    assert closes(delivered(book, f"{LONG}.xlsx", dialect(meaning))) == expected
    document = ods(number("0.05"), number("1"), number("7E-2"), text("5%"), text("5"))
    assert closes(delivered(document, f"{LONG}.ods", dialect(meaning))) == expected


def test_without_the_key_a_number_is_a_fault_and_text_is_not() -> None:
    assert_untold(delivered(xlsx("5%", 0.05, "5", 5), f"{LONG}.xlsx", dialect()), [3, 5])
    document = ods(text("5%"), number("0.05"), text("5"), number("5", "currency"))
    assert_untold(delivered(document, f"{LONG}.ods", dialect()), [3, 5])


@pytest.mark.parametrize("meaning", [None, "fraction", "percent"])
def test_a_percentage_of_an_open_document_is_a_fraction_always(meaning: Meaning | None) -> None:
    document = ods(number("0.05", "percentage"), number("1.25E-1", "percentage"))
    assert closes(delivered(document, f"{LONG}.ods", dialect(meaning))) == [Decimal("0.05"), Decimal("0.125")]


def test_a_percentage_that_is_no_number_stays_a_fault() -> None:
    found = delivered(ods(number("1_0", "percentage")), f"{LONG}.ods", dialect("fraction"))
    assert found.findings[0].message.startswith("this is not a number")


def test_other_columns_keep_their_numbers() -> None:
    own = dialect(percent=["volume"])
    assert closes(delivered(xlsx(0.05), f"{LONG}.xlsx", own)) == [Decimal("0.05")]
    assert closes(delivered(ods(number("0.05", "percentage")), f"{LONG}.ods", own)) == [Decimal("0.05")]


def test_the_marks_of_the_dialect_are_kept() -> None:
    own = dialect("fraction", decimal_mark=",", thousands_mark=".")
    assert closes(delivered(xlsx(0.0725, "7,25%"), f"{LONG}.xlsx", own)) == [Decimal("0.0725")] * 2
    document = ods(number("0.0725"), number("0.0725", "percentage"))
    assert closes(delivered(document, f"{LONG}.ods", own)) == [Decimal("0.0725")] * 2


@pytest.mark.parametrize("meaning", [None, "fraction", "percent"])
def test_a_number_that_stands_for_no_value_needs_no_meaning(meaning: Meaning | None) -> None:
    own = dialect(meaning, null_words=["-99.5"])
    expected = delivered(f"{','.join(HEADERS)}\n{DAY},EQ_0,-99.5\n".encode(), f"{LONG}.csv", own)
    for raw, kind in ((xlsx(-99.5), "xlsx"), (ods(number("-99.5")), "ods")):
        found = delivered(raw, f"{LONG}.{kind}", own)
        assert [one.message for one in found.findings] == [one.message for one in expected.findings]
        assert found.accepted.equals(expected.accepted)


@pytest.mark.parametrize("wide", [{"columns": {"A": "EQ_A", "B": "EQ_B"}}, {"columns_matching": "^[AB]$"}])
@pytest.mark.parametrize(("meaning", "value"), [("fraction", "0.05"), ("percent", "0.0005"), (None, None)])
def test_wide_columns_are_read_alike(
    wide: dict[str, object], meaning: Meaning | None, value: str | None
) -> None:
    own = dialect(meaning, unpivot={**UNPIVOT, **wide})
    book = workbook(("Data", [["business_date", "A", " B ", "note"], [DAY, 0.05, "5%", 0.5]]))
    headers = row(*map(text, ("business_date", "A", " B ", "note")))
    document = open_document(
        table("Data", [headers, row(text(DAY), number("0.05"), text("5%"), number("0.5"))])
    )
    for raw, kind in ((book, "xlsx"), (document, "ods")):
        found = delivered(raw, f"{LONG}.{kind}", own)
        if value is None:
            assert found.counts.accepted == 1
            assert_untold(found, [2], "A")
        else:
            assert closes(found) == [Decimal(value), Decimal("0.05")]


@pytest.mark.parametrize("meaning", ["fraction", "percent"])
def test_a_row_of_totals_is_in_the_same_unit(meaning: Meaning) -> None:
    own = dialect(meaning, total_rows="^Total", total_columns=["close_local"])
    headers: list[Cells] = [*HEADERS]
    rows: list[list[Cells]] = [headers, [DAY, "EQ_A", 0.25], [DAY, "EQ_B", 0.5], ["Total", None, 0.75]]
    assert len(closes(delivered(workbook(("Data", rows)), f"{LONG}.xlsx", own))) == 2


@pytest.mark.parametrize("meaning", [None, "fraction", "percent"])
def test_csv_knows_no_typed_numbers(meaning: Meaning | None) -> None:
    content = f"{','.join(HEADERS)}\n{DAY},EQ_0,0.05\n{DAY},EQ_1,5%\n".encode()
    found = delivered(content, f"{LONG}.csv", dialect(meaning))
    assert closes(found) == [Decimal("0.0005"), Decimal("0.05")]


def test_a_draft_says_percent_only_where_every_cell_is_text() -> None:
    assert profile("x", ["5%", "7 %", "n/a", ""]).has_percent
    assert not profile("x", ["5%", TrueValue("0.05")]).has_percent
    assert not profile("x", ["5%", "5"]).has_percent
    assert not profile("x", []).has_percent
