"""Year fractions: published values, QuantLib over random dates, refusals."""

from datetime import date, timedelta

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_platform.risk.accruals import periods_between
from analytics_platform.risk.day_counts import DAY_COUNTS, year_fractions

MATURITY = date(2024, 2, 29)
THEIRS = {
    "ACT/360": ql.Actual360(),
    "ACT/365F": ql.Actual365Fixed(),
    "ACT/ACT ISDA": ql.ActualActual(ql.ActualActual.ISDA),
    "ACT/ACT AFB": ql.ActualActual(ql.ActualActual.AFB),
    "30/360": ql.Thirty360(ql.Thirty360.BondBasis),
    "30/360 US": ql.Thirty360(ql.Thirty360.USA),
    "30E/360": ql.Thirty360(ql.Thirty360.European),
    "30E/360 ISDA": ql.Thirty360(ql.Thirty360.ISDA, ql.Date(29, 2, 2024)),
}


def test_the_isda_memorandum_is_reproduced() -> None:
    """ISDA ACT/ACT memorandum, via QuantLib daycounters.cpp: 1 November 2003 to 1 May 2004."""
    start, end = date(2003, 11, 1), date(2004, 5, 1)
    assert float(year_fractions(start, end, "ACT/ACT ISDA")) == pytest.approx(0.497724380567, abs=1e-12)
    assert float(year_fractions(start, end, "ACT/ACT AFB")) == pytest.approx(0.497267759563, abs=1e-12)
    assert periods_between(start, end, 2, is_end_of_month=False) / 2 == pytest.approx(0.5, abs=1e-12)


def test_thirty_day_months_give_three_answers_from_the_end_of_february() -> None:
    days = {
        name: round(360 * float(year_fractions("2007-02-28", "2007-08-31", name)))
        for name in ("30/360", "30E/360", "30/360 US", "30E/360 ISDA")
    }
    assert days == {"30/360": 183, "30E/360": 182, "30/360 US": 180, "30E/360 ISDA": 180}


def test_the_last_day_of_a_bond_is_spared_by_30e_360_isda() -> None:
    start, end = date(2023, 8, 31), MATURITY
    assert float(year_fractions(start, end, "30E/360 ISDA", maturity=end)) * 360 == pytest.approx(179)
    assert float(year_fractions(start, end, "30E/360 ISDA")) * 360 == pytest.approx(180)


MONTH_ENDS = st.sampled_from(
    [date(y, m, 1) - timedelta(days=1) for y in range(1999, 2030) for m in (1, 3, 8)]
)
DATES = st.one_of(st.dates(date(1999, 1, 1), date(2029, 12, 31)), MONTH_ENDS)


@pytest.mark.parametrize("day_count", DAY_COUNTS)
@settings(max_examples=50)
@given(days=st.tuples(DATES, DATES))
def test_all_conventions_agree_with_quantlib(day_count: str, days: tuple[date, date]) -> None:
    start, end = min(days), max(days)
    expected = THEIRS[day_count].yearFraction(ql.Date.from_date(start), ql.Date.from_date(end))
    found = year_fractions(start, end, day_count, maturity=MATURITY)
    assert float(found) == pytest.approx(expected, abs=1e-12)


def test_arrays_of_dates_broadcast() -> None:
    ends = np.array(["2021-01-01", "2022-01-01"], dtype="datetime64[D]")
    assert year_fractions(date(2020, 1, 1), ends, "ACT/ACT ISDA").tolist() == [1.0, 2.0]
    assert year_fractions(date(2020, 1, 1), ends, "ACT/365F").tolist() == [366 / 365, 731 / 365]


def test_unknown_conventions_and_dates_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="'30/365' is none of"):
        year_fractions(date(2020, 1, 1), date(2021, 1, 1), "30/365")
    with pytest.raises(ValueError, match="ends before it starts"):
        year_fractions(date(2020, 1, 2), date(2020, 1, 1), "ACT/360")


@pytest.mark.parametrize("day_count", ["ACT/ACT ISDA", "ACT/ACT AFB"])
def test_the_year_2100_has_no_leap_day(day_count: str) -> None:
    assert float(year_fractions(date(2100, 1, 1), date(2100, 12, 31), day_count)) == pytest.approx(364 / 365)
    assert float(year_fractions(date(2096, 1, 1), date(2096, 12, 31), day_count)) == pytest.approx(365 / 366)
