"""An American put from its files to its P&L explain, through dbt and the assets of the risk step."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import log, sin

import polars as pl
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation

from analytics_platform.defs.dbt import parse_project
from analytics_platform.tables.risk_analysis import PNL_EXPLAINS
from analytics_platform_tests.defs.risk_chain import BEFORE, DAYS, LAST, N, deliver_frame, risk_results
from analytics_platform_tests.defs.small_warehouse import (
    FIRST,
    PROJECT,
    Warehouse,
    instrument,
    position,
    price,
)

pytestmark = pytest.mark.slow
EXPIRY, STRIKE, CONTRACTS, MULTIPLIER = date(2013, 9, 20), 105.0, -3, 100
CLOSES = {day: round(100.0 + 3.0 * sin(i), 2) for i, day in enumerate(DAYS)}
VOLATILITIES = {BEFORE: 0.25, LAST: 0.26}
PAR = Decimal("0.04")
RATE = 2.0 * log(1.02)
"""The continuous zero rate of a flat par yield of 4 % with half-yearly coupons."""


def exact(day: date, spot: float, volatility: float) -> float:
    """Price the put by QuantLib."""
    today, counter = ql.Date(day.day, day.month, day.year), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, counter)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, RATE, counter)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), volatility, counter)),
    )
    exercise = ql.AmericanExercise(today, ql.Date(EXPIRY.day, EXPIRY.month, EXPIRY.year))
    option = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Put, STRIKE), exercise)
    option.setPricingEngine(ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.accurateScheme()))
    return float(option.NPV())


PRICES = {day: round(exact(day, CLOSES[day], volatility), 8) for day, volatility in VOLATILITIES.items()}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Deliver the book, build the marts and materialise the risk step on the last two sessions."""
    target = tmp_path_factory.mktemp("target")
    parse_project(PROJECT, target)
    parsed = (target / "partial_parse.msgpack").read_bytes()
    made = Warehouse(tmp_path_factory.mktemp("american"), target, parsed)
    _deliver(made)
    return risk_results(made)


def _deliver(made: Warehouse) -> None:
    span = (DAYS[0], LAST)
    deliver_frame(made)
    put = {**instrument("PUT", "option"), "multiplier": Decimal(MULTIPLIER)}
    made.deliver("instruments", [instrument("STOCK", "equity"), put, instrument("CASH_USD", "cash")], FIRST)
    terms = {"instrument_id": "PUT", "underlying_instrument_id": "STOCK", "option_type": "put"}
    terms |= {"exercise_style": "american", "settlement_type": "physical"}
    made.deliver(
        "option_terms", [{**terms, "expiry_date": EXPIRY, "strike_local": Decimal(str(STRIKE))}], FIRST
    )
    own = [{**price(day, str(close)), "instrument_id": "PUT"} for day, close in PRICES.items()]
    stock = [price(day, str(close)) for day, close in CLOSES.items()]
    made.deliver("prices", [*stock, *own], FIRST, *span)
    held = [
        position(day, *one)
        for day in (BEFORE, LAST)
        for one in (("PUT", str(CONTRACTS)), ("CASH_USD", "9000"))
    ]
    made.deliver("positions", held, FIRST, *span)
    quotes = [
        {"business_date": day, "curve_id": "UST_PAR", "tenor": tenor, "quote_type": "par_yield", "rate": PAR}
        for day in DAYS
        for tenor in ("6M", "1Y", "2Y")
    ]
    made.deliver("curve_quotes", quotes, FIRST, *span)
    crash = {"scenario_id": "CRASH", "scenario_name": "Crash", "factor_type": "equity", "factor_id": "ALL"}
    made.deliver("stress_shifts", [{**crash, "shift_type": "relative", "shift": Decimal("-0.2")}], FIRST)


def test_the_volatility_of_the_delivered_price_is_found(results: dict[str, pl.DataFrame]) -> None:
    found = results["instrument_valuations"].filter(instrument_id="PUT").sort("business_date")
    assert found["model"].to_list() == ["american_qdfp"] * 2
    assert found["status"].to_list() == ["ok"] * 2
    assert found["implied_volatility"].to_list() == pytest.approx(list(VOLATILITIES.values()), abs=1e-7)
    spot = CLOSES[LAST]
    delta = (exact(LAST, 1.01 * spot, 0.26) - exact(LAST, 0.99 * spot, 0.26)) / (0.02 * spot)
    assert found["delta"][1] == pytest.approx(delta, abs=1e-6)


def test_each_scenario_is_near_the_exact_price_of_its_move(results: dict[str, pl.DataFrame]) -> None:
    own = (
        results["scenario_pnl"]
        .filter(instrument_id="PUT", business_date=LAST, currency="USD")
        .row(0, named=True)
    )
    assert own["unit_value"] == pytest.approx(MULTIPLIER * PRICES[LAST], rel=1e-9)
    closes = [CLOSES[day] for day in DAYS][-N - 1 :]
    moves = [after / before for before, after in pairwise(closes)]
    spot = CLOSES[LAST]
    expected = [MULTIPLIER * (exact(LAST, spot * move, 0.26) - PRICES[LAST]) for move in moves]
    assert own["n_scenarios"] == len(moves)
    assert own["unit_pnl"] == pytest.approx(expected, abs=MULTIPLIER * 0.01)


def test_a_crash_is_the_exact_price_after_it(results: dict[str, pl.DataFrame]) -> None:
    found = results["stress_results"].filter(portfolio_id="BOOK", business_date=LAST).row(0, named=True)
    after = exact(LAST, 0.8 * CLOSES[LAST], 0.26)
    assert found["pnl"] == pytest.approx(CONTRACTS * MULTIPLIER * (after - PRICES[LAST]), rel=1e-6)


def test_every_method_measures_the_book(results: dict[str, pl.DataFrame]) -> None:
    found = results["risk_metrics"].filter(business_date=LAST)
    assert found["method"].n_unique() == 7
    assert found.filter(status="missing").is_empty()
    at_risk = found.filter(metric="value_at_risk", confidence=0.95)
    assert at_risk.filter(pl.col("value") <= 0.0).is_empty()


def test_the_day_is_explained_by_the_greeks(results: dict[str, pl.DataFrame]) -> None:
    found = results["pnl_explains"].filter(instrument_id="PUT", business_date=LAST).row(0, named=True)
    change = CONTRACTS * MULTIPLIER * (PRICES[LAST] - PRICES[BEFORE])
    assert found["pnl"] == pytest.approx(change, abs=1e-4)
    parts = [found[name] for name in PNL_EXPLAINS.columns if name.endswith("_pnl")]
    assert sum(parts) == pytest.approx(found["pnl"], abs=1e-6)
    move = CLOSES[LAST] - CLOSES[BEFORE]
    slope = (exact(BEFORE, 1.01 * CLOSES[BEFORE], 0.25) - exact(BEFORE, 0.99 * CLOSES[BEFORE], 0.25)) / (
        0.02 * CLOSES[BEFORE]
    )
    assert found["delta_pnl"] == pytest.approx(CONTRACTS * MULTIPLIER * slope * move, rel=1e-4)
    assert abs(found["unexplained_pnl"]) < 0.05 * abs(change)
