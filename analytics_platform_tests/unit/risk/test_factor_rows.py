"""Factor betas of portfolios: which factors there are, and the regression by plain least squares."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from analytics_platform.risk.factor_rows import FactorInputs, factor_betas
from analytics_platform.tables.risk_analysis import FACTOR_BETAS
from analytics_platform_tests.unit.risk.risk_results import row

AXIS = [date(2012, 1, 2) + timedelta(days=i) for i in range(300)]
LAST = AXIS[-1]
RNG = np.random.default_rng(8)
BENCHMARK, EURO, RATE = (RNG.normal(0.0, size, len(AXIS)) for size in (0.01, 0.006, 0.0005))
NOISE = RNG.normal(0.0, 0.001, len(AXIS))
LEAF = 0.0002 + 0.9 * BENCHMARK + 0.4 * EURO - 5.0 * RATE + NOISE
PORTFOLIOS = pl.DataFrame(
    {
        "portfolio_id": ["LEAF", "TOP"],
        "parent_portfolio_id": ["TOP", None],
        "base_currency": ["USD", "USD"],
        "benchmark_id": [None, "BM"],
    }
)


def _returns() -> pl.DataFrame:
    none = [None] * len(AXIS)
    leaf = {"return_rate": LEAF, "benchmark_return_rate": none}
    top = {"return_rate": BENCHMARK, "benchmark_return_rate": BENCHMARK}
    schema = {"business_date": pl.Date, "return_rate": pl.Float64, "benchmark_return_rate": pl.Float64}
    return pl.concat(
        pl.DataFrame({"business_date": AXIS, **columns}, schema=schema).with_columns(
            portfolio_id=pl.lit(name)
        )
        for name, columns in (("LEAF", leaf), ("TOP", top))
    )


INPUTS = FactorInputs(
    portfolio_returns=_returns(),
    portfolios=PORTFOLIOS,
    holdings=pl.DataFrame(
        [(day, "LEAF", code, 1.0) for day in AXIS for code in ("USD", "EUR")] + [(LAST, "LEAF", "GBP", 0.0)],
        schema=["business_date", "portfolio_id", "currency", "quantity"],
        orient="row",
    ),
    fx=pl.concat(
        pl.DataFrame({"business_date": AXIS, "currency": code, "rate_to_usd": levels})
        for code, levels in (("EUR", 1.3 * np.cumprod(1.0 + EURO)), ("USD", np.ones(len(AXIS))))
    ),
    curve_quotes=pl.concat(
        pl.DataFrame({"business_date": AXIS, "curve_id": "UST_PAR", "tenor": tenor, "rate": levels})
        for tenor, levels in (("10Y", 0.02 + np.cumsum(RATE)), ("2Y", np.full(len(AXIS), 0.01)))
    ),
)


def test_betas_are_the_least_squares_solution_over_250_sessions() -> None:
    found = factor_betas(INPUTS, AXIS, [LAST]).filter(portfolio_id="LEAF")
    FACTOR_BETAS.schema.validate(found)
    design = np.column_stack([np.ones(250), BENCHMARK[-250:], EURO[-250:], RATE[-250:]])
    betas, residual, _rank, _singular = np.linalg.lstsq(design, LEAF[-250:], rcond=None)
    errors = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * residual[0] / 246)
    order = {"intercept": 0, "BM": 1, "EUR": 2, "UST_PAR_10Y": 3}
    for factor, place in order.items():
        one = row(found, factor_id=factor)
        assert one["beta"] == pytest.approx(betas[place], rel=1e-9)
        assert one["standard_error"] == pytest.approx(errors[place], rel=1e-9)
        assert one["t_statistic"] == pytest.approx(betas[place] / errors[place], rel=1e-9)
        assert (one["n_returns"], one["status"]) == (250, "ok")
    assert found["factor_id"].to_list() == sorted(order)
    spread = LEAF[-250:] - LEAF[-250:].mean()
    assert found["r_squared"][0] == pytest.approx(1.0 - residual[0] / (spread @ spread))


def test_sessions_with_a_gap_are_left_out_and_counted() -> None:
    gaps = INPUTS.fx.filter(~((pl.col("currency") == "EUR") & (pl.col("business_date") == AXIS[-10])))
    found = row(factor_betas(replace(INPUTS, fx=gaps), AXIS, [LAST]), portfolio_id="LEAF", factor_id="EUR")
    # One level is missing: two moves are not known.
    assert (found["n_returns"], found["status"], found["reason"]) == (248, "warning", "248 of 250 sessions")


def test_fewer_than_sixty_sessions_make_no_betas() -> None:
    found = factor_betas(INPUTS, AXIS, [AXIS[59], AXIS[60]]).filter(portfolio_id="LEAF", factor_id="BM")
    assert found["n_returns"].to_list() == [59, 60]
    assert found["reason"].to_list() == ["59 returns are fewer than 60", "60 of 250 sessions"]
    assert found["beta"].null_count() == 1


def test_factors_that_depend_on_each_other_are_missing_with_the_reason() -> None:
    copied = INPUTS.portfolio_returns.join(
        pl.DataFrame({"business_date": AXIS, "copied": RATE}), on="business_date"
    ).with_columns(benchmark_return_rate=pl.when(pl.col("portfolio_id") == "TOP").then("copied"))
    found = factor_betas(replace(INPUTS, portfolio_returns=copied.drop("copied")), AXIS, [LAST])
    leaf = found.filter(portfolio_id="LEAF")
    assert leaf["status"].unique().to_list() == ["missing"]
    assert leaf["beta"].null_count() == len(leaf) == 4
    assert "only 2 of 3 factors are independent" in leaf["reason"][0]


def test_only_currencies_that_are_held_are_factors() -> None:
    without_euro = INPUTS.holdings.filter(pl.col("currency") != "EUR")
    found = factor_betas(replace(INPUTS, holdings=without_euro), AXIS, [LAST])
    assert found.filter(portfolio_id="TOP")["factor_id"].to_list() == ["BM", "UST_PAR_10Y", "intercept"]


def test_a_portfolio_without_returns_is_missing() -> None:
    lost = INPUTS.portfolio_returns.filter(pl.col("portfolio_id") == "TOP")
    found = factor_betas(replace(INPUTS, portfolio_returns=lost), AXIS, [LAST]).filter(portfolio_id="LEAF")
    assert found["reason"].unique().to_list() == ["0 returns are fewer than 60"]


def test_a_range_gives_what_its_sessions_give_alone() -> None:
    together = factor_betas(INPUTS, AXIS, AXIS[290:])
    alone = [factor_betas(INPUTS, AXIS[i - 250 : i + 1], [day]) for i, day in enumerate(AXIS) if i >= 290]
    assert together.equals(pl.concat(alone))
