"""How numbers, dates and words are written."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from analytics_platform.report.format import (
    DASH,
    MINUS,
    THIN,
    Kind,
    Number,
    compact,
    day,
    moment,
    money,
    percent,
    price,
    quantity,
    tick_labels,
    weekday,
    words,
)


def test_thousands_are_set_apart_by_thin_spaces() -> None:
    assert money(12345678.4) == f"12{THIN}345{THIN}678"


def test_a_loss_has_a_true_minus_sign_and_a_gain_a_plus_where_asked() -> None:
    assert money(-1234, signed=True) == f"{MINUS}1{THIN}234"
    assert money(1234, signed=True) == f"+1{THIN}234"
    assert percent(-0.0123) == f"{MINUS}1.23%"


@pytest.mark.parametrize("value", [0, 0.0, -0.0, -0.4, 0.4, Decimal("-0.1")], ids=str)
def test_what_rounds_to_zero_has_no_sign(value: Number) -> None:
    assert money(value, signed=True) == "0"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), Decimal("NaN")], ids=str)
def test_a_missing_number_is_an_en_dash_everywhere(value: Number | None) -> None:
    texts = [money(value), percent(value), compact(value)]
    assert texts == [DASH] * 3


def test_missing_prices_quantities_and_dates_are_en_dashes() -> None:
    assert [price(None), quantity(None), day(None), moment(None)] == [DASH] * 4


def test_decimals_and_floats_are_written_alike() -> None:
    value = Decimal("-1234567.89000000")
    assert money(value, places=2) == money(float(value), places=2)
    assert compact(value) == compact(float(value))
    assert percent(Decimal("0.0567")) == "5.67%"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (7.0, "7"),
        (7.25, "7.25"),
        (999.0, "999"),
        (1_000.0, "1.00k"),
        (95_432.0, "95.4k"),
        (1_234_567.0, "1.23m"),
        (2.5e9, "2.50bn"),
        (3e12, "3.00tn"),
        (-20_900_000.0, f"{MINUS}20.9m"),
    ],
)
def test_compact_amounts_have_three_digits(value: float, text: str) -> None:
    assert compact(value) == text


@pytest.mark.parametrize(
    ("ticks", "kind", "labels"),
    [
        ([-500_000.0, 0.0, 500_000.0], "money", [f"{MINUS}500k", "0", "500k"]),
        ([19_000_000.0, 19_250_000.0], "money", ["19.00m", "19.25m"]),
        ([0.0, 200.0], "money", ["0", "200"]),
        ([-0.025, 0.0, 0.025], "percent", [f"{MINUS}2.5%", "0.0%", "2.5%"]),
        ([], "money", []),
    ],
    ids=["around zero", "close together", "small", "per cent", "none"],
)
def test_labels_of_an_axis_share_unit_and_places(ticks: list[float], kind: Kind, labels: list[str]) -> None:
    assert tick_labels(ticks, kind) == labels


def test_prices_below_one_keep_four_places() -> None:
    assert [price(103.12), price(-0.0625), price(0)] == ["103.12", f"{MINUS}0.0625", "0.00"]


def test_times_are_told_in_utc() -> None:
    assert moment(datetime(2013, 3, 1, 22, 5, tzinfo=UTC)) == "2013-03-01 22:05 UTC"
    eastern = timezone(timedelta(hours=-5))
    assert moment(datetime(2013, 3, 1, 22, 5, tzinfo=eastern)) == "2013-03-02 03:05 UTC"


def test_dates_are_written_in_words() -> None:
    assert weekday(date(2013, 3, 1)) == "Friday 1 March 2013"
    assert day(date(2012, 12, 31)) == "31 December 2012"


def test_codes_become_words_and_a_missing_bucket_says_so() -> None:
    assert [words("fx_rates"), words("US"), words(None)] == ["FX rates", "US", "Not classified"]
