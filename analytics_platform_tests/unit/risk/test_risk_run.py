"""The risk step on whole frames: what comes out, what is missing and why, and that order does not matter."""

import subprocess
import sys
from dataclasses import fields, replace
from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from analytics_platform.risk.run import RiskInputs
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.tables.contract import Table
from analytics_platform_tests.unit.risk.risk_results import SIMULATION, TABLES, N, Results, run


@pytest.fixture(scope="module")
def results(inputs: RiskInputs, dates: list[date]) -> Results:
    """Build the results of the last two sessions."""
    return run(inputs, dates[-2:])


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_results_have_exactly_the_columns_of_their_table_in_the_order_of_its_key(
    results: Results, table: Table
) -> None:
    frame = results[table.name]
    assert frame.schema == table.columns
    assert not frame.is_empty()
    assert_frame_equal(frame, frame.sort(table.key))
    table.schema.validate(frame)


def test_everything_is_valued(results: Results) -> None:
    for name in ("instrument_valuations", "scenario_pnl", "risk_metrics", "stress_results"):
        assert results[name]["status"].unique().to_list() == ["ok"], name
    metrics = results["risk_metrics"]
    assert len(metrics) == 2 * 6 * 2 * 3 * 7
    assert metrics["model_version"].unique().to_list() == [MODEL_VERSION]
    simulated = metrics["method"] == "monte_carlo"
    assert metrics.filter(~simulated)["n_scenarios"].unique().to_list() == [N]
    assert metrics.filter(simulated)["n_scenarios"].unique().to_list() == [SIMULATION.n_scenarios]
    assert metrics.filter(~simulated)["standard_error"].null_count() == len(metrics.filter(~simulated))
    assert (metrics.filter(simulated)["standard_error"] > 0.0).all()


def test_unit_values_times_quantities_are_the_market_values_by_hand(
    results: Results, inputs: RiskInputs, dates: list[date]
) -> None:
    day = dates[-1]
    units = results["scenario_pnl"].filter(business_date=day, currency="USD")
    value = dict(units.select("instrument_id", "unit_value").iter_rows())
    euro = inputs.fx.filter(business_date=day, currency="EUR")["rate_to_usd"].item()
    assert value["CASH_EUR"] == pytest.approx(euro, rel=1e-15)
    assert value["CASH_USD"] == 1.0
    # One contract stands for 100 shares; 1 face of a bond is worth clean plus accrued over 100. From
    # 15 November to 26 February 103 of 181 days of the 1.00 coupon have accrued.
    assert value["OPT_A_CALL"] == pytest.approx(2150.0, rel=1e-15)
    assert value["BOND_2"] == pytest.approx((100.7 + 103 / 181) / 100.0, rel=1e-14)
    assert units.filter(instrument_id="EQ_A")["first_scenario_date"].item() == dates[-N]
    assert units.filter(instrument_id="EQ_A")["last_scenario_date"].item() == day


def test_models_give_back_the_delivered_prices(results: Results) -> None:
    frame = results["instrument_valuations"].filter(pl.col("market_price_local").is_not_null())
    assert frame["model_price_local"].to_list() == pytest.approx(
        frame["market_price_local"].to_list(), rel=1e-12
    )
    options = frame.filter(pl.col("model") == "black_scholes_merton")
    assert options["implied_volatility"].is_between(0.05, 1.0).all()
    assert options.filter(pl.col("instrument_id").str.ends_with("PUT"))["delta"].is_between(-1, 0).all()
    assert (frame.filter(pl.col("model") == "discounted_cash_flows")["dv01_local"] > 0).all()


