"""Performance statistics of portfolios: windows, gaps, and figures by hand and by empyrical."""

from datetime import date, timedelta

import empyrical
import numpy as np
import polars as pl
import pytest

from analytics_platform.risk.performance_rows import performance_statistics
from analytics_platform.tables.risk_analysis import PERFORMANCE_STATISTICS
from analytics_platform_tests.unit.risk.risk_results import row

WEEKDAYS = [day for i in range(1_000) if (day := date(2011, 6, 1) + timedelta(days=i)).isoweekday() <= 5]
AXIS = WEEKDAYS[:500]
RNG = np.random.default_rng(5)
RETURNS = RNG.normal(0.0005, 0.01, len(AXIS) - 1)
BENCHMARK = 0.5 * RETURNS + RNG.normal(0.0, 0.004, len(AXIS) - 1)
PORTFOLIOS = pl.DataFrame(
    {"portfolio_id": ["P"], "benchmark_id": ["BM"], "inception_date": [AXIS[0]]},
    schema={"portfolio_id": pl.String, "benchmark_id": pl.String, "inception_date": pl.Date},
)
RELATIVE = ("beta", "alpha", "tracking_error", "information_ratio")


def mart(
    returns: np.ndarray[tuple[int], np.dtype[np.float64]] = RETURNS, flows: dict[int, float] | None = None
) -> pl.DataFrame:
    """Rows of the mart from the second session on, from 100 at the first; flows at the end of the day."""
    nav, values = 100.0, []
    for i, rate in enumerate(returns.tolist()):
        nav = nav * (1.0 + (0.0 if np.isnan(rate) else rate)) + (flows or {}).get(i, 0.0)
        values.append(nav)
    return pl.DataFrame(
        {
            "business_date": AXIS[1:],
            "portfolio_id": "P",
            "return_rate": returns,
            "benchmark_return_rate": BENCHMARK,
            "nav_base": values,
            "start_of_day_flow_base": 0.0,
            "end_of_day_flow_base": [(flows or {}).get(i, 0.0) for i in range(len(values))],
        }
    ).with_columns(pl.col("return_rate").fill_nan(None), reason=pl.lit(None, pl.String))


def statistics(rows: pl.DataFrame, *days: date, portfolios: pl.DataFrame = PORTFOLIOS) -> pl.DataFrame:
    return performance_statistics(rows, portfolios, AXIS, days or AXIS[-1:])


def value(rows: pl.DataFrame, window: str, statistic: str) -> float:
    return float(str(row(rows, lookback=window, statistic=statistic)["value"]))


def test_every_statistic_has_a_row_in_every_window() -> None:
    found = statistics(mart())
    PERFORMANCE_STATISTICS.schema.validate(found)
    assert len(found) == 3 * 16
    assert found.filter(lookback="one_year")["n_returns"].unique().to_list() == [252]
    assert found.filter(lookback="inception")["status"].unique().to_list() == ["ok"]


@pytest.mark.parametrize(("window", "count"), [("one_year", 252), ("inception", len(RETURNS))])
def test_figures_are_those_of_empyrical(window: str, count: int) -> None:
    found, own, other = statistics(mart()), RETURNS[-count:], BENCHMARK[-count:]
    assert value(found, window, "total_return") == pytest.approx(empyrical.cum_returns_final(own))
    assert value(found, window, "volatility") == pytest.approx(empyrical.annual_volatility(own))
    assert value(found, window, "sharpe_ratio") == pytest.approx(empyrical.sharpe_ratio(own))
    assert value(found, window, "sortino_ratio") == pytest.approx(empyrical.sortino_ratio(own))
    assert value(found, window, "downside_deviation") == pytest.approx(empyrical.downside_risk(own))
    assert value(found, window, "maximum_drawdown") == pytest.approx(empyrical.max_drawdown(own))
    assert value(found, window, "beta") == pytest.approx(empyrical.beta(own, other))
    active = own - other
    assert value(found, window, "tracking_error") == pytest.approx(empyrical.annual_volatility(active))
    assert value(found, window, "information_ratio") == pytest.approx(empyrical.sharpe_ratio(active))
    slope, level = np.polyfit(other, own, 1)
    assert value(found, window, "beta") == pytest.approx(slope)
    assert value(found, window, "alpha") == pytest.approx(252 * level)


def test_year_to_date_starts_with_the_first_session_of_the_year() -> None:
    found = statistics(mart())
    own = RETURNS[[day.year == AXIS[-1].year for day in AXIS[1:]]]
    assert value(found, "year_to_date", "total_return") == pytest.approx(np.prod(1.0 + own) - 1.0)
    level = np.cumprod(np.append(1.0, 1.0 + own))
    assert value(found, "year_to_date", "current_drawdown") == pytest.approx(level[-1] / level.max() - 1.0)


