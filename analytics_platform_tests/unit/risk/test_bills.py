"""Treasury bills: the examples of 31 CFR 356 Appendix B, section VI, and what must hold between them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.risk.bills import (
    bill_discount_rate,
    bill_investment_rate,
    bill_money_market_yield,
    bill_price,
)


def test_the_price_is_the_published_one() -> None:
    """Section VI.A: issued 24 November 1989, due 22 February 1990, at 7.610 %."""
    assert float(bill_price(0.07610, 90)) == pytest.approx(98.097500, abs=5e-7)
    assert float(bill_discount_rate(98.0975, 90)) == pytest.approx(0.07610, abs=1e-12)
    # Section VI.C: a 26-week bill bought at 95.934567, printed as 8.042 %.
    assert float(bill_discount_rate(95.934567, 182)) == pytest.approx(0.08042, abs=5e-6)


@pytest.mark.parametrize(
    ("price", "days", "expected", "tolerance"),
    [
        # The published .080756 rounds (100 - P) / P to six decimals on the way.
        pytest.param(99.559444, 20, 0.080756, 2e-6, id="VI.D.1 cash management bill"),
        pytest.param(92.265000, 364, 0.082373244, 5e-9, id="VI.D.2 52-week bill"),
    ],
)
def test_investment_rates_are_the_published_ones(
    price: float, days: int, expected: float, tolerance: float
) -> None:
    assert float(bill_investment_rate(price, days)) == pytest.approx(expected, abs=tolerance)


@given(rate=st.floats(-0.01, 0.2), days=st.integers(1, 366), year=st.sampled_from([365, 366]))
def test_the_investment_rate_grows_the_price_to_the_face(rate: float, days: int, year: int) -> None:
    price = float(bill_price(rate, days))
    found = float(bill_investment_rate(price, days, days_a_year=year))
    if days <= year / 2:
        worth = price * (1.0 + found * days / year)
    else:
        worth = price * (1.0 + (days / year - 0.5) * found) * (1.0 + found / 2.0)
    assert worth == pytest.approx(100.0, abs=1e-10)


@given(rate=st.floats(0.0, 0.2), days=st.integers(1, 366))
def test_the_discount_rate_comes_back_and_understates_the_yield(rate: float, days: int) -> None:
    price = bill_price(rate, days)
    assert float(bill_discount_rate(price, days)) == pytest.approx(rate, abs=1e-12)
    assert float(bill_money_market_yield(price, days)) >= rate - 1e-12


def test_the_money_market_yield_by_hand() -> None:
    assert float(bill_money_market_yield(98.0, 90)) == pytest.approx(2.0 / 98.0 * 4.0, abs=1e-15)


def test_a_bill_without_days_is_refused_and_arrays_broadcast() -> None:
    for function in (bill_price, bill_discount_rate, bill_money_market_yield, bill_investment_rate):
        with pytest.raises(ValueError, match="days to maturity above 0"):
            function(0.05, [90, 0])
    assert bill_price([[0.05], [0.06]], np.array([30, 60, 90])).shape == (2, 3)