def test_metrics_agree_with_the_sum_of_the_vectors(
    results: Results, inputs: RiskInputs, dates: list[date]
) -> None:
    day = dates[-1]
    units = results["scenario_pnl"].filter(business_date=day, currency="EUR")
    pnl = dict(units.select("instrument_id", "unit_pnl").iter_rows())
    held = inputs.holdings.filter(business_date=day, portfolio_id="EQ_EUR")
    total = [0.0] * N
    for name, quantity in held.select("instrument_id", "quantity").iter_rows():
        total = [sum_ + quantity * unit for sum_, unit in zip(total, pnl[name], strict=True)]
    losses = sorted((-x for x in total), reverse=True)
    found = results["risk_metrics"].filter(business_date=day, portfolio_id="EQ_EUR", confidence=0.95)
    found = found.filter(method="historical")
    value = dict(found.select("metric", "value").iter_rows())
    # 50 * 0.05 = 2.5: the third worst; two worst and half of the third, over 2.5.
    assert value["value_at_risk"] == pytest.approx(losses[2], rel=1e-12)
    assert value["expected_shortfall"] == pytest.approx(
        (losses[0] + losses[1] + losses[2] / 2) / 2.5, rel=1e-12
    )


def test_contributions_sum_to_the_metric(results: Results) -> None:
    parts = (
        results["risk_contributions"]
        .group_by("business_date", "portfolio_id", "metric", "confidence")
        .agg(pl.col("contribution").sum(), pl.col("share_rate").sum())
    )
    total = results["risk_metrics"].filter(method="historical")
    joined = parts.join(total, on=["business_date", "portfolio_id", "metric", "confidence"])
    assert len(joined) == 2 * 6 * 2 * 3
    assert joined["contribution"].to_list() == pytest.approx(joined["value"].to_list(), rel=1e-10)
    assert joined["share_rate"].to_list() == pytest.approx([1.0] * len(joined), rel=1e-10)


def test_the_parent_is_the_sum_of_its_children_in_every_scenario_of_one_currency(
    results: Results, dates: list[date]
) -> None:
    pnl = dict(
        results["stress_results"]
        .filter(business_date=dates[-1], scenario_id="rates")
        .select("portfolio_id", "pnl")
        .iter_rows()
    )
    assert pnl["GLOBAL"] == pytest.approx(pnl["EQUITY"] + pnl["BONDS"] + pnl["OPTIONS"], rel=1e-12)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000))
def test_results_do_not_depend_on_the_order_of_rows(
    results: Results, inputs: RiskInputs, dates: list[date], seed: int
) -> None:
    shuffled_inputs = RiskInputs(
        **{
            field.name: getattr(inputs, field.name).sample(fraction=1.0, shuffle=True, seed=seed)
            for field in fields(inputs)
            if isinstance(getattr(inputs, field.name), pl.DataFrame)
        }
    )
    shuffled = run(shuffled_inputs, dates[-2:])
    for name, frame in results.items():
        assert frame.equals(shuffled[name]), name


def test_a_range_gives_what_its_sessions_give_alone(
    results: Results, inputs: RiskInputs, dates: list[date]
) -> None:
    alone = [run(inputs, [day]) for day in dates[-2:]]
    for name, frame in results.items():
        assert frame.equals(pl.concat([one[name] for one in alone]).sort(TABLES[name].key)), name


def test_decimals_may_come_in(results: Results, inputs: RiskInputs, dates: list[date]) -> None:
    exact = replace(
        inputs,
        holdings=inputs.holdings.with_columns(pl.col("quantity").cast(pl.Decimal(20, 8))),
        option_terms=inputs.option_terms.with_columns(pl.col("strike_local").cast(pl.Decimal(20, 8))),
        bond_terms=inputs.bond_terms.with_columns(pl.col("coupon_rate").cast(pl.Decimal(20, 8))),
        instruments=inputs.instruments.with_columns(pl.col("multiplier").cast(pl.Decimal(20, 8))),
        stress_shifts=inputs.stress_shifts.with_columns(pl.col("shift").cast(pl.Decimal(20, 8))),
    )
    for name, frame in run(exact, dates[-2:]).items():
        assert frame.equals(results[name]), name


def test_no_sessions_give_empty_frames(inputs: RiskInputs) -> None:
    for name, frame in run(inputs, []).items():
        assert frame.schema == TABLES[name].columns
        assert frame.is_empty()


def test_importing_the_risk_step_does_not_import_quantlib() -> None:
    code = "import sys, analytics_platform.risk.run; print('QuantLib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own text
    assert done.stdout == "False\n"
