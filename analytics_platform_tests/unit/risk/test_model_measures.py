"""Parametric and Monte Carlo figures against closed forms, and what they say where they cannot be had."""

import math
from dataclasses import replace
from datetime import date
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.model_measures import Simulation
from analytics_platform.risk.run import RiskInputs, measure_by_model, revalue
from analytics_platform_tests.unit.risk.risk_results import N, without

LEVELS = (0.95, 0.975, 0.99)
NORMAL = NormalDist()


def _z(metric: str, level: float) -> float:
    """Value at risk or shortfall of a standard normal loss."""
    quantile = NORMAL.inv_cdf(level)
    return quantile if metric == "value_at_risk" else NORMAL.pdf(quantile) / (1.0 - level)


def _moves(inputs: RiskInputs, dates: list[date], name: str) -> Floats:
    rows = inputs.equity_moves.filter(pl.col("instrument_id") == name).sort("business_date")
    return rows.filter(pl.col("business_date").is_in(dates[-N:]))["total_return"].to_numpy()


def _euro(inputs: RiskInputs) -> Floats:
    rates = inputs.fx.filter(currency="EUR").sort("business_date")["rate_to_usd"].to_numpy()
    return np.asarray(rates[1:][-N:] / rates[:-1][-N:] - 1.0)


def _price(inputs: RiskInputs, day: date, name: str) -> float:
    return float(inputs.prices.filter(business_date=day, instrument_id=name)["close_local"].item())


def _only(inputs: RiskInputs, day: date, *portfolios: str) -> RiskInputs:
    held = inputs.holdings.filter(pl.col("business_date") == day, pl.col("portfolio_id").is_in(portfolios))
    return replace(inputs, holdings=held)


def _figures(
    inputs: RiskInputs, day: date, simulation: Simulation | None = None, n_scenarios: int = N
) -> pl.DataFrame:
    _valuations, vectors = revalue(inputs, [day], n_scenarios=n_scenarios)
    return measure_by_model(inputs, vectors, [day], confidences=LEVELS, simulation=simulation)


def _check(found: pl.DataFrame, method: str, portfolio: str, deviation: float) -> None:
    rows = found.filter(method=method, portfolio_id=portfolio)
    assert len(rows) == 2 * len(LEVELS)
    for row in rows.iter_rows(named=True):
        expected = deviation * _z(row["metric"], row["confidence"])
        assert row["value"] == pytest.approx(expected, rel=1e-8), (row["metric"], row["confidence"])


def test_linear_portfolios_have_the_closed_form(inputs: RiskInputs, dates: list[date]) -> None:
    day = dates[-1]
    found = _figures(_only(inputs, day, "EQ_US", "EQ_EUR"), day)
    a, b, c, euro = (
        *(_moves(inputs, dates, name) for name in ("EQ_A", "EQ_B", "EQ_C")),
        _euro(inputs),
    )
    dollars = 100 * _price(inputs, day, "EQ_A") * a - 50 * _price(inputs, day, "EQ_B") * b
    # Of the euro portfolio, each dollar holding loses what the euro gains; euro cash moves nothing.
    rate = inputs.fx.filter(business_date=day, currency="EUR")["rate_to_usd"].item()
    value_a, value_c = 40 * _price(inputs, day, "EQ_A"), 1000 * _price(inputs, day, "EQ_C")
    euros = (value_a * (a - euro) + value_c * (c - euro)) / rate
    for portfolio, pnl in (("EQ_US", dollars), ("EQ_EUR", euros)):
        _check(found, "parametric_sample", portfolio, float(np.std(pnl, ddof=1)))
        variance, weight = 0.0, 0.0
        for x in pnl.tolist():
            variance, weight = 0.94 * variance + 0.06 * x * x, 0.94 * weight + 0.06
        _check(found, "parametric_ewma", portfolio, math.sqrt(variance / weight))


