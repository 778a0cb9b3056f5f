"""FX forwards through the risk step: values and P&L by QuantLib's curves, deltas, stress, and refusals."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from math import exp

import numpy as np
import polars as pl
import pytest

from analytics_platform.risk.factor_model import base_deltas, factor_model, local_deltas
from analytics_platform.risk.inputs import RiskInputs, instrument_terms
from analytics_platform.risk.market import market_history
from analytics_platform.risk.run import revalue, stress
from analytics_platform.risk.scenarios import historical_scenarios
from analytics_platform.risk.snapshot import market_snapshot
from analytics_platform.risk.unit_pnl import base_pnl, no_shocks
from analytics_platform.risk.valuation import value_session
from analytics_platform_tests.unit.risk.risk_results import N, row, run, without
from analytics_platform_tests.unit.risk.test_revaluation_against_quantlib import discount, par_curve

EUROS, DOLLARS = 1_000.0, 1_320.0
DAYS_LEFT = 200
FORWARDS = ("FWD", "FWD_IN_POUNDS")


@pytest.fixture(scope="module")
def forwards(inputs: RiskInputs, dates: list[date]) -> RiskInputs:
    """Build inputs with a forward of euros for dollars, valued in dollars, and the same in pounds."""
    terms = pl.DataFrame(
        {
            "instrument_id": FORWARDS,
            "bought_currency": "EUR",
            "bought_amount": EUROS,
            "bought_curve_id": "EUR_PAR",
            "sold_currency": "USD",
            "sold_amount": DOLLARS,
            "sold_curve_id": "UST_PAR",
            "settlement_date": dates[-1] + timedelta(DAYS_LEFT),
        }
    )
    own = pl.DataFrame(
        [("FWD", "fx_forward", "USD", 1.0), ("FWD_IN_POUNDS", "fx_forward", "GBP", 10.0)],
        schema=inputs.instruments.schema,
        orient="row",
    )
    held = pl.DataFrame(
        [(day, portfolio, name, quantity) for day in dates[-2:] for portfolio, name, quantity in
         (("EQ_US", "FWD", 10.0), ("EQ_EUR", "FWD", -4.0), ("EQ_EUR", "FWD_IN_POUNDS", 3.0))],
        schema=inputs.holdings.schema,
        orient="row",
    )  # fmt: skip
    # Rates of the euro that move against those of the dollar.
    euros = inputs.curve_quotes.with_columns(curve_id=pl.lit("EUR_PAR"), rate=0.03 - 0.6 * pl.col("rate"))
    return replace(
        inputs,
        instruments=pl.concat([inputs.instruments, own]),
        holdings=pl.concat([inputs.holdings, held]),
        curve_quotes=pl.concat([inputs.curve_quotes, euros]),
        fx_forward_terms=terms,
    )


def _curves(inputs: RiskInputs, day: date) -> dict[str, dict[float, float]]:
    """Zero rates by QuantLib of both curves on a day."""
    return {
        name: par_curve(inputs.curve_quotes.filter(pl.col("curve_id") == name), day)
        for name in ("EUR_PAR", "UST_PAR")
    }


def _rates(inputs: RiskInputs, day: date) -> dict[str, float]:
    rows = inputs.fx.filter(business_date=day).select("currency", "rate_to_usd").iter_rows()
    return dict(rows)


def _worth(zeros: dict[str, dict[float, float]], euro: float) -> float:
    """Value of the forward in dollars by QuantLib's discount factors."""
    t = DAYS_LEFT / 365.0
    return EUROS * discount(zeros["EUR_PAR"], t) * euro - DOLLARS * discount(zeros["UST_PAR"], t)


