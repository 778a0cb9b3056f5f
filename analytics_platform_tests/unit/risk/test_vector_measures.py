"""What stored vectors say of portfolios: three methods of VaR and ES, and who brings them."""

import math
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_platform.risk.contributions import contribute
from analytics_platform.risk.portfolio_measures import CONFIDENCES, measure
from analytics_platform_tests.unit.risk.small_cubes import TREE, cube, held

DAY = date(2013, 2, 26)
NAMES = ("X", "Y", "Z")
KEY = ["portfolio_id", "method", "metric", "confidence"]


@st.composite
def books(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw holdings of two portfolios under one, and the cube of what they hold."""
    size = draw(st.integers(20, 80))
    number = st.floats(-1e3, 1e3, allow_subnormal=False).map(lambda x: round(x, 4))
    vectors = {name: draw(st.lists(number, min_size=size, max_size=size)) for name in NAMES}
    units = st.integers(-50, 50).map(float)
    quantities = {(portfolio, name): draw(units) for portfolio in ("A", "B") for name in NAMES}
    return held(DAY, quantities), cube(DAY, vectors, values={"X": 10.0, "Y": -2.5, "Z": 0.0})


def _values(metrics: pl.DataFrame) -> dict[tuple[object, ...], float]:
    return {tuple(row[:-1]): row[-1] for row in metrics.select(*KEY, "value").iter_rows()}


@settings(max_examples=12)
@given(books())
def test_shortfall_is_not_below_value_at_risk_and_both_grow_with_confidence(
    book: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    found = _values(measure(book[0], TREE, book[1]))
    assert len(found) == 3 * 3 * 2 * len(CONFIDENCES)
    for portfolio in ("TOP", "A", "B"):
        for method in ("historical", "age_weighted", "volatility_scaled"):
            at_risk, beyond = (
                [found[portfolio, method, metric, level] for level in CONFIDENCES]
                for metric in ("value_at_risk", "expected_shortfall")
            )
            slack = 1e-9 * (1.0 + max(map(abs, beyond)))
            assert all(es >= var - slack for var, es in zip(at_risk, beyond, strict=True))
            assert at_risk == sorted(at_risk)
            assert all(low <= high + slack for low, high in pairwise(beyond))


@settings(max_examples=12)
@given(books())
def test_the_shortfall_of_the_whole_is_not_above_that_of_its_parts(
    book: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    found = _values(measure(book[0], TREE, book[1]))
    for method in ("historical", "age_weighted"):
        for level in CONFIDENCES:
            whole, one, other = (
                found[name, method, "expected_shortfall", level] for name in ("TOP", "A", "B")
            )
            assert whole <= one + other + 1e-9 * (1.0 + abs(one) + abs(other))


@settings(max_examples=12)
@given(books())
def test_parts_sum_to_the_metric_and_increments_are_those_of_leaving_out(
    book: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    holdings, vectors = book
    found = _values(measure(holdings, TREE, vectors))
    parts = contribute(holdings, TREE, vectors)
    without = {
        name: _values(
            measure(holdings.filter(pl.col("instrument_id") != name), TREE, vectors, sessions=[DAY])
        )
        for name in NAMES
    }
    worth = dict(vectors.select("instrument_id", "unit_value").iter_rows())
    for (portfolio, metric, level), rows in parts.group_by("portfolio_id", "metric", "confidence"):
        total = found[portfolio, "historical", metric, level]
        size = float(np.abs(rows["contribution"].to_numpy()).sum())
        assert rows["contribution"].sum() == pytest.approx(total, rel=1e-10, abs=1e-12 * size)
        own = holdings if portfolio == "TOP" else holdings.filter(portfolio_id=portfolio)
        units = dict(own.group_by("instrument_id").agg(pl.col("quantity").sum()).iter_rows())
        for row in rows.iter_rows(named=True):
            name = row["instrument_id"]
            left = without[name][portfolio, "historical", metric, level]
            left = 0.0 if left is None else left  # nothing else was held
            assert row["incremental"] == pytest.approx(total - left, rel=1e-9, abs=1e-6)
            value = units[name] * worth[name]
            if value == 0.0:
                assert row["marginal"] is None
            else:
                assert row["marginal"] * value == pytest.approx(row["contribution"], rel=1e-12, abs=1e-300)


def test_age_weighting_by_hand() -> None:
    # 20 scenarios, the two worst oldest and newest: their weights are w and w * 0.995**-19.
    losses = [100.0, *[float(x) for x in range(1, 19)], 60.0]
    metrics = measure(held(DAY, {("A", "X"): 1.0}), TREE, cube(DAY, {"X": [-x for x in losses]}))
    found = _values(metrics)
    oldest = 0.995**19 * 0.005 / (1 - 0.995**20)
    newest = 0.005 / (1 - 0.995**20)
    assert oldest < 0.05 < oldest + newest
    assert found["A", "age_weighted", "value_at_risk", 0.95] == 60.0
    expected = (oldest * 100.0 + (0.05 - oldest) * 60.0) / 0.05
    assert found["A", "age_weighted", "expected_shortfall", 0.95] == pytest.approx(expected, rel=1e-12)
    at_99 = metrics.filter(portfolio_id="A", method="age_weighted", confidence=0.99)
    assert at_99["value"].to_list() == [100.0, 100.0]
    assert at_99["status"].unique().to_list() == ["warning"]
    assert at_99["reason"].unique().to_list() == ["the worst scenario carries the whole tail: worst loss"]


def test_age_weighting_by_a_loop() -> None:
    pnl = np.random.default_rng(8).normal(0.0, 1.0, 400)
    found = _values(measure(held(DAY, {("A", "X"): 1.0}), TREE, cube(DAY, {"X": pnl})))
    weights = [0.995 ** (399 - i) * 0.005 / (1 - 0.995**400) for i in range(400)]
    for level in CONFIDENCES:
        reached, beyond = 0.0, 0.0
        for loss, weight in sorted(zip((-pnl).tolist(), weights, strict=True), reverse=True):
            used = min(weight, 1 - level - reached)
            reached, beyond = reached + used, beyond + used * loss
            if reached > (1 - level) * (1 - 1e-9):
                break
        assert found["A", "age_weighted", "value_at_risk", level] == loss
        shortfall = found["A", "age_weighted", "expected_shortfall", level]
        assert shortfall == pytest.approx(beyond / (1 - level), rel=1e-9)


def test_scaling_to_the_volatility_of_today_by_a_loop() -> None:
    pnl = np.random.default_rng(5).normal(0.0, np.linspace(1.0, 4.0, 200))
    found = _values(measure(held(DAY, {("A", "X"): 1.0}), TREE, cube(DAY, {"X": pnl})))
    variance = sum(x * x for x in pnl.tolist()) / 200
    forecast = []
    for x in pnl.tolist():
        forecast.append(math.sqrt(variance))
        variance = 0.94 * variance + 0.06 * x * x
    scaled = sorted(-x * math.sqrt(variance) / own for x, own in zip(pnl.tolist(), forecast, strict=True))
    assert found["A", "volatility_scaled", "value_at_risk", 0.99] == pytest.approx(scaled[-2], rel=1e-12)
    shortfall = (scaled[-1] + scaled[-2]) / 2
    assert found["A", "volatility_scaled", "expected_shortfall", 0.99] == pytest.approx(shortfall, rel=1e-12)
    # The volatility has grown fourfold: unscaled history understates the risk of today.
    assert scaled[-10] > found["A", "historical", "value_at_risk", 0.95] * 1.3


def test_what_never_moves_has_no_risk_by_any_method() -> None:
    metrics = measure(held(DAY, {("A", "X"): 5.0}), TREE, cube(DAY, {"X": [0.0] * 100}))
    own = metrics.filter(portfolio_id="A")
    assert own["value"].unique().to_list() == [0.0]
    assert own.filter(pl.col("confidence") < 0.99)["status"].unique().to_list() == ["ok"]


@pytest.mark.parametrize("wrong", [math.nan, math.inf, None], ids=["nan", "infinity", "null"])
def test_a_vector_with_a_hole_is_missing_and_says_so(wrong: float | None) -> None:
    vectors = cube(DAY, {"X": [-1.0] * 30, "Y": [-2.0] * 30})
    broken = pl.Series([[-1.0] * 30, [wrong, *[-2.0] * 29]], dtype=pl.List(pl.Float64))
    holdings = held(DAY, {("A", "X"): 1.0, ("B", "Y"): 1.0})
    metrics = measure(holdings, TREE, vectors.with_columns(unit_pnl=broken))
    assert metrics.filter(portfolio_id="A")["value"].unique().to_list() == [1.0]
    for name in ("B", "TOP"):
        lost = metrics.filter(portfolio_id=name)
        assert lost["status"].unique().to_list() == ["missing"]
        assert lost["value"].null_count() == len(lost)
        assert lost["reason"].str.contains(r"Y \(a scenario of the stored vector is no number\)").all()


@settings(max_examples=12)
@given(books(), st.integers(0, 100))
def test_neither_the_order_of_rows_nor_the_size_of_a_run_matters(
    book: tuple[pl.DataFrame, pl.DataFrame], seed: int
) -> None:
    holdings, vectors = book
    later = date(2013, 2, 27)
    both = [pl.concat([frame, frame.with_columns(business_date=pl.lit(later))]) for frame in book]
    for function in (measure, contribute):
        whole = function(both[0], TREE, both[1])
        shuffled = [frame.sample(fraction=1.0, shuffle=True, seed=seed) for frame in (*both, TREE)]
        assert function(shuffled[0], shuffled[2], shuffled[1]).equals(whole)
        assert whole.filter(business_date=DAY).equals(function(holdings, TREE, vectors))