def test_shrinkage_is_that_of_the_paper_on_standardised_moves(inputs: RiskInputs, dates: list[date]) -> None:
    """Ledoit and Wolf (2004), section 3.3, written out with full matrices."""
    day = dates[-1]
    found = _figures(_only(inputs, day, "EQ_US"), day)
    moves = np.column_stack([_moves(inputs, dates, "EQ_A"), _moves(inputs, dates, "EQ_B"), _euro(inputs)])
    scale = moves.std(axis=0, ddof=1)
    x = moves / scale - (moves / scale).mean(axis=0)
    n, p = x.shape
    sample = x.T @ x / n
    mu = np.trace(sample) / p
    d2 = np.sum((sample - mu * np.eye(p)) ** 2) / p
    b2 = min(sum(np.sum((np.outer(row, row) - sample) ** 2) for row in x) / p / n**2, d2)
    shrunk = b2 / d2 * mu * np.eye(p) + (1 - b2 / d2) * sample
    assert 0.05 < b2 / d2 <= 1.0
    exposures = scale * np.array([100 * _price(inputs, day, "EQ_A"), -50 * _price(inputs, day, "EQ_B"), 0.0])
    _check(found, "parametric_ledoit_wolf", "EQ_US", math.sqrt(exposures @ shrunk @ exposures))


def test_simulation_of_a_linear_portfolio_converges_to_the_closed_form(
    inputs: RiskInputs, dates: list[date]
) -> None:
    day = dates[-1]
    size = 40_000
    found = _figures(_only(inputs, day, "EQ_US"), day, Simulation(size, seed=20130301))
    closed = found.filter(method="parametric_sample", portfolio_id="EQ_US").sort("metric", "confidence")
    simulated = found.filter(method="monte_carlo", portfolio_id="EQ_US").sort("metric", "confidence")
    assert simulated["n_scenarios"].unique().to_list() == [size]
    for exact, drawn in zip(closed.rows(named=True), simulated.rows(named=True), strict=True):
        gap = abs(exact["value"] - drawn["value"])
        assert gap < 4 * drawn["standard_error"], (drawn["metric"], drawn["confidence"])
        assert gap < 0.02 * exact["value"]
    for level in LEVELS:
        # The error of a quantile: sqrt(c (1 - c) / n) over the density there.
        deviation = closed.filter(metric="value_at_risk", confidence=level)["value"].item() / _z(
            "value_at_risk", level
        )
        density = NORMAL.pdf(NORMAL.inv_cdf(level)) / deviation
        error = simulated.filter(metric="value_at_risk", confidence=level)["standard_error"].item()
        assert error == pytest.approx(math.sqrt(level * (1 - level) / size) / density, rel=0.25)


def test_options_are_straight_by_delta_and_curved_by_simulation(
    inputs: RiskInputs, dates: list[date]
) -> None:
    day = dates[-1]
    calls = pl.DataFrame([(day, "OPTIONS", "OPT_A_CALL", 50.0)], schema=inputs.holdings.schema, orient="row")
    one = replace(inputs, holdings=calls)
    valuations, vectors = revalue(one, [day], n_scenarios=N)
    simulation = Simulation(20_000, seed=3)
    found = measure_by_model(one, vectors, [day], confidences=LEVELS, simulation=simulation)
    delta = valuations["delta"].item() * _price(inputs, day, "EQ_A") * 100 * 50
    by_spot = delta * float(np.std(_moves(inputs, dates, "EQ_A"), ddof=1))
    for level in LEVELS:
        chosen = found.filter(portfolio_id="OPTIONS", metric="value_at_risk", confidence=level)
        values = dict(chosen.select("method", "value").iter_rows())
        # What rates add to the spot is small: a call of four months.
        expected = by_spot * _z("value_at_risk", level)
        assert values["parametric_sample"] == pytest.approx(expected, rel=2e-3)
        # Gamma is with the holder: in full, the loss is smaller than the delta says, but not by much.
        assert 0.8 * values["parametric_sample"] < values["monte_carlo"] < 0.97 * values["parametric_sample"]


def test_bonds_move_with_all_nodes_of_their_curve(inputs: RiskInputs, dates: list[date]) -> None:
    day = dates[-1]
    found = _figures(_only(inputs, day, "BONDS"), day, Simulation(20_000, seed=11))
    values = dict(
        found.filter(portfolio_id="BONDS", metric="value_at_risk", confidence=0.99)
        .select("method", "value")
        .iter_rows()
    )
    # Bonds are almost straight in a day: the historical deviation of their P&L tells the same.
    _valuations, vectors = revalue(_only(inputs, day, "BONDS"), [day], n_scenarios=N)
    units = dict(vectors.filter(currency="USD").select("instrument_id", "unit_pnl").iter_rows())
    quantity = {"BOND_2": 100_000.0, "BOND_10": 50_000.0, "BOND_NEW": -20_000.0}
    pnl = sum(np.array(units[name]) * units_held for name, units_held in quantity.items())
    expected = float(np.std(pnl, ddof=1)) * _z("value_at_risk", 0.99)
    assert values["parametric_sample"] == pytest.approx(expected, rel=1e-2)
    assert values["monte_carlo"] == pytest.approx(expected, rel=5e-2)


