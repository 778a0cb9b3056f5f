"""Every record of a delivery is accepted, rejected with all its reasons, or ignored."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.parsing.parse import ParseResult
from analytics_platform.tables.registry import DELIVERED
from analytics_platform_tests.unit.ingestion.deliveries import (
    PRICE_HEADER,
    PRICE_ROW,
    Cells,
    delivered,
    delivered_prices,
    workbook,
)

NOTHING = (0, 0, 0, 0)


def account(result: ParseResult) -> tuple[int, int, int, int]:
    """Read, accepted, rejected, ignored."""
    counts = result.counts
    return counts.read, counts.accepted, counts.rejected, counts.ignored


def reasons(result: ParseResult) -> dict[int, str]:
    """Row number and reason of each rejected record."""
    return dict(result.rejected.select("row_number", "reason").iter_rows())


def test_good_rows_come_out_in_the_types_of_the_table() -> None:
    result = delivered_prices(PRICE_ROW, "2013-02-28,UST_4.625,clean,,,,103.5,,USD")
    expected = pl.DataFrame(
        {
            "business_date": [date(2013, 2, 28)] * 2,
            "instrument_id": ["EQ_AAPL", "UST_4.625"],
            "price_type": ["close", "clean"],
            "open_local": [Decimal("444.05"), None],
            "high_local": [Decimal("447.87"), None],
            "low_local": [Decimal("441.40"), None],
            "close_local": [Decimal("441.40"), Decimal("103.5")],
            "volume": [Decimal(11520000), None],
            "currency": ["USD", "USD"],
            "row_number": [2, 3],
        },
        schema={**DELIVERED["prices"].columns, "row_number": pl.Int64()},
    )
    assert_frame_equal(result.accepted, expected)
    assert account(result) == (2, 2, 0, 0)
    assert result.findings == ()


def test_a_rejected_row_lists_all_its_faults_in_the_senders_own_columns() -> None:
    result = delivered_prices(PRICE_ROW, "2013-02-27,EQ_IBM,closing,1,3,1,2.123456789,-1,USD")
    assert result.rejected.row(0, named=True) == {
        "row_number": 3,
        "business_date": "2013-02-27",
        "instrument_id": "EQ_IBM",
        "price_type": "closing",
        "open_local": "1",
        "high_local": "3",
        "low_local": "1",
        "close_local": "2.123456789",
        "volume": "-1",
        "currency": "USD",
        "reason": "column 'price_type', value 'closing': this is not one of close, settle, nav, clean; "
        "column 'close_local', value '2.123456789': the number has more than 8 decimals; "
        "column 'volume', value '-1': the value is less than 0; column 'business_date', value '2013-02-27': "
        "the date is not in what the name of the file declares (2013-02-28)",
    }
    assert account(result) == (2, 1, 1, 0)
    assert result.total_findings == 4
    assert [(finding.row, finding.column, finding.value) for finding in result.findings] == [
        (3, "price_type", "closing"),
        (3, "close_local", "2.123456789"),
        (3, "volume", "-1"),
        (3, "business_date", "2013-02-27"),
    ]


def test_both_ends_of_the_declared_dates_are_inside() -> None:
    rows = [f"2013-02-{day},EQ_A,close,,,,1,,USD" for day in (25, 26, 28)] + [
        "2013-03-01,EQ_A,close,,,,1,,USD"
    ]
    raw = "\n".join([PRICE_HEADER, *rows]).encode()
    result = delivered(raw, "prices/vendor_2013-02-26_2013-02-28.csv")
    assert list(reasons(result)) == [2, 5]
    assert "(2013-02-26 to 2013-02-28)" in reasons(result)[2]


def test_all_rows_of_a_key_that_is_there_twice_are_rejected_and_name_each_other() -> None:
    other = PRICE_ROW.replace("AAPL", "IBM")
    result = delivered_prices(PRICE_ROW, other, PRICE_ROW.replace("441.40,441.40", "441.40,442"))
    assert account(result) == (3, 1, 2, 0)
    assert reasons(result) == dict.fromkeys(
        (2, 4),
        "the key (business_date=2013-02-28, instrument_id='EQ_AAPL', price_type='close') is there more than "
        "once: rows 2, 4",
    )


def test_a_key_is_doubled_also_by_a_row_that_has_another_fault() -> None:
    result = delivered_prices(PRICE_ROW, PRICE_ROW.replace("USD", "usd"), PRICE_ROW.replace("AAPL", "AAPL "))
    assert list(reasons(result)) == [2, 3, 4]
    assert "rows 2, 3, 4" in reasons(result)[2]


def test_keys_that_cannot_be_read_are_not_called_doubled() -> None:
    result = delivered_prices(*["x,EQ_A,close,,,,1,,USD"] * 2)
    assert not any("more than once" in reason for reason in reasons(result).values())


def test_a_key_that_is_there_very_often_names_the_first_rows() -> None:
    result = delivered_prices(*[PRICE_ROW] * 15)
    assert reasons(result)[2].endswith("rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 5 more")


def test_ragged_rows_are_rejected_with_their_own_number_and_the_others_stay() -> None:
    result = delivered_prices(
        PRICE_ROW, "2013-02-28,EQ_IBM,close", "", PRICE_ROW.replace("AAPL", "MSFT"), f"{PRICE_ROW},7"
    )
    assert account(result) == (5, 2, 2, 1)
    assert result.accepted["row_number"].to_list() == [2, 5]
    assert reasons(result) == {
        3: "the row has 3 cells and the header 9",
        6: "the row has 10 cells and the header 9",
    }


@pytest.mark.parametrize(
    "rows",
    [["Total,,,,,,888,,"], ["Total"], ["  Total  ;x"], [",,,Total of all,,,,,"], ['"Total\nof all",,,,,,,,']],
)
def test_rows_that_the_dialect_ignores_are_counted_as_ignored(rows: list[str]) -> None:
    result = delivered_prices(PRICE_ROW, *rows, dialect=Dialect(ignore_rows="^Total"))
    assert account(result) == (2, 1, 0, 1)


def test_a_total_row_that_no_rule_names_is_rejected() -> None:
    assert account(delivered_prices(PRICE_ROW, "Total,,,,,,888,,")) == (2, 1, 1, 0)


def test_empty_rows_are_ignored() -> None:
    result = delivered_prices("", PRICE_ROW, " , ,,,,,,,", "", ",,,,,,,,")
    assert account(result) == (5, 1, 0, 4)
    assert result.accepted["row_number"].to_list() == [3]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("444.05", "448", "column 'open_local', value '448': the price is outside of the low and high"),
        ("444.05", "441.39", "column 'open_local'"),
        ("441.40,441.40", "441.40,447.88", "column 'close_local', value '447.88'"),
        ("441.40,441.40", "448,448", "column 'low_local', value '448': the low is above the high"),
    ],
)
def test_prices_outside_of_low_and_high_are_rejected(old: str, new: str, message: str) -> None:
    assert message in reasons(delivered_prices(PRICE_ROW.replace(old, new)))[2]


def test_prices_at_the_low_and_the_high_and_negative_ones_are_accepted() -> None:
    row = "2013-02-28,EQ_{},close,{},{},{},{},,USD"
    result = delivered_prices(
        row.format("A", 2, 2, 1, 1), row.format("B", -2, -1, -3, -3), row.format("C", "", 1, "", 1)
    )
    assert account(result) == (3, 3, 0, 0)


@pytest.mark.parametrize(
    ("dataset", "header", "row", "message"),
    [
        (
            "corporate_actions",
            "ex_date,instrument_id,action_type,ratio,amount_local,currency",
            "2013-02-28,EQ_A,split,,,",
            "column 'ratio': a split must have a ratio",
        ),
        (
            "corporate_actions",
            "ex_date,instrument_id,action_type,ratio,amount_local,currency",
            "2013-02-28,EQ_A,cash_dividend,,1,",
            "a cash_dividend must have a currency",
        ),
        (
            "fx_rates",
            "business_date,base_currency,quote_currency,rate",
            "2013-02-28,EUR,EUR,1",
            "the currency is quoted in itself",
        ),
    ],
)
def test_rules_across_columns_reject_the_row(dataset: str, header: str, row: str, message: str) -> None:
    result = delivered(f"{header}\n{row}\n".encode(), f"{dataset}/a_2013-02-28.csv")
    assert message in reasons(result)[2]


def positions_workbook(*rows: Sequence[Cells]) -> bytes:
    header = ["business_date", "portfolio_id", "instrument_id", "book", "quantity"]
    return workbook(("Positions", [header, *rows]))


def test_a_workbook_of_positions_is_read_with_its_leading_zeros_and_dates() -> None:
    raw = positions_workbook(
        [date(2013, 2, 28), "00123", "EQ_A", "ibor", 1000], ["2013-02-28", "00124", "EQ_A", "ibor", "1000.5"]
    )
    result = delivered(raw, "positions/custodian-a_2013-02-28.xlsx")
    assert result.accepted["portfolio_id"].to_list() == ["00123", "00124"]
    assert result.accepted["quantity"].to_list() == [Decimal(1000), Decimal("1000.5")]
    assert result.sheet == "Positions"
    assert account(result) == (2, 2, 0, 0)


def test_faults_that_only_the_reader_sees_reject_the_row() -> None:
    raw = positions_workbook(
        [date(2013, 2, 28), 12345678901234567, "EQ_A", "ibor", 1], [date(2013, 2, 28), "P", "EQ_A", "ibor", 2]
    )
    result = delivered(raw, "positions/custodian-a_2013-02-28.xlsx")
    assert (
        "column 'portfolio_id', value '12345678901234570': the number has more than the 15"
        in reasons(result)[2]
    )
    assert result.findings[0].sheet == "Positions"
    assert account(result) == (2, 1, 1, 0)


def test_an_ignored_column_may_hold_what_it_wants() -> None:
    header = ["business_date", "portfolio_id", "instrument_id", "book", "quantity", "note"]
    raw = workbook(("P", [header, [date(2013, 2, 28), "P", "EQ_A", "ibor", 1, 12345678901234567]]))
    assert account(delivered(raw, "positions/custodian-a_2013-02-28.xlsx")) == (1, 1, 0, 0)


def test_of_many_faults_the_first_are_told_and_all_are_counted() -> None:
    result = delivered_prices(PRICE_ROW, *[f"2013-02-28,EQ_{i},close,,,,x,,USD" for i in range(100)])
    assert len(result.findings) == 20
    assert result.total_findings == 100
    refused = DeliveryRefused(result.findings, result.total_findings, result.counts)
    assert str(refused).endswith("... and 80 more.")


def test_hostile_headers_and_values_are_only_text() -> None:
    raw = (
        f'{PRICE_HEADER},"cell_0","{{}}","a\n{{0}}"\n{PRICE_ROW.replace("AAPL", "{}%s<b>")},1,2,3\n'.encode()
    )
    result = delivered(raw, "prices/v_2013-02-28.csv")
    assert "value 'EQ_{}%s<b>'" in reasons(result)[2]
    assert result.rejected.columns[-4:] == ["cell_0", "{}", "a\n{0}", "reason"]
    assert "column 'a\\x0a{0}' is not used" in result.notes


def test_a_file_with_headers_only_is_a_delivery_of_no_rows() -> None:
    result = delivered_prices()
    assert account(result) == NOTHING
    assert "the file has headers and no rows" in result.notes
    assert result.accepted.schema == {**DELIVERED["prices"].columns, "row_number": pl.Int64()}


@pytest.mark.parametrize("dataset", DELIVERED)
def test_every_delivered_table_can_be_parsed(dataset: str) -> None:
    header = ",".join(DELIVERED[dataset].columns)
    result = delivered(f"{header}\n{'?,' * header.count(',')}?\n".encode(), f"{dataset}/a_2013-02-28.csv")
    assert account(result) == (1, 0, 1, 0)
    assert result.accepted.schema == {**DELIVERED[dataset].columns, "row_number": pl.Int64()}
