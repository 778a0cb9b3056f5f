"""European option kernel: QuantLib, parity, order, and blocks that change nothing."""

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from analytics_platform.risk import options
from analytics_platform.risk.implied_volatility import VolatilityStatus, implied_volatility
from analytics_platform.risk.options import option_greeks, option_price

Terms = dict[str, ArrayLike]
RATES = st.floats(-0.05, 0.2)


@settings(max_examples=60)
@given(
    spot=st.floats(1.0, 1e4),
    strike=st.floats(1.0, 1e4),
    rate=RATES,
    dividend_yield=RATES,
    volatility=st.floats(0.0, 2.0),
    t_years=st.floats(0.0, 10.0),
)
def test_call_less_put_is_the_forward(  # noqa: PLR0913, PLR0917 - the terms of an option
    spot: float, strike: float, rate: float, dividend_yield: float, volatility: float, t_years: float
) -> None:
    call, put = option_price(
        is_call=[True, False],
        spot=spot,
        strike=strike,
        rate=rate,
        dividend_yield=dividend_yield,
        volatility=volatility,
        t_years=t_years,
    )
    forward = spot * np.exp(-dividend_yield * t_years) - strike * np.exp(-rate * t_years)
    assert call - put == pytest.approx(forward, abs=1e-11 * (spot + strike))


@settings(max_examples=60)
@given(
    is_call=st.booleans(),
    spot=st.floats(50.0, 200.0),
    volatility=st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 2.0)),
    strike=st.tuples(st.floats(50.0, 200.0), st.floats(50.0, 200.0)),
)
def test_prices_rise_with_volatility_and_with_the_side_of_the_strike(
    is_call: bool,  # noqa: FBT001 - filled in by name
    spot: float,
    volatility: tuple[float, float],
    strike: tuple[float, float],
) -> None:
    common = {"is_call": is_call, "spot": spot, "rate": 0.03, "dividend_yield": 0.01, "t_years": 0.8}
    calm, wild = option_price(strike=strike[0], volatility=sorted(volatility), **common)
    assert calm <= wild + 1e-12 * spot
    low, high = option_price(strike=sorted(strike), volatility=volatility[0], **common)
    assert (high <= low + 1e-12 * spot) if is_call else (low <= high + 1e-12 * spot)


@pytest.mark.parametrize("is_call", [True, False])
def test_price_and_greeks_agree_with_quantlib(is_call: bool) -> None:  # noqa: FBT001 - filled in by name
    spot, strike, rate, dividend, volatility, days = 930.0, 900.0, 0.08, 0.03, 0.2, 61
    today, counter = ql.Date(1, 3, 2013), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, dividend, counter)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, rate, counter)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), volatility, counter)),
    )
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if is_call else ql.Option.Put, strike)
    theirs = ql.VanillaOption(payoff, ql.EuropeanExercise(today + days))
    theirs.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    ours = option_greeks(
        is_call=is_call,
        spot=spot,
        strike=strike,
        rate=rate,
        dividend_yield=dividend,
        volatility=volatility,
        t_years=days / 365,
    )
    assert float(ours.price) == pytest.approx(theirs.NPV(), abs=1e-11)
    for name in ("delta", "gamma", "vega", "theta", "rho"):
        assert float(getattr(ours, name)) == pytest.approx(getattr(theirs, name)(), rel=1e-11), name


def test_blocks_change_no_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(2)
    shape = (13, 7)
    terms: Terms = {
        "is_call": chance.random((13, 1)) < 0.5,
        "spot": chance.uniform(50.0, 150.0, shape),
        "strike": 100.0,
        "rate": chance.uniform(0.0, 0.05, (1, 7)),
        "volatility": chance.uniform(0.0, 0.6, shape) * (chance.random(shape) < 0.8),
        "t_years": chance.uniform(-0.2, 1.0, (13, 1)),
    }
    whole = option_price(**terms)
    monkeypatch.setattr(options, "_BLOCK", 20)
    assert option_price(**terms).tolist() == whole.tolist()
    line = {name: np.broadcast_to(value, shape).ravel() for name, value in terms.items()}
    assert option_price(**line).tolist() == whole.ravel().tolist()
    assert (
        option_price(**{**line, "is_call": line["is_call"][:0]} | {k: v[:0] for k, v in line.items()}).size
        == 0
    )


def test_a_nan_stays_alone_and_hides_no_impossible_term() -> None:
    common = {"is_call": True, "strike": 100.0, "rate": 0.0, "t_years": 1.0}
    prices = option_price(spot=[np.nan, 100.0], volatility=0.2, **common)
    assert np.isnan(prices).tolist() == [True, False]
    cases: tuple[Terms, ...] = (
        {"spot": [np.nan, -1.0], "volatility": 0.2},
        {"spot": 1.0, "volatility": [np.nan, -0.1]},
    )
    for wrong in cases:
        with pytest.raises(ValueError, match="spot >= 0"):
            option_price(**wrong, **common)


def test_volatility_with_a_dividend_yield_is_bounded_by_the_discounted_spot() -> None:
    upper, lower = 100.0 * np.exp(-0.04), 100.0 * np.exp(-0.04) - 80.0 * np.exp(-0.01)
    terms = {"is_call": True, "spot": 100.0, "strike": 80.0, "rate": 0.01, "dividend_yield": 0.04}
    found = implied_volatility(price=[lower, lower + 1e-4, upper - 1e-2, upper], t_years=1.0, **terms)
    ok = VolatilityStatus.OK
    assert found.status.tolist() == [
        VolatilityStatus.NO_TIME_VALUE, ok, ok, VolatilityStatus.ABOVE_UPPER_BOUND,
    ]  # fmt: skip
    again = option_price(volatility=found.volatility[1:3], t_years=1.0, **terms)
    assert again == pytest.approx([lower + 1e-4, upper - 1e-2], abs=1e-11)


def test_an_expired_option_earns_nothing_and_a_worthless_share_has_no_slope() -> None:
    over = option_greeks(
        is_call=[True, False], spot=[110.0, 90.0], strike=100.0, rate=0.05, dividend_yield=0.02,
        volatility=0.2, t_years=0.0,
    )  # fmt: skip
    assert over.theta.tolist() == over.rho.tolist() == over.vega.tolist() == [0.0, 0.0]
    assert over.price.tolist() == [10.0, 10.0]
    dead = option_greeks(is_call=[True, False], spot=0.0, strike=50.0, rate=0.02, volatility=0.4, t_years=2.0)
    assert dead.delta.tolist() == [0.0, -1.0]
    assert dead.gamma.tolist() == dead.vega.tolist() == [0.0, 0.0]
