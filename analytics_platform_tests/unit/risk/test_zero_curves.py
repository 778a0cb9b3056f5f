"""Bootstrap of par curves, interpolation and moves of zero rates."""

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.risk.curves import (
    ZeroCurves,
    bootstrap_par_curves,
    discount_factors,
    tenor_years,
    zero_rate_moves,
)

TENORS = ("1M", "3M", "6M", "1Y", "2Y", "3Y", "5Y", "7Y", "10Y", "20Y", "30Y")
TIMES = np.array([tenor_years(tenor) for tenor in TENORS])
# US Treasury par yields (public domain): a steep curve, and an inverted one.
MARCH_2013 = [0.0007, 0.0011, 0.0012, 0.0016, 0.0025, 0.0035, 0.0075, 0.0123, 0.0186, 0.0268, 0.0306]
STEEP_AND_INVERTED = np.array(
    [MARCH_2013, [0.0524, 0.0512, 0.0516, 0.05, 0.0488, 0.0475, 0.0468, 0.0468, 0.047, 0.0491, 0.0481]]
)


def quantlib_discounts(yields: list[float], times: list[float]) -> list[float]:
    """Discount factors by QuantLib on whole months, 30 days a month."""
    today, counter, calendar = ql.Date(1, 3, 2013), ql.SimpleDayCounter(), ql.NullCalendar()
    ql.Settings.instance().evaluationDate = today
    month_end = False
    helpers = []
    for tenor, rate in zip(TENORS, yields, strict=True):
        period = ql.Period(tenor)
        if tenor_years(tenor) <= 0.5:
            helper = ql.DepositRateHelper(rate, period, 0, calendar, ql.Unadjusted, month_end, counter)
        else:
            schedule = ql.MakeSchedule(today, today + period, ql.Period(6, ql.Months), backwards=True)
            par = ql.QuoteHandle(ql.SimpleQuote(100.0))
            helper = ql.FixedRateBondHelper(par, 0, 100.0, schedule, [rate], counter)
        helpers.append(helper)
    curve = ql.PiecewiseLogLinearDiscount(today, helpers, counter)
    return [curve.discount(t) for t in times]


@pytest.mark.parametrize("row", [0, 1], ids=["steep", "inverted"])
def test_discount_factors_agree_with_quantlib(row: int) -> None:
    curves = bootstrap_par_curves(TIMES, STEEP_AND_INVERTED)
    times = np.array([0.01, *TIMES, 0.3, 4.2, 8.0, 14.5, 29.9])
    ours = discount_factors(TIMES, curves.zero_rates[row], times)
    theirs = quantlib_discounts(STEEP_AND_INVERTED[row].tolist(), times.tolist())
    assert ours == pytest.approx(theirs, abs=1e-10)


@given(st.lists(st.floats(-0.005, 0.15), min_size=len(TENORS), max_size=len(TENORS)))
def test_a_curve_gives_back_the_quotes_it_was_made_of(yields: list[float]) -> None:
    curves = bootstrap_par_curves(TIMES, np.array([yields]))
    if not curves.is_ok[0]:
        assert np.isnan(curves.zero_rates).all()
        return
    for t, y in zip(TIMES.tolist(), yields, strict=True):
        if t <= 0.5:
            par = (1.0 + y * t) * discount_factors(TIMES, curves.zero_rates[0], np.array([t]))[0]
        else:
            coupons = discount_factors(TIMES, curves.zero_rates[0], np.arange(1, round(2 * t) + 1) / 2)
            par = 0.5 * y * coupons.sum() + coupons[-1]
        assert par == pytest.approx(1.0, abs=1e-12)


def test_a_flat_curve_by_hand() -> None:
    # 4 % semi-annual at all tenors from six months on: the discount factor of t is 1.02 ** -2t.
    times = np.array([0.5, 1.0, 2.0, 5.0])
    curves = bootstrap_par_curves(times, np.full((1, 4), 0.04))
    assert curves.zero_rates[0] == pytest.approx(np.full(4, 2 * np.log(1.02)), abs=1e-14)