def test_values_and_every_scenario_are_those_of_quantlibs_curves(
    forwards: RiskInputs, dates: list[date]
) -> None:
    found, vectors = revalue(forwards, [dates[-1]], n_scenarios=N)
    zeros, rates = _curves(forwards, dates[-1]), _rates(forwards, dates[-1])
    worth = _worth(zeros, rates["EUR"])
    valued = row(found, instrument_id="FWD")
    assert (valued["status"], valued["model"]) == ("ok", "discounted_cash_flows")
    assert valued["model_price_local"] == pytest.approx(worth, abs=1e-8 * DOLLARS)
    in_pounds = row(found, instrument_id="FWD_IN_POUNDS")["model_price_local"]
    assert in_pounds == pytest.approx(worth / rates["GBP"], abs=1e-8 * DOLLARS)
    days = dates[-N - 1 :]
    dollars, euros = [], []
    for before, after in pairwise(days):
        old, new = _curves(forwards, before), _curves(forwards, after)
        moved = {
            name: {t: rate + new[name][t] - old[name][t] for t, rate in own.items()}
            for name, own in zeros.items()
        }
        was, now = _rates(forwards, before), _rates(forwards, after)
        euro = rates["EUR"] * now["EUR"] / was["EUR"]
        dollars.append(_worth(moved, euro) - worth)
        euros.append(_worth(moved, euro) / euro - worth / rates["EUR"])
    for name, units in zip(FORWARDS, (1.0, 10.0), strict=True):
        for currency, expected in (("USD", dollars), ("EUR", euros)):
            vector = row(vectors, instrument_id=name, currency=currency)
            assert vector["unit_pnl"] == pytest.approx(
                [units * x for x in expected], abs=1e-8 * units * DOLLARS
            )


def test_the_deltas_are_what_a_small_move_of_each_factor_brings(
    forwards: RiskInputs, dates: list[date]
) -> None:
    terms = instrument_terms(forwards, [*FORWARDS, "CASH_EUR", "EQ_A", "BOND_2"])
    market = market_history(forwards, terms, [dates[-1]], n_scenarios=N)
    snapshot = market_snapshot(market, dates[-1], forwards.discount_curves)
    book = value_session(terms, list(terms), snapshot)
    scenarios = historical_scenarios(market, len(market.dates) - 1, N)
    model = factor_model(book, snapshot, scenarios, ["EUR", "USD"])
    local = local_deltas(model, book, scenarios.shocks)
    size = 1e-5
    each = size * np.eye(model.moves.shape[1])
    assert (len(model.currencies), sorted(model.nodes)) == (2, ["EUR_PAR", "UST_PAR"])
    today = book.unit_values(no_shocks(scenarios.shocks))
    for currency in ("EUR", "USD"):
        deltas, is_lost = base_deltas(model, book, snapshot, local, currency)
        assert not is_lost.any()
        up, down = (
            base_pnl(book, snapshot, shocks, currency, (today, book.unit_values(shocks)))[1]
            for shocks in (model.shocks(move, scenarios.shocks) for move in (each, -each))
        )
        assert deltas.toarray() == pytest.approx((up - down) / (2.0 * size), rel=1e-6, abs=1e-2)


