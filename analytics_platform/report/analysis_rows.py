"""Typed rows of what explains and sums up the results; data.py holds the rows of the results themselves."""

from dataclasses import dataclass, fields
from datetime import date

import polars as pl

from analytics_platform.report.data import AnyRow, ReportData, Row, rows


@dataclass(frozen=True, kw_only=True)
class StatusRow(Row):
    """A row that tells whether its values can be used."""

    status: str
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class PeriodRow(StatusRow):
    """Row of `fct_period_returns`."""

    period: str
    pnl_base: float | None
    price_pnl_base: float | None
    fx_pnl_base: float | None
    cross_pnl_base: float | None
    income_base: float | None
    trading_pnl_base: float | None
    return_rate: float | None
    annualised_return_rate: float | None
    modified_dietz_rate: float | None
    benchmark_return_rate: float | None
    active_return_rate: float | None


@dataclass(frozen=True, kw_only=True)
class ContributionRow(StatusRow):
    """Row of `fct_contributions`."""

    instrument_id: str
    pnl_base: float | None
    contribution_rate: float | None


@dataclass(frozen=True, kw_only=True)
class PeriodContributionRow(ContributionRow):
    """Row of `fct_period_contributions`."""

    period: str


@dataclass(frozen=True, kw_only=True)
class AttributionRow(StatusRow):
    """Row of `fct_attribution`."""

    sector: str | None
    allocation_rate: float | None
    selection_rate: float | None
    interaction_rate: float | None


@dataclass(frozen=True, kw_only=True)
class PeriodAttributionRow(AttributionRow):
    """Row of `fct_period_attribution`."""

    period: str


@dataclass(frozen=True, kw_only=True)
class DeltaRow(StatusRow):
    """Row of `rpt_delta_exposures`."""

    dimension: str
    bucket: str | None
    gross_base: float | None
    net_base: float | None
    weight_rate: float | None


@dataclass(frozen=True, kw_only=True)
class LimitRow(Row):
    """Row of `rpt_limit_utilisation`."""

    business_date: date
    portfolio_id: str
    limit_id: str
    metric: str
    confidence: str | None
    dimension: str | None
    bucket: str | None
    value_rate: float | None
    lower: float | None
    upper: float | None
    utilisation_rate: float | None
    state: str
    n_sessions_in_state: int | None
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class LadderRow(StatusRow):
    """Row of `fct_cash_flow_ladder`."""

    currency: str
    bucket: str
    bucket_order: int
    kind: str
    amount_local: float | None
    amount_base: float | None


@dataclass(frozen=True, kw_only=True)
class LiquidityRow(StatusRow):
    """Row of `fct_liquidity`."""

    instrument_id: str
    quantity: float | None
    average_daily_volume: float | None
    days_to_liquidate: float | None


@dataclass(frozen=True, kw_only=True)
class MethodRow(StatusRow):
    """Row of `risk_metrics`, whatever its method."""

    metric: str
    method: str
    confidence: float
    value: float | None
    standard_error: float | None


@dataclass(frozen=True, kw_only=True)
class PartRow(Row):
    """Row of `risk_contributions`."""

    instrument_id: str
    metric: str
    confidence: float
    contribution: float | None
    share_rate: float | None
    marginal: float | None
    incremental: float | None


@dataclass(frozen=True, kw_only=True)
class VarChangeRow(StatusRow):
    """Row of `var_changes`."""

    metric: str
    confidence: float
    previous_value: float | None
    positions_effect: float | None
    market_effect: float | None
    window_effect: float | None
    value: float | None


@dataclass(frozen=True, kw_only=True)
class ExplainRow(StatusRow):
    """Row of `pnl_explains`."""

    instrument_id: str
    pnl: float | None
    delta_pnl: float | None
    gamma_pnl: float | None
    vega_pnl: float | None
    theta_pnl: float | None
    rho_pnl: float | None
    fx_pnl: float | None
    income_pnl: float | None
    trading_pnl: float | None
    unexplained_pnl: float | None


@dataclass(frozen=True, kw_only=True)
class ValuationRow(StatusRow):
    """Row of `instrument_valuations`."""

    instrument_id: str
    yield_rate: float | None
    modified_duration_years: float | None
    dv01_local: float | None
    implied_volatility: float | None
    delta: float | None


@dataclass(frozen=True, kw_only=True)
class StatisticRow(StatusRow):
    """Row of `performance_statistics`."""

    lookback: str
    statistic: str
    value: float | None
    n_returns: int


@dataclass(frozen=True, kw_only=True)
class BetaRow(StatusRow):
    """Row of `factor_betas`."""

    factor_id: str
    beta: float | None
    standard_error: float | None
    t_statistic: float | None
    r_squared: float | None


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
    message: str | None


ANALYSES: dict[str, type[Row]] = {
    "period_returns": PeriodRow,
    "contributions": ContributionRow,
    "period_contributions": PeriodContributionRow,
    "attribution": AttributionRow,
    "period_attribution": PeriodAttributionRow,
    "delta_exposures": DeltaRow,
    "limit_utilisation": LimitRow,
    "cash_flow_ladder": LadderRow,
    "liquidity": LiquidityRow,
    "risk_contributions": PartRow,
    "var_changes": VarChangeRow,
    "pnl_explains": ExplainRow,
    "instrument_valuations": ValuationRow,
    "performance_statistics": StatisticRow,
    "factor_betas": BetaRow,
    "var_backtests": BacktestRow,
    "var_backtest_days": BacktestDayRow,
    "data_quality_findings": FindingRow,
}
"""Published tables that a version may lack: older ones were published without them."""


def analysis(
    data: ReportData,
    name: str,
    row_type: type[AnyRow],
    portfolio_id: str | None = None,
    *,
    history: bool = False,
) -> list[AnyRow]:
    """Rows of the reported session, or all up to it; none where the version lacks the table."""
    frame = data.risk_metrics if name == "risk_metrics" else data.analyses.get(name)
    if frame is None or data.session is None:
        return []
    is_wanted = (
        pl.col("business_date") <= data.session if history else pl.col("business_date") == data.session
    )
    if portfolio_id is not None:
        is_wanted &= pl.col("portfolio_id") == portfolio_id
    found = frame.filter(is_wanted)
    lacking = [field.name for field in fields(row_type) if field.name not in found.columns]
    found = found.with_columns(pl.lit(None).alias(column) for column in lacking)
    names = [field.name for field in fields(row_type)]
    return rows(found.sort(["business_date", *(n for n in names if n != "business_date")]), row_type)
