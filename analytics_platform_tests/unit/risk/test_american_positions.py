"""American options through the risk step: calibration, shocks, and prices that imply no volatility."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation

from analytics_platform.risk.american import american_price
from analytics_platform.risk.american_positions import AmericanGroup, calibrate_american_options
from analytics_platform.risk.inputs import OptionTerms, RiskInputs, Terms
from analytics_platform.risk.run import revalue
from analytics_platform.risk.scenarios import Shocks
from analytics_platform.risk.snapshot import DiscountCurve, Snapshot
from analytics_platform.risk.valuations import Valuation
from analytics_platform_tests.unit.risk.risk_results import N, row, run

SESSION, RATE, SPOT = date(2013, 3, 1), 0.04, 100.0
CURVE = DiscountCurve("UST_PAR", np.array([0.5, 1.0, 2.0]), np.full(3, RATE))
NOTHING = (0.0, 0.0, 0.0)


def _calibrated(
    options: list[tuple[bool, float, int, float]],
) -> tuple[list[Valuation], list[AmericanGroup]]:
    """Calibrate options on one share at 100, given as (is_call, strike, days, price)."""
    names = [f"OPT_{i}" for i in range(len(options))]
    terms = [
        Terms(
            name,
            "option",
            "USD",
            100.0,
            OptionTerms("EQ", is_call, strike, SESSION + timedelta(days), is_american=True),
        )
        for name, (is_call, strike, days, _price) in zip(names, options, strict=True)
    ]
    prices = np.array([*(price for *_terms, price in options), SPOT])
    columns = {name: i for i, name in enumerate([*names, "EQ"])}
    return calibrate_american_options(
        terms, Snapshot(SESSION, columns, {"USD": 0}, prices, np.ones(1), {"USD": CURVE}, has_market=True)
    )


def _shocks(n_instruments: int, *moves: tuple[float, float, float]) -> Shocks:
    """Shocks of spot (relative), rate and volatility (absolute), alike for all."""
    spot, rate, volatility = np.array(moves).T
    return Shocks(
        equity=np.tile(spot, (n_instruments, 1)),
        fx=np.zeros((1, len(moves))),
        zero_rates={"UST_PAR": np.tile(rate[:, None], 3)},
        volatility_factor=np.ones((1, 1)),
        volatility_shift=volatility[None, :],
    )


def _quantlib(is_call: bool, spot: float, strike: float, rate: float, volatility: float, days: int) -> float:  # noqa: FBT001, PLR0913, PLR0917 - an option has this many terms
    today, counter = ql.Date(1, 3, 2013), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, counter)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, rate, counter)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), volatility, counter)),
    )
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if is_call else ql.Option.Put, strike)
    option = ql.VanillaOption(payoff, ql.AmericanExercise(today, today + days))
    option.setPricingEngine(ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.accurateScheme()))
    return float(option.NPV())


def test_the_volatility_gives_back_the_price_by_quantlib() -> None:
    given = [(False, 110.0, 200, 0.3), (True, 95.0, 90, 0.2), (False, 80.0, 500, 0.5)]
    options = [(c, k, n, _quantlib(c, SPOT, k, RATE, v, n)) for c, k, n, v in given]
    valuations, (group,) = _calibrated(options)
    for valuation, (is_call, strike, days, volatility), (*_terms, price) in zip(
        valuations, given, options, strict=True
    ):
        assert valuation.status == "ok"
        assert valuation.implied_volatility == pytest.approx(volatility, abs=1e-8)
        assert valuation.model_price_local == pytest.approx(price, abs=1e-8)
        bumped = [_quantlib(is_call, SPOT * x, strike, RATE, volatility, days) for x in (1.01, 0.99)]
        assert valuation.delta == pytest.approx((bumped[0] - bumped[1]) / 2.0, abs=1e-6)
    assert group.value == pytest.approx([100.0 * price for *_terms, price in options], rel=1e-12)


def test_nothing_moves_nothing_and_a_corrected_spot_is_exact() -> None:
    price = float(american_price(is_call=False, spot=SPOT, strike=105, rate=RATE, volatility=0.3, days=200))
    _valuations, (group,) = _calibrated([(False, 105.0, 200, price)])
    moves = [NOTHING, (-0.2, 0.0, 0.0), (0.1, 0.0, 0.0)]
    expected = [
        _quantlib(
            is_call=False, spot=SPOT * (1.0 + move[0]), strike=105.0, rate=RATE, volatility=0.3, days=200
        )
        for move in moves
    ]
    assert group.values(_shocks(2, *moves))[0] == pytest.approx([100.0 * x for x in expected], abs=1e-5)


def test_shocked_values_are_as_near_to_the_exact_ones_as_the_documentation_says() -> None:
    chance = np.random.default_rng(5)
    n = 60
    strike, volatility = chance.uniform(80.0, 125.0, n), chance.uniform(0.12, 0.6, n)
    days = chance.integers(10, 366, n)
    price = american_price(
        is_call=False, spot=SPOT, strike=strike, rate=RATE, volatility=volatility, days=days
    )
    alive = np.flatnonzero(price > strike - SPOT + 1e-3)
    _valuations, (group,) = _calibrated(
        [(False, float(strike[i]), int(days[i]), float(price[i])) for i in alive]
    )
    moves = [
        (-0.25, -0.005, 0.1),
        (-0.07, 0.001, 0.0),
        (-0.03, 0.0, 0.02),
        (0.04, 0.0, 0.0),
        (0.25, 0.01, 0.0),
    ]
    spot, rate, shift = np.array(moves).T
    exact = american_price(
        is_call=False,
        spot=SPOT * (1.0 + spot),
        strike=strike[alive, None],
        rate=RATE + rate,
        volatility=volatility[alive, None] + shift,
        days=days[alive, None],
    )
    error = np.abs(group.values(_shocks(len(alive) + 1, *moves)) / 100.0 - exact)
    assert error.max() < 0.12
    assert np.median(error) < 0.003


@pytest.mark.parametrize(
    ("is_call", "strike", "price"),
    [(False, 160.0, 60.0), (False, 160.0, 59.99), (True, 50.0, 50.0), (True, 50.0, 50.4)],
    ids=["put", "put, a cent below", "call", "call below its forward"],
)
def test_a_price_at_the_value_of_exercise_is_taken_and_told(
    is_call: bool,  # noqa: FBT001 - filled in by name
    strike: float,
    price: float,
) -> None:
    (valuation,), (group,) = _calibrated([(is_call, strike, 90, price)])
    assert (valuation.status, valuation.implied_volatility) == ("warning", None)
    assert valuation.reason == "priced at its value if exercised: no implied volatility, zero is assumed"
    sign = 1.0 if is_call else -1.0
    assert valuation.delta == pytest.approx(sign, abs=1e-9)
    assert [valuation.gamma, valuation.vega] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert group.value.tolist() == [100.0 * price]
    here, fallen, risen = group.values(_shocks(2, NOTHING, (-0.1, 0.0, 0.0), (0.1, 0.0, 0.0)))[0]
    assert here == pytest.approx(100.0 * max(price, sign * (SPOT - strike)), rel=1e-12)
    # The price may be a cent a share from the value if exercised.
    assert [fallen - here, risen - here] == pytest.approx([-sign * 1000.0, sign * 1000.0], abs=1.01)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ((False, 160.0, 90, 58.0), "the option price 58 is not above the value 60 if exercised"),
        ((False, 90.0, 90, 0.0), "the option price 0 is not above the value 0 if exercised"),
        ((False, 90.0, 90, 90.0), "the option price is not below its upper arbitrage bound"),
        ((False, 100.0, 3, 99.0), "the implied volatility lies outside 0.001 to 8"),
    ],
    ids=["below exercise", "worthless", "too dear", "no volatility is that high"],
)
def test_a_price_without_a_value_says_why(option: tuple[bool, float, int, float], reason: str) -> None:
    (valuation,), groups = _calibrated([option])
    assert (valuation.status, valuation.reason, valuation.model) == ("missing", reason, "american_qdfp")
    assert groups == []


def test_on_the_day_of_expiry_it_is_its_intrinsic_value_and_needs_no_price() -> None:
    (valuation,), (group,) = _calibrated([(False, 105.0, 0, float("nan"))])
    assert (valuation.status, valuation.reason) == ("warning", "expires on this session: intrinsic value")
    assert group.value.tolist() == [500.0]
    assert group.values(_shocks(2, NOTHING, (0.1, 0.01, 0.1))).tolist() == [[500.0, 0.0]]


@pytest.fixture(scope="module")
def american(inputs: RiskInputs) -> RiskInputs:
    """Build inputs whose options are American; the put on B costs more than its value if exercised."""
    dear = pl.when(pl.col("instrument_id") == "OPT_B_PUT").then(60.0).otherwise("close_local")
    return replace(
        inputs,
        option_terms=inputs.option_terms.with_columns(exercise_style=pl.lit("american")),
        prices=inputs.prices.with_columns(close_local=dear),
    )


@pytest.fixture(scope="module")
def european(american: RiskInputs) -> RiskInputs:
    return replace(
        american, option_terms=american.option_terms.with_columns(exercise_style=pl.lit("european"))
    )


def test_calls_without_dividends_are_the_european_ones_and_puts_cost_less_volatility(
    european: RiskInputs, american: RiskInputs, dates: list[date]
) -> None:
    known, vectors = revalue(european, [dates[-1]], n_scenarios=N)
    found, own = revalue(american, [dates[-1]], n_scenarios=N)
    call, before = (row(frame, instrument_id="OPT_A_CALL") for frame in (found, known))
    assert call["implied_volatility"] == pytest.approx(before["implied_volatility"], abs=1e-8)
    assert call["model"] == "american_qdfp"
    pnl, expected = (row(x, instrument_id="OPT_A_CALL", currency="EUR")["unit_pnl"] for x in (own, vectors))
    assert pnl == pytest.approx(expected, abs=1e-5)
    put, before = (row(frame, instrument_id="OPT_B_PUT") for frame in (found, known))
    assert float(str(put["implied_volatility"])) < float(str(before["implied_volatility"]))


def test_every_result_of_the_risk_step_knows_american_options(
    european: RiskInputs, american: RiskInputs, dates: list[date]
) -> None:
    results, others = run(american, [dates[-1]]), run(european, [dates[-1]])
    for name, frame in results.items():
        assert len(frame) == len(others[name]), name
        if "status" in frame.columns:
            assert frame.filter(status="missing").is_empty(), name
    stress, before = (
        dict(r["stress_results"].filter(portfolio_id="OPTIONS").select("scenario_id", "pnl").iter_rows())
        for r in (results, others)
    )
    assert stress["crash"] == pytest.approx(before["crash"], rel=0.05)
    # A long put loses less by higher rates if it can be exercised before they cost it anything.
    assert before["rates"] < 0.98 * stress["rates"] < 0.0