def test_stress_moves_both_currencies_and_both_curves(forwards: RiskInputs, dates: list[date]) -> None:
    only = forwards.holdings.filter(pl.col("instrument_id") == "FWD")
    shifts = [("euro", "fx", "EUR", "relative", -0.1), ("foreign", "fx", "ALL", "relative", -0.1)]
    shifts += [("up", "rate", "ALL", "absolute", 0.01), ("up_euro", "rate", "EUR_PAR", "absolute", 0.01)]
    table = pl.DataFrame(shifts, schema=forwards.stress_shifts.columns[:5], orient="row").with_columns(
        scenario_name=pl.col("scenario_id")
    )
    results = stress(replace(forwards, holdings=only, stress_shifts=table), [dates[-1]])
    zeros, euro = _curves(forwards, dates[-1]), _rates(forwards, dates[-1])["EUR"]
    t = DAYS_LEFT / 365.0
    bought, sold = EUROS * euro * discount(zeros["EUR_PAR"], t), DOLLARS * discount(zeros["UST_PAR"], t)
    later = exp(-0.01 * t)
    expected = {
        ("EQ_US", "euro"): 10.0 * -0.1 * bought,
        ("EQ_US", "foreign"): 10.0 * -0.1 * bought,
        ("EQ_US", "up"): 10.0 * (later - 1.0) * (bought - sold),
        ("EQ_US", "up_euro"): 10.0 * (later - 1.0) * bought,
        # In euros: the dollar is dearer where the euro falls, and falls where all but the euro do.
        ("EQ_EUR", "euro"): -4.0 * -sold * (1.0 / 0.9 - 1.0) / euro,
        ("EQ_EUR", "foreign"): -4.0 * -sold * (0.9 - 1.0) / euro,
        ("EQ_EUR", "up_euro"): -4.0 * (later - 1.0) * bought / euro,
    }
    for (portfolio, scenario), pnl in expected.items():
        found = row(results, portfolio_id=portfolio, scenario_id=scenario)
        assert found["pnl"] == pytest.approx(pnl, rel=1e-7), (portfolio, scenario)


def test_every_result_of_the_risk_step_knows_forwards(forwards: RiskInputs, dates: list[date]) -> None:
    for name, frame in run(forwards, [dates[-1]]).items():
        assert not frame.is_empty(), name
        if "status" in frame.columns:
            assert frame.filter(status="missing").is_empty(), name


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sold_curve_id": "GONE"}, "no curve GONE, which discounts USD"),
        ({"bought_currency": "JPY"}, "no exchange rate of JPY"),
        ({"settlement_date": date(2013, 2, 1)}, "settled on 2013-02-01 but is still held"),
    ],
    ids=["curve", "rate", "settled"],
)
def test_a_forward_without_a_value_says_why(
    forwards: RiskInputs, dates: list[date], change: dict[str, object], reason: str
) -> None:
    terms = forwards.fx_forward_terms.with_columns(**{name: pl.lit(value) for name, value in change.items()})
    found, vectors = revalue(replace(forwards, fx_forward_terms=terms), [dates[-1]], n_scenarios=N)
    one = row(found, instrument_id="FWD")
    assert (one["status"], one["reason"]) == ("missing", reason)
    assert row(vectors, instrument_id="FWD", currency="USD")["unit_pnl"] is None


def test_a_forward_without_terms_says_so(forwards: RiskInputs, dates: list[date]) -> None:
    terms = without(forwards.fx_forward_terms, instrument_id="FWD")
    found, _vectors = revalue(replace(forwards, fx_forward_terms=terms), [dates[-1]], n_scenarios=N)
    assert row(found, instrument_id="FWD")["reason"] == "no FX forward terms"


def test_a_missing_move_of_a_leg_leaves_the_forward_without_scenarios(
    forwards: RiskInputs, dates: list[date]
) -> None:
    gap = without(forwards.fx, currency="EUR", business_date=dates[-5])
    found, vectors = revalue(replace(forwards, fx=gap), [dates[-1]], n_scenarios=N)
    assert row(found, instrument_id="FWD")["status"] == "ok"
    vector = row(vectors, instrument_id="FWD", currency="USD")
    reason = f"2 of {N} moves of the exchange rate of EUR are missing"
    assert (vector["status"], vector["reason"]) == ("missing", reason)


def test_on_the_day_of_settlement_nothing_is_discounted(forwards: RiskInputs, dates: list[date]) -> None:
    terms = forwards.fx_forward_terms.with_columns(settlement_date=pl.lit(dates[-1]))
    found, _vectors = revalue(replace(forwards, fx_forward_terms=terms), [dates[-1]], n_scenarios=N)
    one = row(found, instrument_id="FWD")
    euro = _rates(forwards, dates[-1])["EUR"]
    assert one["model_price_local"] == pytest.approx(EUROS * euro - DOLLARS, rel=1e-12)
    assert (one["status"], one["reason"]) == ("warning", "settles on this session: nothing is discounted")
