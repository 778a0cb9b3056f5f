"""American options: published values, QuantLib's engines, bounds, Greeks and the way back."""

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation
from numpy.typing import ArrayLike

from analytics_platform.risk.american import american_greeks, american_implied_volatility, american_price
from analytics_platform.risk.implied_volatility import VolatilityStatus
from analytics_platform.risk.options import option_greeks, option_price

PUT: dict[str, ArrayLike] = {
    "is_call": False,
    "spot": 95.0,
    "strike": 100.0,
    "rate": 0.06,
    "volatility": 0.3,
    "days": 200,
}


@pytest.mark.parametrize(
    ("spot", "expected"), [(80.0, 0.219), (90.0, 1.386), (100.0, 4.783), (110.0, 11.098), (120.0, 20.0)]
)
def test_calls_on_a_share_with_dividends_are_the_published_ones(spot: float, expected: float) -> None:
    """Ju (1999), true values for strike 100, rate 3 %, yield 7 %, volatility 20 %, half a year (QuantLib)."""
    halves = american_price(
        is_call=True, spot=spot, strike=100.0, rate=0.03, dividend_yield=0.07, volatility=0.2, days=[182, 183]
    )
    assert float(halves.mean()) == pytest.approx(expected, abs=6e-4)


def test_prices_agree_with_finite_differences() -> None:
    today, counter = ql.Date(1, 3, 2013), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(95.0)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, 0.02, counter)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, 0.06, counter)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), 0.3, counter)),
    )
    for is_call, kind in ((True, ql.Option.Call), (False, ql.Option.Put)):
        theirs = ql.VanillaOption(ql.PlainVanillaPayoff(kind, 100.0), ql.AmericanExercise(today, today + 200))
        theirs.setPricingEngine(ql.FdBlackScholesVanillaEngine(process, 1_000, 400))
        ours = american_price(**{**PUT, "is_call": is_call}, dividend_yield=0.02)
        assert float(ours) == pytest.approx(theirs.NPV(), abs=1e-3)
    assert ql.Settings.instance().evaluationDate == today


def test_without_reason_to_exercise_early_it_is_the_european_price() -> None:
    terms: dict[str, ArrayLike] = {
        "is_call": [True, False],
        "spot": 95.0,
        "strike": 100.0,
        "rate": [0.06, 0.0],
        "volatility": 0.3,
    }
    european = option_price(t_years=200 / 365, **terms)
    assert american_price(days=200, **terms) == pytest.approx(european, abs=1e-9)


def test_the_ends_of_the_range_are_intrinsic() -> None:
    late: dict[str, ArrayLike] = {**PUT, "days": [0, -3], "is_call": [False, True]}
    assert american_price(**late).tolist() == [5.0, 0.0]
    assert float(american_price(**{**PUT, "spot": 0.0})) == 100.0
    # A sure share that grows with the rate: a put is exercised at once, a call at the end.
    calm = american_price(**{**PUT, "volatility": 0.0, "is_call": [False, True], "spot": [95.0, 110.0]})
    assert calm == pytest.approx([5.0, 110.0 - 100.0 * np.exp(-0.06 * 200 / 365)], abs=1e-12)
    deep = american_price(**{**PUT, "spot": 20.0})
    assert float(deep) == 80.0


def test_what_has_no_price_is_nan_or_refused() -> None:
    assert np.isnan(american_price(**{**PUT, "rate": np.nan}))
    # A put with rate below zero and dividend yield below it has two exercise boundaries.
    assert np.isnan(american_price(**{**PUT, "rate": -0.01}, dividend_yield=-0.05))
    for wrong in ({"spot": -1.0}, {"strike": 0.0}, {"volatility": -0.1}):
        with pytest.raises(ValueError, match="spot >= 0"):
            american_price(**{**PUT, **wrong})
    with pytest.raises(TypeError, match="whole numbers"):
        american_price(**{**PUT, "days": 0.5})


def test_greeks_are_those_of_the_european_option_where_it_is_one() -> None:
    terms = {"is_call": True, "spot": 95.0, "strike": 100.0, "rate": 0.06, "volatility": 0.3}
    ours, theirs = american_greeks(days=200, **terms), option_greeks(t_years=200 / 365, **terms)
    for name, tolerance in (
        ("price", 1e-9), ("delta", 1e-4), ("gamma", 1e-3), ("vega", 1e-5), ("theta", 5e-3), ("rho", 1e-5)
    ):  # fmt: skip
        assert float(getattr(ours, name)) == pytest.approx(float(getattr(theirs, name)), rel=tolerance), name


def test_greeks_of_an_exercised_and_an_expired_option() -> None:
    deep = american_greeks(**{**PUT, "spot": 20.0})
    assert float(deep.delta) == pytest.approx(-1.0, abs=1e-12)
    assert float(deep.gamma) == pytest.approx(0.0, abs=1e-10)
    assert (float(deep.vega), float(deep.rho)) == (0.0, 0.0)
    assert float(deep.theta) == 0.0
    over = american_greeks(
        is_call=[True, True, True, False], spot=[99.0, 100.0, 101.0, 99.0], strike=100.0, rate=0.05,
        volatility=0.2, days=0,
    )  # fmt: skip
    assert over.delta.tolist() == [0.0, 0.5, 1.0, -1.0]
    assert over.theta.tolist() == over.vega.tolist() == over.gamma.tolist() == over.rho.tolist() == [0.0] * 4


@pytest.mark.parametrize("volatility", [0.05, 0.3, 1.5])
def test_volatility_comes_back_from_the_price(volatility: float) -> None:
    terms: dict[str, ArrayLike] = {
        "is_call": [False, True],
        "spot": 99.0,
        "strike": 100.0,
        "rate": 0.03,
        "days": 150,
    }
    price = american_price(volatility=volatility, dividend_yield=0.02, **terms)
    found = american_implied_volatility(price=price, dividend_yield=0.02, **terms)
    assert found.status.tolist() == [VolatilityStatus.OK] * 2
    assert found.volatility == pytest.approx([volatility] * 2, abs=1e-6)


def test_a_price_that_implies_nothing_says_why() -> None:
    cases = [
        (5.0, 95.0, 200, VolatilityStatus.NO_TIME_VALUE),
        (4.0, 95.0, 200, VolatilityStatus.NO_TIME_VALUE),
        (100.0, 95.0, 200, VolatilityStatus.ABOVE_UPPER_BOUND),
        (6.0, 95.0, 0, VolatilityStatus.EXPIRED),
        (np.nan, 95.0, 200, VolatilityStatus.NOT_A_NUMBER),
        (6.0, -1.0, 200, VolatilityStatus.NOT_A_NUMBER),
        (99.9999, 95.0, 1, VolatilityStatus.OUTSIDE_BRACKET),
        (6.0, 95.0, 200, VolatilityStatus.OK),
    ]
    price, spot, days, expected = zip(*cases, strict=True)
    found = american_implied_volatility(
        price=price, is_call=False, spot=spot, strike=100.0, rate=0.03, days=np.array(days)
    )
    assert found.status.tolist() == list(expected)
    assert (np.isnan(found.volatility) == (found.status != VolatilityStatus.OK)).all()