def test_the_seed_decides_the_simulation_and_nothing_else(inputs: RiskInputs, dates: list[date]) -> None:
    one, again, other = (_figures(inputs, dates[-1], Simulation(1200, seed)) for seed in (1, 1, 2))
    assert one.equals(again)
    is_simulated = pl.col("method") == "monte_carlo"
    assert one.filter(~is_simulated).equals(other.filter(~is_simulated))
    assert not one.filter(is_simulated)["value"].eq(other.filter(is_simulated)["value"]).any()


def test_modelled_shortfall_is_above_value_at_risk_and_both_grow(
    inputs: RiskInputs, dates: list[date]
) -> None:
    wide = _figures(inputs, dates[-1]).pivot(
        "metric", index=["portfolio_id", "method", "confidence"], values="value"
    )
    assert (wide["expected_shortfall"] > wide["value_at_risk"]).all()
    grown = wide.sort("confidence").group_by("portfolio_id", "method", maintain_order=True)
    for _key, rows in grown:
        for metric in ("value_at_risk", "expected_shortfall"):
            assert rows[metric].diff().drop_nulls().gt(0.0).all()


def test_modelled_shortfall_is_sub_additive(inputs: RiskInputs, dates: list[date]) -> None:
    found = _figures(inputs, dates[-1]).filter(metric="expected_shortfall")
    for rows in found.partition_by("method", "confidence"):
        value = dict(rows.select("portfolio_id", "value").iter_rows())
        assert value["GLOBAL"] <= value["EQUITY"] + value["BONDS"] + value["OPTIONS"] + 1e-9


def test_cash_of_the_base_currency_has_no_risk(inputs: RiskInputs, dates: list[date]) -> None:
    day = dates[-1]
    cash = pl.DataFrame([(day, "EQ_US", "CASH_USD", 1e6)], schema=inputs.holdings.schema, orient="row")
    found = _figures(replace(inputs, holdings=cash), day).filter(portfolio_id="EQ_US")
    assert found["value"].unique().to_list() == [0.0]
    assert found["status"].unique().to_list() == ["ok"]


def test_one_move_of_history_is_no_covariance(inputs: RiskInputs, dates: list[date]) -> None:
    found = _figures(inputs, dates[-1], n_scenarios=1)
    assert found["status"].unique().to_list() == ["missing"]
    assert found["reason"].unique().to_list() == ["one move of history has no covariance"]
    assert found["value"].null_count() == len(found)


def test_what_the_vectors_lack_the_model_lacks_too(inputs: RiskInputs, dates: list[date]) -> None:
    day = dates[-1]
    _valuations, vectors = revalue(inputs, [day], n_scenarios=N)
    found = measure_by_model(inputs, without(vectors, instrument_id="BOND_2"), [day], confidences=LEVELS)
    status = dict(found.select("portfolio_id", "status").iter_rows())
    assert [name for name, word in status.items() if word == "missing"] == ["BONDS", "GLOBAL"]


def test_a_factor_with_a_gap_that_the_vectors_did_not_have_is_told(
    inputs: RiskInputs, dates: list[date]
) -> None:
    day = dates[-1]
    _valuations, vectors = revalue(inputs, [day], n_scenarios=N)
    hole = replace(
        inputs, equity_moves=without(inputs.equity_moves, instrument_id="EQ_C", business_date=dates[-9])
    )
    found = measure_by_model(hole, vectors, [day], confidences=LEVELS)
    lost = found.filter(status="missing")
    assert lost["portfolio_id"].unique().sort().to_list() == ["EQUITY", "EQ_EUR", "GLOBAL"]
    assert lost["reason"].unique().to_list() == ["no model of the risk factors of EQ_C"]


def test_scenarios_of_other_sessions_are_refused(inputs: RiskInputs, dates: list[date]) -> None:
    day = dates[-1]
    _valuations, vectors = revalue(inputs, [day], n_scenarios=N)
    moved = vectors.with_columns(first_scenario_date=pl.lit(dates[-N - 3]))
    found = measure_by_model(inputs, moved, [day], confidences=LEVELS)
    assert found["reason"].unique().to_list() == ["the stored scenarios are of other sessions"]
    assert found["value"].null_count() == len(found)
