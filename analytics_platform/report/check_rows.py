"""Typed rows of what is checked: backtests, findings of data quality, breaks against other books."""

from dataclasses import dataclass
from datetime import date

from analytics_platform.report.analysis_rows import StatusRow
from analytics_platform.report.data import Row


@dataclass(frozen=True, kw_only=True)
class BacktestRow(StatusRow):
    """Row of `var_backtests`."""

    confidence: float
    n_days: int
    n_exceptions: int
    expected_exceptions: float | None
    kupiec_p_value: float | None
    independence_p_value: float | None
    coverage_p_value: float | None
    zone: str | None


@dataclass(frozen=True, kw_only=True)
class BacktestDayRow(StatusRow):
    """Row of `var_backtest_days`."""

    business_date: date
    value_at_risk: float | None
    hypothetical_pnl: float | None
    actual_pnl: float | None
    confidence: float
    is_exception: bool | None


@dataclass(frozen=True, kw_only=True)
class FindingRow(Row):
    """Row of `fct_data_quality_findings`."""

    business_date: date
    check_name: str
    severity: str
    portfolio_id: str | None
    instrument_id: str | None
    value: float | None
    limit_value: float | None
    message: str | None


@dataclass(frozen=True, kw_only=True)
class BreakRow(Row):
    """Row of `fct_reconciliation_breaks`."""

    business_date: date
    check_name: str
    portfolio_id: str | None
    instrument_id: str | None
    currency: str | None
    column_name: str
    left_name: str
    left_value: float | None
    right_name: str
    right_value: float | None
    difference: float | None
    difference_base: float | None
    tolerance: float | None
    is_over_tolerance: bool | None
