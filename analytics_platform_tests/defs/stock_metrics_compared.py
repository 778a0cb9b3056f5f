"""Whether the answers of the API are those that were worked out by hand. No test of its own."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pytest import approx  # noqa: PT013 - the one thing taken from it

from analytics_platform_tests.defs.stock_history import StockHistory
from analytics_platform_tests.defs.stock_metrics_by_hand import StockMetrics

Answers = Callable[[str], Any]
"""JSON of a path, its numbers with a point as decimals."""

_RATE_PLACES = 1e-11
_CENT = 0.01


def assert_answers_are_those_by_hand(answers: Answers, history: StockHistory) -> None:
    """Compare every metric, adjusted and raw, each at the places that it is published with."""
    expected = StockMetrics(history)
    _compare_returns(answers, expected, history)
    _compare_values(answers, expected)
    _compare_volatilities(answers, expected)
    _compare_windows(answers, expected)


def _compare_returns(answers: Answers, expected: StockMetrics, history: StockHistory) -> None:
    days = history.sessions()
    dates = f"from_date={days[0]}&to_date={days[-1]}"
    rows = answers(f"/metrics/average-daily-return?{dates}")
    found = {row["business_date"]: (row["average_return_pct"], row["raw_average_return_pct"]) for row in rows}
    asked = {str(day): both for day, both in expected.average_daily_returns().items()}
    assert len(asked) == len(days) - 1
    assert found == asked
    assert rows == answers(f"/metrics/daily-average-return?{dates}")


def _compare_values(answers: Answers, expected: StockMetrics) -> None:
    row = answers("/metrics/most-valuable-day")
    day, value = expected.most_valuable_day()
    assert row["business_date"] == str(day)
    for name in ("mean_value_traded_usd", "raw_mean_value_traded_usd"):
        assert float(row[name]) == approx(float(value), abs=_CENT)
    stock, traded = expected.most_valuable_stock()
    assert row["ticker"] == stock
    assert float(row["stock_mean_value_traded_usd"]) == approx(float(traded), abs=_CENT)


def _compare_volatilities(answers: Answers, expected: StockMetrics) -> None:
    row = answers("/metrics/most-volatile")
    for basis, is_adjusted in (("", True), ("raw_", False)):
        stocks = expected.volatilities(is_adjusted=is_adjusted)
        daily, annual = stocks[row["ticker"]]
        assert float(row[f"{basis}daily_volatility_rate"]) == approx(daily, abs=_RATE_PLACES)
        assert float(row[f"{basis}annualised_volatility_rate"]) == approx(annual, abs=_RATE_PLACES)
        ranked = sorted(stocks, key=lambda name: (-stocks[name][0], name))
        assert row[f"{basis}volatility_rank"] == ranked.index(row["ticker"]) + 1
    assert row["volatility_rank"] == 1


def _compare_windows(answers: Answers, expected: StockMetrics) -> None:
    rows = answers("/metrics/best-return-windows")
    for basis, is_adjusted in (("adjusted", True), ("raw", False)):
        told = "return_pct" if is_adjusted else "raw_return_pct"
        found = [
            (row["ticker"], row["first_date"], row["last_date"], Decimal(row[told]))
            for row in rows
            if row["basis"] == basis
        ]
        asked = expected.best_windows(is_adjusted=is_adjusted)
        assert found == [(each.ticker, str(each.first), str(each.last), each.pct) for each in asked]