def test_tenors_without_a_quote_are_skipped_on_that_date() -> None:
    yields = np.vstack([STEEP_AND_INVERTED[0]] * 3)
    yields[1, [0, 9, 10]] = np.nan
    yields[2] = np.nan
    curves = bootstrap_par_curves(TIMES, yields)
    quoted = [1, 2, 3, 4, 5, 6, 7, 8]
    alone = bootstrap_par_curves(TIMES[quoted], yields[1:2, quoted])
    assert curves.is_ok.tolist() == [True, True, False]
    assert np.isnan(curves.zero_rates[2]).all()
    assert curves.zero_rates[1, quoted] == pytest.approx(alone.zero_rates[0], abs=1e-15)
    # Beyond the last quote the zero rate is flat, before the first one too.
    assert curves.zero_rates[1, 10] == pytest.approx(alone.zero_rates[0, -1], abs=1e-15)
    assert curves.zero_rates[1, 0] == pytest.approx(alone.zero_rates[0, 0], abs=1e-15)
    probe = np.array([0.02, 1.7, 9.0, 15.0, 40.0])
    assert discount_factors(TIMES, curves.zero_rates[1], probe) == pytest.approx(
        discount_factors(TIMES[quoted], alone.zero_rates[0], probe), abs=1e-15
    )


def test_quotes_that_admit_no_curve_give_a_status_and_no_numbers() -> None:
    # Coupons of 60 % a year up to year five are worth more than par before the last one is paid.
    times = np.array([0.5, 1.0, 5.0])
    curves = bootstrap_par_curves(times, np.array([[0.001, 0.001, 0.60], [0.001, 0.001, 0.02]]))
    assert curves.is_ok.tolist() == [True, True]
    impossible = bootstrap_par_curves(times, np.array([[-2.5, 0.01, 0.02], [0.0, 2.5, 0.02]]))
    assert impossible.is_ok.tolist() == [False, False]
    assert np.isnan(impossible.zero_rates).all()


def test_discount_factors_are_log_linear_between_nodes_by_hand() -> None:
    times, rates = np.array([1.0, 3.0]), np.array([0.02, 0.04])
    factors = discount_factors(times, rates, np.array([0.0, 0.5, 2.0, 6.0]))
    # ln: 0; half of 0.02; midway between 0.02 and 0.12; 6 years at 4 %.
    assert np.log(factors) == pytest.approx([0.0, -0.01, -0.07, -0.24], abs=1e-15)


def test_a_tenor_that_starts_to_be_quoted_is_no_move_of_the_market() -> None:
    times = np.array([1.0, 2.0, 10.0])
    yields = np.array([[0.01, 0.02, np.nan], [0.011, 0.022, 0.05], [0.011, np.nan, 0.051], [np.nan] * 3])
    moves, is_filled = zero_rate_moves(bootstrap_par_curves(times, yields))
    assert np.isnan(moves[0]).all()
    assert moves[1, 2] == moves[1, 1]
    assert is_filled.tolist() == [
        [False] * 3,
        [False, False, True],
        [False, True, False],
        [False] * 3,
    ]
    # Between two quoted nodes the move is interpolated in time: a ninth of the way from 1 to 10 years.
    assert moves[2, 1] == pytest.approx(moves[2, 0] + (moves[2, 2] - moves[2, 0]) / 9, abs=1e-16)
    assert np.isnan(moves[3]).all()


def test_dates_that_share_no_quoted_tenor_have_no_move() -> None:
    rates = np.full((2, 2), 0.01)
    quoted = np.array([[True, False], [False, True]])
    moves, is_filled = zero_rate_moves(
        ZeroCurves(np.array([1.0, 2.0]), rates, quoted, np.array([True, True]))
    )
    assert np.isnan(moves).all()
    assert not is_filled.any()


@pytest.mark.parametrize("tenor", ["", "Y", "1", "1Q", "1.5Y"])
def test_a_tenor_that_cannot_be_read_is_refused(tenor: str) -> None:
    with pytest.raises(ValueError, match="tenor"):
        tenor_years(tenor)


@pytest.mark.parametrize(
    "times", [[0.0, 1.0], [2.0, 1.0], [0.5, 0.75]], ids=["zero", "descending", "no whole half years"]
)
def test_tenors_that_make_no_par_curve_are_refused(times: list[float]) -> None:
    with pytest.raises(ValueError, match="tenors"):
        bootstrap_par_curves(np.array(times), np.zeros((1, 2)))
