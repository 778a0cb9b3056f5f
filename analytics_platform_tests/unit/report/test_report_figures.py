"""The numbers that only the pages compute."""

from datetime import date

import pytest

from analytics_platform.report.data import MetricRow, PositionRow, ReturnRow, RiskRow
from analytics_platform.report.figures import (
    backtest,
    contributors,
    cumulated,
    groups,
    movers,
    periods,
    total,
)

SESSION = date(2013, 3, 4)


def _return(
    day: date, rate: float | None, benchmark: float | None = 0.01, pnl: float | None = 10.0
) -> ReturnRow:
    return ReturnRow(
        business_date=day,
        nav_base=100.0,
        pnl_base=pnl,
        return_rate=rate,
        benchmark_return_rate=benchmark,
        status="ok",
        reason=None if rate is not None else "no FX rate",
    )


def _position(instrument_id: str, kind: str, value: float | None, shortfall: float | None) -> PositionRow:
    return PositionRow(
        instrument_id=instrument_id,
        instrument_name=None,
        instrument_type=kind,
        currency="USD",
        quantity=1.0,
        price_local=value,
        market_value_base=value,
        weight_rate=value,
        day_pnl_base=shortfall,
        es_975_contribution_base=shortfall,
        status="ok",
        reason=None,
    )


def _risk() -> RiskRow:
    return RiskRow(
        business_date=SESSION,
        portfolio_id="P",
        parent_portfolio_id=None,
        name=None,
        base_currency="USD",
        day_pnl_base=10.0,
        day_return_rate=0.02,
        mtd_return_rate=0.03,
        ytd_return_rate=0.04,
        benchmark_ytd_return_rate=0.01,
        status="ok",
        reason=None,
    )


DAYS = [date(2012, 12, 31), date(2013, 1, 2), date(2013, 2, 28), date(2013, 3, 1), SESSION]


def test_money_of_a_period_is_the_sum_of_its_sessions() -> None:
    returns = [_return(day, 0.01) for day in DAYS]
    day, month, year = periods(_risk(), returns, DAYS[0])
    assert [day.pnl_base, month.pnl_base, year.pnl_base] == [10.0, 20.0, 40.0]
    assert month.benchmark_rate == pytest.approx(1.01**2 - 1)
    assert day.active_rate == pytest.approx(0.01)
    assert year.active_rate == pytest.approx(0.03)


def test_money_of_a_period_that_began_before_the_history_is_missing_with_the_reason() -> None:
    returns = [_return(day, 0.01) for day in DAYS[2:]]
    _, month, year = periods(_risk(), returns, DAYS[2])
    assert month.pnl_base == 20.0
    assert (year.pnl_base, year.return_rate) == (None, 0.04)
    assert year.reason == "the history on this page begins on 28 February 2013"


def test_a_history_that_begins_on_the_first_of_the_month_covers_it() -> None:
    _, month, _ = periods(_risk(), [_return(day, 0.01) for day in DAYS[3:]], DAYS[3])
    assert (month.pnl_base, month.reason) == (20.0, None)


def test_a_missing_day_makes_the_money_of_its_period_missing_not_smaller() -> None:
    returns = [_return(day, 0.01) for day in DAYS[:3]] + [
        _return(DAYS[3], None, pnl=None),
        _return(SESSION, 0.01),
    ]
    _, month, _ = periods(_risk(), returns, DAYS[0])
    assert month.pnl_base is None
    assert month.reason == "1 March 2013: no FX rate"


def test_returns_are_chained_from_zero_on_the_session_before() -> None:
    chained = cumulated([_return(DAYS[0], None), _return(DAYS[1], 0.1), _return(DAYS[2], 0.1)])
    assert chained.dates == DAYS[:3]
    assert chained.portfolio == pytest.approx([0.0, 0.1, 0.21])
    assert chained.benchmark == pytest.approx([0.0, 0.01, 0.0201])
    assert chained.gap is None


def test_a_gap_breaks_the_chain_and_is_named() -> None:
    rates = [0.5, 0.5, None, 0.1, None]
    chained = cumulated([_return(day, rate) for day, rate in zip(DAYS, rates, strict=True)])
    assert chained.dates == DAYS[2:4]
    assert chained.portfolio == pytest.approx([0.0, 0.1])
    assert chained.gap is not None
    assert chained.gap.business_date == SESSION


def test_a_missing_benchmark_return_ends_its_line_only() -> None:
    chained = cumulated([_return(DAYS[0], 0.1, 0.1), _return(DAYS[1], 0.1, None), _return(DAYS[2], 0.1, 0.1)])
    assert chained.benchmark == [pytest.approx(0.1), None, None]
    assert None not in chained.portfolio


def test_nothing_to_chain_gives_nothing() -> None:
    assert cumulated([]).dates == []
    assert cumulated([_return(DAYS[0], None)]).dates == []


def test_the_pnl_of_a_day_is_compared_with_the_var_of_the_session_before() -> None:
    returns = [
        _return(day, 0.0, pnl=pnl) for day, pnl in zip(DAYS, [0.0, -90.0, -110.0, 0.0, None], strict=True)
    ]
    metrics = [
        MetricRow(
            business_date=day,
            metric=metric,
            method="historical",
            confidence=confidence,
            horizon_days=1,
            value=value,
            n_scenarios=500,
            status="ok",
            reason=None,
            model_version="1",
        )
        for day, value in zip(DAYS, [80.0, 120.0, 100.0, 100.0, 100.0], strict=True)
        for metric, confidence in (
            ("value_at_risk", 0.99),
            ("value_at_risk", 0.95),
            ("expected_shortfall", 0.99),
        )
    ]
    test = backtest(returns, metrics, sessions=4)
    assert test.dates == DAYS[1:]
    assert test.value_at_risk == [80.0, 120.0, 100.0, 100.0]
    assert (test.n_sessions, test.n_exceptions) == (3, 1)


def test_contributors_are_the_largest_of_either_sign_and_the_rest_adds_up() -> None:
    values = {"A": 5.0, "B": -8.0, "C": 1.0, "D": 0.0}
    found = contributors([_position(key, "equity", 1.0, value) for key, value in values.items()], count=2)
    assert [row.instrument_id for row in found.top] == ["A", "B"]
    assert (found.others, found.others_base) == (2, 1.0)


def test_the_rest_is_missing_if_one_of_it_is() -> None:
    found = contributors([_position("A", "equity", 1.0, 5.0), _position("B", "equity", None, None)], count=2)
    assert (found.others, found.others_base) == (1, None)


def test_movers_are_sorted_from_gain_to_loss() -> None:
    rows = [
        _position(key, "equity", 1.0, pnl) for key, pnl in {"A": -3.0, "B": 9.0, "C": 1.0, "D": None}.items()
    ]
    assert [row.instrument_id for row in movers(rows, count=2)] == ["B", "A"]


def test_positions_are_grouped_by_type_and_a_missing_value_makes_the_sum_missing() -> None:
    rows = [
        _position("B1", "bond", 2.0, 1.0),
        _position("E1", "equity", 1.0, 1.0),
        _position("E2", "equity", 3.0, 1.0),
    ]
    rows += [_position("X1", "swap", None, 1.0)]
    found = groups(rows)
    assert [group.name for group in found] == ["Equities", "Bonds", "Swap"]
    assert [row.instrument_id for row in found[0].positions] == ["E2", "E1"]
    assert [group.market_value_base for group in found] == [4.0, 2.0, None]


def test_a_sum_of_nothing_is_missing() -> None:
    assert total([]) is None
