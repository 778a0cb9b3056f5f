"""An FX forward from its terms to its P&L explain, through dbt and the assets, against closed forms."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import exp, log, sin

import polars as pl
import pytest

from analytics_platform.defs.dbt import parse_project
from analytics_platform.storage.warehouse import DuckDBWarehouse
from analytics_platform.tables.risk_analysis import PNL_EXPLAINS
from analytics_platform_tests.defs.risk_chain import BEFORE, DAYS, LAST, N, deliver_frame, risk_results
from analytics_platform_tests.defs.small_warehouse import FIRST, PROJECT, Warehouse, instrument, position

pytestmark = pytest.mark.slow
SETTLEMENT, UNITS = date(2013, 9, 20), 5
EUROS, DOLLARS = 1_000.0, 1_310.0
EURO = {day: round(1.31 + 0.01 * sin(i), 5) for i, day in enumerate(DAYS)}
YIELDS = {
    "EUR_PAR": {day: round(0.01 + 0.001 * sin(2.0 * i), 6) for i, day in enumerate(DAYS)},
    "UST_PAR": {day: round(0.03 + 0.001 * sin(3.0 * i), 6) for i, day in enumerate(DAYS)},
}


def zero(curve: str, day: date) -> float:
    """Return the continuous zero rate of a flat par yield with half-yearly coupons."""
    return 2.0 * log(1.0 + YIELDS[curve][day] / 2.0)


def worth(day: date, euro: float, zeros: tuple[float, float]) -> float:
    """Present value in dollars of one unit, from the zero rates of the euro and the dollar."""
    years = (SETTLEMENT - day).days / 365.0
    received, paid = (exp(-rate * years) for rate in zeros)
    return EUROS * euro * received - DOLLARS * paid


def worth_on(day: date) -> float:
    return worth(day, EURO[day], (zero("EUR_PAR", day), zero("UST_PAR", day)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Deliver a book of one forward, cash, and a forward whose euro curve nobody quotes."""
    target = tmp_path_factory.mktemp("target")
    parse_project(PROJECT, target)
    parsed = (target / "partial_parse.msgpack").read_bytes()
    made = Warehouse(tmp_path_factory.mktemp("forwards"), target, parsed)
    span = (DAYS[0], LAST)
    deliver_frame(made)
    names = [("FORWARD", "fx_forward"), ("CASH_USD", "cash")]
    made.deliver("instruments", [instrument(*name) for name in names], FIRST)
    terms = {
        "instrument_id": "FORWARD",
        "bought_currency": "EUR",
        "bought_amount": Decimal(str(EUROS)),
        "bought_curve_id": "EUR_PAR",
        "sold_currency": "USD",
        "sold_amount": Decimal(str(DOLLARS)),
        "sold_curve_id": "UST_PAR",
        "settlement_date": SETTLEMENT,
    }
    made.deliver("fx_forward_terms", [terms], FIRST)
    fixings = [
        {"business_date": day, "base_currency": "EUR", "quote_currency": "USD", "rate": Decimal(str(rate))}
        for day, rate in EURO.items()
    ]
    made.deliver("fx_rates", fixings, FIRST, *span)
    quotes = [
        {
            "business_date": day,
            "curve_id": curve,
            "tenor": tenor,
            "quote_type": "par_yield",
            "rate": Decimal(str(rate)),
        }
        for curve, by_day in YIELDS.items()
        for day, rate in by_day.items()
        for tenor in ("6M", "1Y", "2Y")
    ]
    made.deliver("curve_quotes", quotes, FIRST, *span)
    book = (("FORWARD", str(UNITS)), ("CASH_USD", "9000"))
    made.deliver("positions", [position(day, *one) for day in (BEFORE, LAST) for one in book], FIRST, *span)
    fall = {"scenario_id": "EURO", "scenario_name": "Euro falls", "factor_type": "fx", "factor_id": "EUR"}
    made.deliver("stress_shifts", [{**fall, "shift_type": "relative", "shift": Decimal("-0.1")}], FIRST)
    return made


@pytest.fixture(scope="module")
def results(made: Warehouse) -> dict[str, pl.DataFrame]:
    return risk_results(made)


@pytest.fixture(scope="module")
def values(made: Warehouse, results: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return what the mart says of the positions, read after all else has run."""
    assert results
    return DuckDBWarehouse(made.folder / "warehouse.duckdb").read("marts.fct_position_values")


def test_the_mart_values_it_from_rates_and_curves(values: pl.DataFrame) -> None:
    found = values.filter(instrument_id="FORWARD").sort("business_date")
    assert found["status"].to_list() == ["ok", "ok"]
    expected = [UNITS * worth_on(day) for day in (BEFORE, LAST)]
    assert found["market_value_base"].cast(pl.Float64).to_list() == pytest.approx(expected, abs=1e-7)


def test_risk_and_mart_agree(results: dict[str, pl.DataFrame]) -> None:
    found = results["instrument_valuations"].filter(instrument_id="FORWARD").sort("business_date")
    assert found["model_price_local"].to_list() == pytest.approx(
        [worth_on(day) for day in (BEFORE, LAST)], abs=1e-8
    )
    assert found["status"].to_list() == ["ok", "ok"]


def test_each_scenario_moves_rate_and_both_curves(results: dict[str, pl.DataFrame]) -> None:
    found = results["scenario_pnl"].filter(instrument_id="FORWARD", business_date=LAST, currency="USD")
    expected = []
    for before, after in pairwise(DAYS[1:]):
        euro = EURO[LAST] * EURO[after] / EURO[before]
        received, paid = (
            zero(curve, LAST) + zero(curve, after) - zero(curve, before) for curve in ("EUR_PAR", "UST_PAR")
        )
        expected.append(worth(LAST, euro, (received, paid)) - worth_on(LAST))
    assert len(expected) == N
    assert found["unit_pnl"].to_list()[0] == pytest.approx(expected, abs=1e-6)


def test_stress_and_value_at_risk_know_it(results: dict[str, pl.DataFrame]) -> None:
    (pnl,) = results["stress_results"].filter(portfolio_id="BOOK", business_date=LAST)["pnl"].to_list()
    still = (zero("EUR_PAR", LAST), zero("UST_PAR", LAST))
    assert pnl == pytest.approx(UNITS * (worth(LAST, 0.9 * EURO[LAST], still) - worth_on(LAST)), abs=1e-6)
    metrics = results["risk_metrics"].filter(business_date=LAST)
    assert metrics["method"].n_unique() == 7
    assert metrics.filter(status="missing").is_empty()


def test_its_profit_is_the_change_of_its_value(results: dict[str, pl.DataFrame]) -> None:
    found = results["pnl_explains"].filter(instrument_id="FORWARD", business_date=LAST).row(0, named=True)
    change = UNITS * (worth_on(LAST) - worth_on(BEFORE))
    assert (found["pnl"], found["delta_pnl"]) == pytest.approx((change, change), abs=1e-6)
    assert sum(found[name] for name in PNL_EXPLAINS.columns if name.endswith("_pnl")) == pytest.approx(change)