def test_money_weighted_is_the_time_weighted_return_where_nothing_flows() -> None:
    found = statistics(mart())
    days = (AXIS[-1] - AXIS[0]).days
    total = value(found, "inception", "total_return")
    rate = value(found, "inception", "money_weighted_return")
    assert rate == pytest.approx((1.0 + total) ** (365.0 / days) - 1.0)
    short = row(found, lookback="year_to_date", statistic="money_weighted_return")
    assert short["value"] == pytest.approx(value(found, "year_to_date", "total_return"))
    assert short["reason"] == "over the window, not annualised"


def test_money_that_comes_before_a_fall_weighs_more() -> None:
    returns = np.zeros(len(RETURNS))
    returns[-1] = -0.1
    rows = mart(returns, {len(RETURNS) - 2: 100.0})
    found = statistics(rows)
    # 100 for the whole year to date and 100 for its last day: 200 fall to 180.
    rate = value(found, "year_to_date", "money_weighted_return")
    year = sum(day.year == AXIS[-1].year for day in AXIS[1:])
    span = (AXIS[-1] - AXIS[-1 - year]).days
    grown = [(1.0 + rate) ** (days / span) for days in (span, (AXIS[-1] - AXIS[-2]).days)]
    assert 100.0 * sum(grown) == pytest.approx(180.0)
    assert value(found, "year_to_date", "total_return") == pytest.approx(-0.1)


def test_a_gap_in_a_window_makes_it_missing_and_names_the_session() -> None:
    returns = RETURNS.copy()
    returns[-300] = np.nan
    rows = mart(returns).with_columns(
        reason=pl.when(pl.col("return_rate").is_null()).then(pl.lit("no price of X"))
    )
    found = statistics(rows)
    assert row(found, lookback="one_year", statistic="volatility")["status"] == "ok"
    whole = found.filter(lookback="inception")
    assert whole["status"].unique().to_list() == ["missing"]
    assert whole["value"].null_count() == len(whole)
    assert whole["reason"].unique().to_list() == [f"no return on {AXIS[-300]}: no price of X"]


def test_a_gap_in_the_benchmark_touches_only_what_looks_at_it() -> None:
    lost = pl.when(pl.col("business_date") != AXIS[-5]).then("benchmark_return_rate")
    found = statistics(mart().with_columns(benchmark_return_rate=lost)).filter(lookback="inception")
    missing = found.filter(status="missing")
    assert sorted(missing["statistic"]) == sorted(RELATIVE)
    assert missing["reason"].unique().to_list() == [f"no benchmark return on {AXIS[-5]}"]


def test_without_a_benchmark_relative_figures_are_missing() -> None:
    none = PORTFOLIOS.with_columns(benchmark_id=pl.lit(None, pl.String))
    found = statistics(mart(), portfolios=none).filter(lookback="inception", status="missing")
    assert sorted(found["statistic"]) == sorted(RELATIVE)
    assert found["reason"].unique().to_list() == ["no benchmark"]


def test_short_histories_make_no_estimates_and_are_told() -> None:
    day, twentieth = AXIS[19], AXIS[20]
    early = statistics(mart(), day, twentieth)
    assert value(early.filter(business_date=day), "inception", "total_return") == pytest.approx(
        np.prod(1.0 + RETURNS[:19]) - 1.0
    )
    few = row(early, business_date=day, lookback="inception", statistic="volatility")
    assert (few["value"], few["reason"]) == (None, "19 returns are fewer than 20")
    assert early.filter(business_date=day, lookback="one_year")["value"].null_count() == 16
    year = row(early, business_date=twentieth, lookback="one_year", statistic="volatility")
    assert (year["status"], year["reason"]) == ("warning", f"returns begin on {AXIS[1]}")
    yearly = row(early, business_date=twentieth, lookback="inception", statistic="annualised_return")
    assert (yearly["value"], yearly["reason"]) == (None, "under a year: not annualised")


def test_a_portfolio_older_than_its_returns_is_told() -> None:
    older = PORTFOLIOS.with_columns(inception_date=pl.lit(date(2003, 1, 2)))
    found = row(statistics(mart(), portfolios=older), lookback="inception", statistic="total_return")
    assert (found["status"], found["reason"]) == (
        "warning", f"returns begin on {AXIS[1]}, the portfolio on 2003-01-02",
    )  # fmt: skip


def test_before_the_first_return_and_without_rows_everything_is_missing() -> None:
    for rows, day in ((mart(), AXIS[0]), (mart().clear(), AXIS[-1])):
        found = statistics(rows, day)
        assert len(found) == 48
        assert found["reason"].unique().to_list() == [f"no return up to {day}"]


def test_a_range_gives_what_its_sessions_give_alone() -> None:
    rows = mart(flows={40: 7.0})
    together = statistics(rows, *AXIS[60:64])
    alone = [
        performance_statistics(
            rows.filter(pl.col("business_date") <= day), PORTFOLIOS, AXIS[: AXIS.index(day) + 1], [day]
        )
        for day in AXIS[60:64]
    ]
    assert together.equals(pl.concat(alone))
