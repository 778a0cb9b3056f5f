"""A portfolio that has begun and delivers no positions on a session: its risk, and that of all above it."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from analytics_platform.risk.run import RiskInputs, measure
from analytics_platform.risk.var_changes import explain_changes
from analytics_platform_tests.unit.risk.risk_results import run
from analytics_platform_tests.unit.risk.small_cubes import EVERY_WEEKDAY, TREE, cube, held

DAY = date(2013, 2, 26)
BEFORE = date(2013, 2, 25)
LOSSES = [-float(x) for x in range(1, 101)]


def begun(tree: pl.DataFrame, first: dict[str, date]) -> pl.DataFrame:
    names = pl.col("portfolio_id").replace_strict(first, default=None, return_dtype=pl.Date)
    return tree.with_columns(first_date=names)


def silenced(inputs: RiskInputs, day: date, first: date) -> RiskInputs:
    """Leave out the bonds on the day; all leaves have begun on the first date."""
    leaves = inputs.holdings["portfolio_id"].unique().to_list()
    is_lost = (pl.col("portfolio_id") == "BONDS") & (pl.col("business_date") == day)
    return replace(
        inputs,
        holdings=inputs.holdings.filter(~is_lost),
        portfolios=begun(inputs.portfolios, dict.fromkeys(leaves, first)),
    )


def test_a_silent_member_makes_itself_and_all_above_missing_in_every_result(
    inputs: RiskInputs, dates: list[date]
) -> None:
    day = dates[-1]
    found = run(silenced(inputs, day, dates[-2]), [dates[-2], day])
    reason = f"no positions of BONDS on {day}"
    for name, value in (("risk_metrics", "value"), ("stress_results", "pnl")):
        lost = found[name].filter(status="missing")
        assert set(lost["business_date"]) == {day}
        assert set(lost["portfolio_id"]) == {"BONDS", "GLOBAL"}
        assert set(lost["reason"]) == {reason}
        assert lost[value].null_count() == len(lost)
        others = found[name].filter((pl.col("business_date") == day) & (pl.col("status") == "ok"))
        assert set(others["portfolio_id"]) == {"EQ_US", "EQ_EUR", "EQUITY", "OPTIONS"}
    lost = found["risk_metrics"].filter(status="missing")
    assert set(lost["method"]) == set(found["risk_metrics"]["method"])
    parts = found["risk_contributions"].filter(business_date=day)
    assert set(parts["portfolio_id"]) == {"EQ_US", "EQ_EUR", "EQUITY", "OPTIONS"}


def test_a_member_that_has_not_begun_is_not_missed(inputs: RiskInputs, dates: list[date]) -> None:
    day = dates[-1]
    found = run(silenced(inputs, day, day + timedelta(days=1)), [day])
    status = dict(found["risk_metrics"].select("portfolio_id", "status").iter_rows())
    assert status == {
        **dict.fromkeys(("EQ_US", "EQ_EUR", "EQUITY", "OPTIONS", "GLOBAL"), "ok"),
        "BONDS": "missing",
    }
    lost = found["risk_metrics"].filter(status="missing")
    assert set(lost["reason"]) == {"no holdings on this session"}


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ({"A": BEFORE, "B": BEFORE}, f"no positions of B on {DAY}"),
        ({"A": BEFORE, "B": DAY}, f"no positions of B on {DAY}"),
        ({"A": BEFORE}, None),
    ],
)
def test_a_node_that_only_groups_is_not_missed(first: dict[str, date], reason: str | None) -> None:
    metrics = measure(held(DAY, {("A", "X"): 2.0}), begun(TREE, first), cube(DAY, {"X": LOSSES}))
    top = metrics.filter(portfolio_id="TOP", metric="value_at_risk", method="historical", confidence=0.95)
    own = metrics.filter(portfolio_id="A", metric="value_at_risk", method="historical", confidence=0.95)
    assert own["status"].to_list() == ["ok"]
    assert top["reason"].to_list() == [reason]
    assert top["value"].to_list() == ([None] if reason else own["value"].to_list())


def test_positions_that_are_all_nil_are_positions() -> None:
    holdings = held(DAY, {("A", "X"): 2.0, ("B", "X"): 0.0})
    metrics = measure(holdings, begun(TREE, {"A": BEFORE, "B": BEFORE}), cube(DAY, {"X": LOSSES}))
    assert set(metrics.filter(portfolio_id="TOP", confidence=0.95)["status"]) == {"ok"}


def test_every_silent_member_is_named() -> None:
    tree = begun(TREE, {"A": BEFORE, "B": BEFORE})
    metrics = measure(held(DAY, {}), tree, cube(DAY, {"X": LOSSES}), sessions=[DAY])
    reason = f"no positions of A on {DAY}; no positions of B on {DAY}"
    assert set(metrics.filter(portfolio_id="TOP")["reason"]) == {reason}


def test_the_change_since_a_silent_session_is_missing() -> None:
    holdings = pl.concat([held(BEFORE, {("A", "X"): 2.0}), held(DAY, {("A", "X"): 2.0, ("B", "X"): 1.0})])
    cubes = pl.concat([cube(BEFORE, {"X": LOSSES}), cube(DAY, {"X": LOSSES})])
    tree = begun(TREE, {"A": BEFORE, "B": date(2013, 2, 22)})
    changes = explain_changes(holdings, tree, cubes, [DAY], calendar=EVERY_WEEKDAY, confidences=(0.95,))
    lost = changes.filter(status="missing")
    assert set(lost["portfolio_id"]) == {"B", "TOP"}
    assert set(lost["reason"]) == {f"{BEFORE}: no positions of B on {BEFORE}"}
    assert lost["previous_value"].null_count() == len(lost)
    assert lost["value"].null_count() == 0
