"""Implied volatility: it gives back the price, or says why there is none."""

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation
from hypothesis import assume, given
from hypothesis import strategies as st

from analytics_platform.risk.implied_volatility import VolatilityStatus, implied_volatility
from analytics_platform.risk.options import option_greeks, option_price


@given(
    is_call=st.booleans(),
    strike=st.floats(20.0, 500.0),
    rate=st.floats(-0.02, 0.15),
    volatility=st.floats(0.01, 4.0),
    t_years=st.floats(1 / 365, 10.0),
)
def test_volatility_comes_back_from_the_price(
    is_call: bool,  # noqa: FBT001 - filled in by name
    strike: float,
    rate: float,
    volatility: float,
    t_years: float,
) -> None:
    terms = {"is_call": is_call, "spot": 100.0, "strike": strike, "rate": rate, "t_years": t_years}
    greeks = option_greeks(volatility=volatility, **terms)
    # What the price's last digit can tell about the volatility is 1e-14 * price / vega.
    assume(float(greeks.vega) > 1e-3)
    found = implied_volatility(price=greeks.price, **terms)
    assert found.status == VolatilityStatus.OK
    assert float(found.volatility) == pytest.approx(
        volatility, abs=1e-12 * (100 + strike) / float(greeks.vega)
    )
    again = option_price(volatility=found.volatility, **terms)
    assert float(again) == pytest.approx(float(greeks.price), abs=1e-13 * (100 + strike))


def test_volatilities_agree_with_quantlib() -> None:
    strikes = np.array([60.0, 90.0, 100.0, 115.0, 160.0])
    t, rate, forward = 0.75, 0.03, 100.0 * np.exp(0.03 * 0.75)
    discount = np.exp(-rate * t)
    expected = [0.35, 0.27, 0.22, 0.24, 0.31]
    prices = [
        ql.blackFormula(ql.Option.Call, k, forward, v * np.sqrt(t), discount)
        for k, v in zip(strikes.tolist(), expected, strict=True)
    ]
    found = implied_volatility(price=prices, is_call=True, spot=100.0, strike=strikes, rate=rate, t_years=t)
    assert found.status.tolist() == [VolatilityStatus.OK] * 5
    assert found.volatility == pytest.approx(expected, rel=1e-11)


def test_far_out_of_the_money_prices_keep_their_digits() -> None:
    terms = {"is_call": False, "spot": 100.0, "strike": 40.0, "rate": 0.01, "t_years": 0.25}
    price = option_price(volatility=0.5, **terms)
    assert float(price) < 1e-3
    assert float(implied_volatility(price=price, **terms).volatility) == pytest.approx(0.5, rel=1e-9)


def test_a_price_that_implies_nothing_says_why() -> None:
    nan = float("nan")
    cases = [
        (19.0, 100.0, 1.0, VolatilityStatus.NO_TIME_VALUE),  # below 120 - 100
        (120.5, 100.0, 1.0, VolatilityStatus.ABOVE_UPPER_BOUND),  # above the spot
        (0.0, 200.0, 1.0, VolatilityStatus.NO_TIME_VALUE),
        (-1.0, 200.0, 1.0, VolatilityStatus.NO_TIME_VALUE),
        (25.0, 100.0, 0.0, VolatilityStatus.EXPIRED),
        (nan, 100.0, 1.0, VolatilityStatus.NOT_A_NUMBER),
        (5.0, -1.0, 1.0, VolatilityStatus.NOT_A_NUMBER),
        (119.9, 100.0, 1e-3, VolatilityStatus.OUTSIDE_BRACKET),
        (25.0, 100.0, 1.0, VolatilityStatus.OK),
    ]
    price, strike, t_years, expected = (np.array(column) for column in zip(*cases, strict=True))
    found = implied_volatility(
        price=price, is_call=True, spot=120.0, strike=strike, rate=0.0, t_years=t_years
    )
    assert found.status.tolist() == expected.tolist()
    assert (np.isnan(found.volatility) == (found.status != VolatilityStatus.OK)).all()


def test_shapes_are_kept() -> None:
    found = implied_volatility(
        price=np.full((2, 3), 10.0), is_call=True, spot=100.0, strike=100.0, rate=0.0, t_years=1.0
    )
    assert found.volatility.shape == found.status.shape == (2, 3)
