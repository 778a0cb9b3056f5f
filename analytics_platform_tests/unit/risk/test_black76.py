"""Options on futures: published values, QuantLib, slopes, parity, implied volatility."""

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from analytics_platform.risk.black76 import (
    future_option_greeks,
    future_option_price,
    future_option_volatility,
)
from analytics_platform.risk.implied_volatility import VolatilityStatus

Terms = dict[str, ArrayLike]
TERMS = {"future": 95.0, "strike": 100.0, "rate": 0.04, "volatility": 0.3, "t_years": 0.7}


@pytest.mark.parametrize(
    ("is_call", "future", "strike", "rate", "volatility", "t_years", "expected", "tolerance"),
    [
        # Hull, OFOD, Black-76 put (prints 1.12).
        pytest.param(False, 20.0, 20.0, 0.09, 0.25, 4 / 12, 1.1166414565589449, 1e-10, id="hull put"),
        # Haug 1998 p. 24 (via the QuantLib test suite).
        pytest.param(True, 100.0, 100.0, 0.10, 0.25, 0.10, 3.1217, 1e-4, id="haug call"),
        pytest.param(False, 90.0, 100.0, 0.10, 0.15, 0.50, 10.3192, 1e-4, id="haug put"),
    ],
)
def test_prices_are_the_published_ones(  # noqa: PLR0913, PLR0917 - the columns of the table
    is_call: bool,  # noqa: FBT001 - filled in by name
    future: float,
    strike: float,
    rate: float,
    volatility: float,
    t_years: float,
    expected: float,
    tolerance: float,
) -> None:
    terms = {"future": future, "strike": strike, "rate": rate, "volatility": volatility, "t_years": t_years}
    assert float(future_option_price(is_call=is_call, **terms)) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("is_call", [True, False])
def test_price_and_greeks_agree_with_quantlib(is_call: bool) -> None:  # noqa: FBT001 - filled in by name
    years, deviation = TERMS["t_years"], TERMS["volatility"] * np.sqrt(TERMS["t_years"])
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if is_call else ql.Option.Put, TERMS["strike"])
    discount = float(np.exp(-TERMS["rate"] * years))
    theirs = ql.BlackCalculator(payoff, TERMS["future"], float(deviation), discount)
    ours = future_option_greeks(is_call=is_call, **TERMS)
    assert float(ours.price) == pytest.approx(theirs.value(), abs=1e-12)
    assert float(ours.delta) == pytest.approx(theirs.deltaForward(), abs=1e-13)
    assert float(ours.gamma) == pytest.approx(theirs.gammaForward(), abs=1e-13)
    assert float(ours.vega) == pytest.approx(theirs.vega(years), abs=1e-11)


@pytest.mark.parametrize("is_call", [True, False])
def test_greeks_are_the_slopes_of_the_price(is_call: bool) -> None:  # noqa: FBT001 - filled in by name
    def slope(name: str, h: float) -> float:
        up, down = (future_option_price(is_call=is_call, **{**TERMS, name: TERMS[name] + d}) for d in (h, -h))
        return float(up - down) / (2 * h)

    greeks = future_option_greeks(is_call=is_call, **TERMS)
    assert float(greeks.delta) == pytest.approx(slope("future", 1e-4), rel=1e-7)
    assert float(greeks.vega) == pytest.approx(slope("volatility", 1e-5), rel=1e-7)
    assert float(greeks.rho) == pytest.approx(slope("rate", 1e-5), rel=1e-7)
    assert float(greeks.theta) == pytest.approx(-slope("t_years", 1e-6), rel=1e-6)


@settings(max_examples=60)
@given(
    future=st.floats(1.0, 1e4),
    strike=st.floats(1.0, 1e4),
    rate=st.floats(-0.05, 0.2),
    volatility=st.floats(0.0, 2.0),
    t_years=st.floats(0.0, 10.0),
)
def test_call_less_put_is_the_discounted_distance(
    future: float, strike: float, rate: float, volatility: float, t_years: float
) -> None:
    call, put = future_option_price(
        is_call=[True, False], future=future, strike=strike, rate=rate, volatility=volatility, t_years=t_years
    )
    assert call - put == pytest.approx(
        np.exp(-rate * t_years) * (future - strike), abs=1e-11 * (future + strike)
    )


@settings(max_examples=40)
@given(
    is_call=st.booleans(),
    strike=st.floats(20.0, 500.0),
    rate=st.floats(-0.02, 0.15),
    volatility=st.floats(0.01, 3.0),
    t_years=st.floats(1 / 365, 5.0),
)
def test_volatility_comes_back_from_the_price(
    is_call: bool,  # noqa: FBT001 - filled in by name
    strike: float,
    rate: float,
    volatility: float,
    t_years: float,
) -> None:
    terms = {"is_call": is_call, "future": 100.0, "strike": strike, "rate": rate, "t_years": t_years}
    greeks = future_option_greeks(volatility=volatility, **terms)
    assume(float(greeks.vega) > 1e-3)
    found = future_option_volatility(price=greeks.price, **terms)
    assert found.status == VolatilityStatus.OK
    tolerance = 1e-12 * (100 + strike) / float(greeks.vega)
    assert float(found.volatility) == pytest.approx(volatility, abs=tolerance)


def test_bounds_are_those_of_the_discounted_future() -> None:
    discount = np.exp(-0.05 * 2.0)
    found = future_option_volatility(
        price=[20.0 * discount, 20.0 * discount + 1e-6, 120.0 * discount, 120.0 * discount - 1e-3],
        is_call=True,
        future=120.0,
        strike=100.0,
        rate=0.05,
        t_years=2.0,
    )
    assert found.status.tolist() == [
        VolatilityStatus.NO_TIME_VALUE,
        VolatilityStatus.OK,
        VolatilityStatus.ABOVE_UPPER_BOUND,
        VolatilityStatus.OK,
    ]


def test_at_the_end_and_without_volatility_only_intrinsic_value_is_left() -> None:
    terms: Terms = {"is_call": [True, False], "future": 110.0, "strike": 100.0, "rate": 0.05}
    assert future_option_price(volatility=0.3, t_years=0.0, **terms).tolist() == [10.0, 0.0]
    calm = future_option_price(volatility=0.0, t_years=1.0, **terms)
    assert calm == pytest.approx([10.0 * np.exp(-0.05), 0.0], abs=1e-13)
    late = future_option_greeks(volatility=0.3, t_years=-1.0, **terms)
    assert late.rho.tolist() == [0.0, 0.0]
    assert late.delta.tolist() == [1.0, 0.0]
