"""The fast American price: QuantLib's engine of the same name, the exact price, bounds and blocks."""

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from analytics_platform.risk import american_approximation
from analytics_platform.risk.american import american_price
from analytics_platform.risk.american_approximation import approximate_american_price
from analytics_platform.risk.options import option_price

Terms = dict[str, ArrayLike]
N = 60


def _book() -> dict[str, np.ndarray]:
    chance = np.random.default_rng(3)
    return {
        "is_call": chance.random(N) < 0.5,
        "spot": chance.uniform(60.0, 150.0, N),
        "strike": np.full(N, 100.0),
        "rate": chance.uniform(0.01, 0.12, N),
        "dividend_yield": chance.uniform(0.01, 0.1, N),
        "volatility": chance.uniform(0.1, 0.6, N),
    }


DAYS = np.random.default_rng(4).integers(5, 700, N)


def test_prices_agree_with_quantlib() -> None:
    book, today, counter = _book(), ql.Date(1, 3, 2013), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    expected = []
    for row in range(N):
        spot, rate, dividend, volatility = (
            float(book[name][row]) for name in ("spot", "rate", "dividend_yield", "volatility")
        )
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(spot)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, dividend, counter)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, rate, counter)),
            ql.BlackVolTermStructureHandle(
                ql.BlackConstantVol(today, ql.NullCalendar(), volatility, counter)
            ),
        )
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if book["is_call"][row] else ql.Option.Put, 100.0)
        option = ql.VanillaOption(payoff, ql.AmericanExercise(today, today + int(DAYS[row])))
        option.setPricingEngine(ql.BaroneAdesiWhaleyApproximationEngine(process))
        expected.append(option.NPV())
    # QuantLib stops its search for the critical price at 1e-6 of the strike.
    assert approximate_american_price(t_years=DAYS / 365, **book) == pytest.approx(expected, abs=5e-5)


def test_errors_and_changes_are_as_the_documentation_says() -> None:
    book = _book()
    exact, fast = american_price(days=DAYS, **book), approximate_american_price(t_years=DAYS / 365, **book)
    is_short = (DAYS <= 365) & (exact > 0.5)
    error = np.abs(fast / exact - 1.0)[is_short]
    assert error.max() < 0.04
    assert np.median(error) < 2e-3
    shocked = {**book, "spot": book["spot"] * 0.9, "volatility": book["volatility"] + 0.05}
    change = approximate_american_price(t_years=DAYS / 365, **shocked) - fast
    assert np.abs(exact + change - american_price(days=DAYS, **shocked)).max() < 0.4


@given(
    is_call=st.booleans(),
    spot=st.floats(1.0, 400.0),
    rate=st.floats(-0.03, 0.2),
    dividend_yield=st.floats(-0.03, 0.2),
    volatility=st.floats(0.0, 2.0),
    t_years=st.floats(-1.0, 5.0),
)
@settings(max_examples=60)
def test_it_is_worth_at_least_exercise_now_and_at_the_end(  # noqa: PLR0913, PLR0917 - terms of an option
    is_call: bool,  # noqa: FBT001 - filled in by name
    spot: float,
    rate: float,
    dividend_yield: float,
    volatility: float,
    t_years: float,
) -> None:
    terms = {"is_call": is_call, "spot": spot, "strike": 100.0, "rate": rate, "t_years": t_years}
    terms |= {"dividend_yield": dividend_yield, "volatility": volatility}
    price = float(approximate_american_price(**terms))
    now = max(spot - 100.0 if is_call else 100.0 - spot, 0.0)
    assert price >= now
    assert price >= float(option_price(**terms)) - 1e-9
    if t_years <= 0.0:
        assert price == now


@pytest.mark.parametrize(("is_call", "names"), [(True, "dividend_yield"), (False, "rate")])
def test_where_waiting_costs_nothing_it_is_the_european_price(is_call: bool, names: str) -> None:  # noqa: FBT001 - filled in by name
    terms: Terms = {
        "is_call": is_call,
        "spot": [80.0, 120.0],
        "strike": 100.0,
        "rate": 0.05,
        "volatility": 0.3,
    }
    terms |= {"dividend_yield": 0.04, "t_years": 0.7, names: 0.0}
    assert approximate_american_price(**terms).tolist() == option_price(**terms).tolist()


def test_a_call_without_interest_still_converges() -> None:
    common = {"is_call": True, "spot": 120.0, "strike": 100.0, "dividend_yield": 0.08, "volatility": 0.25}
    near, zero = approximate_american_price(rate=[1e-9, 0.0], t_years=1.0, **common)
    assert zero == pytest.approx(near, abs=1e-6)
    assert zero > float(option_price(rate=0.0, t_years=1.0, **common)) + 0.5


def test_blocks_shapes_and_missing_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    book = _book()
    whole = approximate_american_price(t_years=DAYS / 365, **book)
    monkeypatch.setattr(american_approximation, "_BLOCK", 7)
    assert approximate_american_price(t_years=DAYS / 365, **book) == pytest.approx(whole, abs=1e-9)
    table = {name: value.reshape(6, 10) for name, value in book.items()}
    assert approximate_american_price(t_years=(DAYS / 365).reshape(6, 10), **table).shape == (6, 10)
    book["spot"][3] = np.nan
    found = approximate_american_price(t_years=DAYS / 365, **book)
    assert np.flatnonzero(np.isnan(found)).tolist() == [3]
