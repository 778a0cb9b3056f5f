"""How columns of a file become columns of a table: headers, words, constants, wide to long."""

from decimal import Decimal

import pytest

from analytics_platform.ingestion.dialects.columns import Unpivot
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.parsing.parse import ParseResult
from analytics_platform_tests.unit.ingestion.deliveries import (
    PRICE_HEADER,
    PRICE_ROW,
    delivered,
)

NOTHING = (0, 0, 0, 0)


def account(result: ParseResult) -> tuple[int, int, int, int]:
    """Read, accepted, rejected, ignored."""
    counts = result.counts
    return counts.read, counts.accepted, counts.rejected, counts.ignored


def reasons(result: ParseResult) -> dict[int, str]:
    """Row number and reason of each rejected record."""
    return dict(result.rejected.select("row_number", "reason").iter_rows())


def test_missing_columns_refuse_the_file_with_those_it_has_and_a_near_match() -> None:
    raw = b"business_date,instrument_id,price_type,Close_local\n"
    with pytest.raises(DeliveryRefused) as refused:
        delivered(raw, "prices/vendor_2013-02-28.csv")
    text = str(refused.value)
    assert refused.value.total == 1
    assert (
        "there are no columns 'close_local', 'currency'; the file has 'business_date', 'instrument_id'"
        in text
    )
    assert "Is 'Close_local' for 'close_local' meant? Rename them" in text


def test_a_column_that_the_dialect_names_must_be_there_even_if_it_may_be_empty() -> None:
    raw = b"business_date,instrument_id,price_type,close_local,currency\n"
    assert (
        "column 'volume' is not delivered and stays empty" in delivered(raw, "prices/v_2013-02-28.csv").notes
    )
    with pytest.raises(DeliveryRefused, match="there is no column 'Umsatz'"):
        delivered(raw, "prices/v_2013-02-28.csv", Dialect(columns={"volume": "Umsatz"}))


def test_columns_that_no_rule_names_are_told_and_stay_with_the_rejected_rows() -> None:
    row = PRICE_ROW.replace("USD", "x")
    raw = f"{PRICE_HEADER},reason,row_number,reason (sender)\n{row},why,7,z\n".encode()
    result = delivered(raw, "prices/v_2013-02-28.csv")
    assert "column 'reason' is not used" in result.notes
    assert result.rejected["reason (sender) (sender)"].to_list() == ["why"]
    assert result.rejected["row_number (sender)"].to_list() == ["7"]
    assert result.rejected["reason (sender)"].to_list() == ["z"]
    assert result.rejected["row_number"].to_list() == [2]


def test_a_dialect_maps_headers_words_constants_and_null_words() -> None:
    dialect = Dialect(
        delimiter=";",
        decimal_mark=",",
        thousands_mark=".",
        date_format="%d.%m.%Y",
        null_words=("k.A.",),
        columns={
            "business_date": "Datum",
            "instrument_id": "Papier",
            "price_type": "Art",
            "close_local": "Kurs",
        },
        constants={"currency": "EUR"},
        words={"price_type": {"Schluss": "close"}},
    )
    rows = ["28.02.2013;EQ_A;Schluss;1.234,56;k.A.", "28.02.2013;EQ_B;Schluss;k.A.;1"]
    raw = "\n".join(["Datum;Papier;Art;Kurs;volume", *rows]).encode()
    result = delivered(raw, "prices/bank_2013-02-28.csv", dialect)
    assert result.accepted["close_local"].to_list() == [Decimal("1234.56")]
    assert result.accepted["volume"].to_list() == [None]
    assert result.accepted["currency"].to_list() == ["EUR"]
    assert reasons(result) == {3: "column 'Kurs': the cell is empty and the column must not be"}


def test_a_wrong_constant_is_told_as_such() -> None:
    dialect = Dialect(constants={"currency": "euro"})
    raw = b"business_date,instrument_id,price_type,close_local\n2013-02-28,EQ_A,close,1\n"
    assert "column 'currency', value 'euro'" in reasons(delivered(raw, "prices/b_2013-02-28.csv", dialect))[2]


FX = Dialect(
    null_words=("N/A",),
    columns={"business_date": "Date"},
    constants={"base_currency": "EUR"},
    unpivot=Unpivot(names_to="quote_currency", values_to="rate", columns={"US dollar": "USD", "Yen": "JPY"}),
    ignore_rows="^Source",
)


def test_wide_columns_become_records_and_empty_cells_are_ignored() -> None:
    raw = b"Date,US dollar,Yen\n2013-02-27,1.31,120\n2013-02-28,1.3129,N/A\nSource: ECB\n\n"
    result = delivered(raw, "fx_rates/ecb_2013-02-27_2013-02-28.csv", FX)
    assert account(result) == (6, 3, 0, 3)
    assert result.accepted.select("quote_currency", "rate", "row_number").rows() == [
        ("USD", Decimal("1.31"), 2),
        ("JPY", Decimal(120), 2),
        ("USD", Decimal("1.3129"), 3),
    ]


def test_a_fault_of_a_wide_column_names_its_header_and_rejects_only_its_record() -> None:
    raw = b"Date,US dollar,Yen\n2013-02-28,1.3129,x\n"
    result = delivered(raw, "fx_rates/ecb_2013-02-28.csv", FX)
    assert account(result) == (2, 1, 1, 0)
    assert reasons(result)[2].startswith("column 'Yen', value 'x': this is not a number")
    assert result.rejected["US dollar"].to_list() == ["1.3129"]


def test_a_fault_of_a_shared_column_rejects_each_record_of_the_row() -> None:
    result = delivered(b"Date,US dollar,Yen\n28.2.,1.3129,120\n", "fx_rates/ecb_2013-02-28.csv", FX)
    assert account(result) == (2, 0, 2, 0)
    assert [(finding.row, finding.column) for finding in result.findings] == [(2, "Date")]
    assert result.total_findings == 1


def test_a_wide_column_that_is_missing_refuses_the_file() -> None:
    with pytest.raises(DeliveryRefused, match="there is no column 'Yen'"):
        delivered(b"Date,US dollar\n", "fx_rates/ecb_2013-02-28.csv", FX)
