"""European option prices and Greeks: published values, limits, parity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.risk.options import option_greeks, option_price

PUBLISHED = [
    # Hull, OFOD, Black-Scholes-Merton example (prints 4.76 / 0.81).
    pytest.param(True, 42.0, 40.0, 0.10, 0.0, 0.20, 0.5, 4.759422392871532, 1e-12, id="hull call"),
    pytest.param(False, 42.0, 40.0, 0.10, 0.0, 0.20, 0.5, 0.8085993729000922, 1e-12, id="hull put"),
    # Hull, OFOD, index option (prints 51.83) and Black-76 put (prints 1.12).
    pytest.param(True, 930.0, 900.0, 0.08, 0.03, 0.20, 2 / 12, 51.83295679649086, 1e-10, id="hull index"),
    pytest.param(False, 20.0, 20.0, 0.09, 0.09, 0.25, 4 / 12, 1.1166414565589449, 1e-10, id="hull black-76"),
    # Haug 1998 p. 24 (via the QuantLib test suite).
    pytest.param(True, 100.0, 100.0, 0.10, 0.10, 0.25, 0.10, 3.1217, 1e-4, id="haug call"),
    pytest.param(False, 100.0, 100.0, 0.10, 0.10, 0.25, 0.10, 3.1217, 1e-4, id="haug put"),
    pytest.param(True, 90.0, 100.0, 0.10, 0.10, 0.15, 0.50, 0.8069, 1e-4, id="haug out of the money"),
    pytest.param(False, 90.0, 100.0, 0.10, 0.10, 0.15, 0.50, 10.3192, 1e-4, id="haug in the money"),
]


@pytest.mark.parametrize(
    ("is_call", "spot", "strike", "rate", "dividend_yield", "volatility", "t_years", "expected", "tolerance"),
    PUBLISHED,
)
def test_prices_are_the_published_ones(  # noqa: PLR0913, PLR0917 - the columns of the table
    is_call: bool,  # noqa: FBT001 - filled in by name
    spot: float,
    strike: float,
    rate: float,
    dividend_yield: float,
    volatility: float,
    t_years: float,
    expected: float,
    tolerance: float,
) -> None:
    price = option_price(
        is_call=is_call,
        spot=spot,
        strike=strike,
        rate=rate,
        dividend_yield=dividend_yield,
        volatility=volatility,
        t_years=t_years,
    )
    assert float(price) == pytest.approx(expected, abs=tolerance)


def test_greeks_are_the_published_ones() -> None:
    """Hull, OFOD, The Greek Letters (prints 2.40, 0.522, 0.066, 12.1, -4.31, 8.91)."""
    greeks = option_greeks(is_call=True, spot=49.0, strike=50.0, rate=0.05, volatility=0.20, t_years=20 / 52)
    assert float(greeks.price) == pytest.approx(2.4005273232717137, abs=1e-10)
    assert float(greeks.delta) == pytest.approx(0.5216046610663964, abs=1e-10)
    assert float(greeks.gamma) == pytest.approx(0.06554403934784439, abs=1e-10)
    assert float(greeks.vega) == pytest.approx(12.105479882628801, abs=1e-10)
    assert float(greeks.theta) == pytest.approx(-4.305329822932573, abs=1e-10)
    assert float(greeks.rho) == pytest.approx(8.906961949608348, abs=1e-10)


@pytest.mark.parametrize("is_call", [True, False])
def test_greeks_are_the_slopes_of_the_price(is_call: bool) -> None:  # noqa: FBT001 - filled in by name
    base = {
        "spot": 95.0,
        "strike": 100.0,
        "rate": 0.04,
        "dividend_yield": 0.02,
        "volatility": 0.3,
        "t_years": 0.7,
    }

    def slope(name: str, h: float) -> float:
        up, down = (option_price(is_call=is_call, **{**base, name: base[name] + d}) for d in (h, -h))
        return float(up - down) / (2 * h)

    greeks = option_greeks(is_call=is_call, **base)
    assert float(greeks.delta) == pytest.approx(slope("spot", 1e-4), rel=1e-7)
    assert float(greeks.vega) == pytest.approx(slope("volatility", 1e-5), rel=1e-7)
    assert float(greeks.rho) == pytest.approx(slope("rate", 1e-5), rel=1e-7)
    assert float(greeks.theta) == pytest.approx(-slope("t_years", 1e-5), rel=1e-7)
    up, down = (option_greeks(is_call=is_call, **{**base, "spot": 95.0 + d}).delta for d in (1e-4, -1e-4))
    assert float(greeks.gamma) == pytest.approx(float(up - down) / 2e-4, rel=1e-7)


@given(
    spot=st.floats(1.0, 500.0),
    strike=st.floats(1.0, 500.0),
    rate=st.floats(-0.02, 0.15),
    dividend_yield=st.floats(0.0, 0.1),
    volatility=st.floats(0.0, 2.0),
    t_years=st.floats(0.0, 5.0),
)
def test_call_less_put_is_the_forward(  # noqa: PLR0913, PLR0917 - the arguments of the formula
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
    assert call - put == pytest.approx(forward, abs=1e-12 * (spot + strike))


def test_expired_options_are_worth_their_intrinsic_value() -> None:
    prices = option_price(
        is_call=[True, True, False, False],
        spot=[110.0, 90.0, 110.0, 90.0],
        strike=100.0,
        rate=0.1,
        volatility=0.3,
        t_years=[0.0, 0.0, 0.0, -1.0],
    )
    assert prices.tolist() == [10.0, 0.0, 0.0, 10.0]


def test_without_volatility_the_forward_decides() -> None:
    common = {"spot": 100.0, "rate": 0.05, "t_years": 1.0, "volatility": 0.0}
    # The forward is 105.127: a call struck at 104 pays 1.127, discounted.
    assert float(option_price(is_call=True, strike=104.0, **common)) == pytest.approx(
        100.0 - 104.0 * np.exp(-0.05), abs=1e-12
    )
    assert float(option_price(is_call=True, strike=106.0, **common)) == 0.0
    greeks = option_greeks(is_call=True, strike=104.0, **common)
    assert (float(greeks.delta), float(greeks.gamma), float(greeks.vega)) == (1.0, 0.0, 0.0)


def test_a_worthless_underlying_leaves_a_put_its_discounted_strike() -> None:
    call, put = option_price(
        is_call=[True, False], spot=0.0, strike=50.0, rate=0.02, volatility=0.4, t_years=2.0
    )
    assert call == 0.0
    assert put == pytest.approx(50.0 * np.exp(-0.04), abs=1e-12)


def test_arguments_broadcast_against_each_other() -> None:
    prices = option_price(
        is_call=np.array([[True], [False]]),
        spot=np.array([90.0, 100.0, 110.0]),
        strike=100.0,
        rate=0.01,
        volatility=0.2,
        t_years=1.0,
    )
    assert prices.shape == (2, 3)
    assert np.all(np.diff(prices[0]) > 0)
    assert np.all(np.diff(prices[1]) < 0)


@pytest.mark.parametrize(
    "wrong", [{"spot": -1.0}, {"strike": 0.0}, {"volatility": -0.1}], ids=["spot", "strike", "volatility"]
)
def test_impossible_terms_are_refused(wrong: dict[str, float]) -> None:
    terms = {"spot": 100.0, "strike": 100.0, "rate": 0.01, "volatility": 0.2, "t_years": 1.0} | wrong
    with pytest.raises(ValueError, match="spot >= 0, strike > 0 and volatility >= 0"):
        option_price(is_call=True, **terms)


def test_an_option_that_ends_at_the_strike_has_half_a_delta() -> None:
    greeks = option_greeks(
        is_call=[True, False], spot=100.0, strike=100.0, rate=0.0, volatility=0.2, t_years=0.0
    )
    assert greeks.delta.tolist() == [0.5, -0.5]
    assert greeks.gamma.tolist() == greeks.vega.tolist() == greeks.theta.tolist() == [0.0, 0.0]
