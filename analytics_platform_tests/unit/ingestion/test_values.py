"""Cells of one column become exact values or faults."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.parsing.values import parse_values
from analytics_platform.tables.contract import amount, choice, currency, integer, number, text
from analytics_platform.tables.contract import date as date_column

GERMAN = Dialect(decimal_mark=",", thousands_mark=".", date_format="%d.%m.%Y")
PERCENT = Dialect(percent=("x",))
FAULT = "fault"


def outcome(cell: str | None, column: dy.Column, dialect: Dialect | None = None) -> object:
    """Value of one cell; its message if it has a fault."""
    parsed = parse_values(pl.Series("x", [cell], dtype=pl.String), "x", column, dialect or Dialect())
    messages = [fault.message for fault in parsed.faults if fault.is_fault[0]]
    assert len(messages) <= 1
    return messages[0] if messages else parsed.values[0]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("130.31", "130.31"),
        ("-1", "-1"),
        ("+3", "3"),
        (".5", "0.5"),
        ("00012.50", "12.5"),
        ("0.12345678", "0.12345678"),
        ("123456789012.12345678", "123456789012.12345678"),
        ("000000000000000001", "1"),
        ("0.30000000000000004", "0.3"),
        ("0.29999999999999998890", "0.3"),
        ("130.30999999999997", "130.31"),
        ("1.100000000000", "1.1"),
        ("0.00000000000000000000000000000", "0"),
    ],
)
def test_a_number_keeps_its_exact_value(cell: str, value: str) -> None:
    assert outcome(cell, amount("")) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("0.123456789", "more than 8 decimals"),
        ("0.000000001", "more than 8 decimals"),
        ("1234567890123", "more than 12 digits"),
        ("1234567890123.123456789", "more than 12 digits"),
        ("1,234.56", "not a number with decimal mark '.'"),
        ("1.234,56", "not a number"),
        ("1e5", "not a number"),
        ("5.", "not a number"),
        ("--5", "not a number"),
        ("(5)", "not a number"),
        ("5-", "not a number"),
        ("5%", "not a number"),
        ("1 000", "not a number"),
        ("NaN", "not a number"),
        ("inf", "not a number"),
        ("-", "not a number"),
        ("n/a", "not a number"),
        ("\u0661\u0662", "not a number"),
        ("\u22125", "not a number"),
        ("0x10", "not a number"),
        ("1_000", "not a number"),
        ("#N/A", "an error of a spreadsheet"),
        ("#DIV/0!", "an error of a spreadsheet"),
        (None, "the cell is empty"),
    ],
)
def test_what_is_no_exact_number_is_a_fault(cell: str | None, message: str) -> None:
    assert message in str(outcome(cell, amount("")))


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1.234,56", "1234.56"), ("1.234.567", "1234567"), ("1234,5", "1234.5"), ("0,1", "0.1")],
)
def test_german_numbers_are_read_by_their_marks(cell: str, value: str) -> None:
    assert outcome(cell, amount(""), GERMAN) == Decimal(value)


@pytest.mark.parametrize("cell", ["1.23", "12.34,5", "1.2345", "1234.567", "1,234.5", ".234", "1.234,"])
def test_marks_at_the_wrong_place_are_a_fault(cell: str) -> None:
    assert "thousands mark '.'" in str(outcome(cell, amount(""), GERMAN))


@pytest.mark.parametrize(
    ("cell", "value"),
    [("5", "0.05"), ("1.85%", "0.0185"), ("-0.25 %", "-0.0025"), ("0.000001", "0.00000001")],
)
def test_percent_is_a_hundredth_where_the_dialect_says_so(cell: str, value: str) -> None:
    assert outcome(cell, amount(""), PERCENT) == Decimal(value)


def test_percent_with_too_many_decimals_is_a_fault() -> None:
    assert outcome("0.1234567", amount(""), PERCENT) == "the number has more than 6 decimals"


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=8))
def test_every_decimal_of_8_places_comes_back(value: Decimal) -> None:
    assert outcome(format(value, "f"), amount("")) == value


@given(st.integers(-(10**12), 10**12))
def test_binary_noise_is_removed_from_numbers_of_a_spreadsheet(cents: int) -> None:
    noisy = format(Decimal(cents / 100 + 0.1 - 0.1), "f") if abs(cents) < 10**6 else f"{cents / 100:.2f}"
    assert outcome(noisy, amount("")) == Decimal(cents) / 100


@pytest.mark.parametrize(
    ("cell", "value"),
    [("5", 5), ("+5", 5), ("-12", -12), ("1.0", FAULT), ("x", FAULT), ("9" * 19, FAULT), (None, FAULT)],
)
def test_whole_numbers_are_exact(cell: str | None, value: object) -> None:
    found = outcome(cell, integer(""))
    assert (found == value) if value != FAULT else isinstance(found, str)


@pytest.mark.parametrize(
    ("cell", "pattern", "value"),
    [
        ("2013-02-28", "%Y-%m-%d", date(2013, 2, 28)),
        ("28.02.2013", "%d.%m.%Y", date(2013, 2, 28)),
        ("2/8/2013", "%m/%d/%Y", date(2013, 2, 8)),
        ("08-Feb-2013", "%d-%b-%Y", date(2013, 2, 8)),
        ("20130208", "%Y%m%d", date(2013, 2, 8)),
        ("2013-02-30", "%Y-%m-%d", FAULT),
        ("2012-02-29", "%Y-%m-%d", date(2012, 2, 29)),
        ("2013-02-29", "%Y-%m-%d", FAULT),
        ("28/02/2013", "%m/%d/%Y", FAULT),
        ("13-02-28", "%Y-%m-%d", FAULT),
        ("+2013-02-28", "%Y-%m-%d", FAULT),
        ("2013-02-28 00:00:00", "%Y-%m-%d", FAULT),
        ("41333", "%Y-%m-%d", FAULT),
        ("12013-02-28", "%Y-%m-%d", FAULT),
        ("#N/A", "%Y-%m-%d", FAULT),
        (None, "%Y-%m-%d", FAULT),
    ],
)
def test_dates_are_real_and_of_the_form(cell: str | None, pattern: str, value: object) -> None:
    found = outcome(cell, date_column(""), Dialect(date_format=pattern))
    assert (found == value) if value != FAULT else isinstance(found, str)


@pytest.mark.parametrize(
    ("column", "cells", "message"),
    [
        (currency(""), ["EURO", "eur", "EU"], "not of the form ^[A-Z]{3}$"),
        (choice("", "buy", "sell"), ["bought", "Buy", "buy\n"], "this is not one of buy, sell"),
        (text(""), ["x" * 257], "longer than 256 bytes"),
        (amount("", min_=0), ["-0.00000001"], "less than 0"),
        (amount("", above=0), ["0"], "not greater than 0"),
        (integer("", min_=1), ["0"], "less than 1"),
        (text(""), ["#REF!"], "an error of a spreadsheet"),
    ],
    ids=["currency", "choice", "length", "min", "above", "integer", "error"],
)
def test_what_a_column_does_not_allow_is_a_fault(
    column: dy.Column, cells: Sequence[str], message: str
) -> None:
    for cell in cells:
        assert message in str(outcome(cell, column)), cell


@pytest.mark.parametrize(
    "column", [amount("", nullable=True), integer("", nullable=True), date_column("", key=False), text("")]
)
def test_no_value_is_null_where_the_column_allows_it(column: dy.Column) -> None:
    assert (outcome(None, column) is None) == column.nullable


def test_words_of_the_sender_are_replaced_by_those_of_the_table() -> None:
    dialect = Dialect(words={"x": {"Kauf": "buy"}})
    assert outcome("Kauf", choice("", "buy", "sell"), dialect) == "buy"
    assert outcome("sell", choice("", "buy", "sell"), dialect) == "sell"


def test_a_column_that_no_file_can_hold_is_an_error_of_ours() -> None:
    with pytest.raises(TypeError, match="no file can hold"):
        outcome("1", number(""))
