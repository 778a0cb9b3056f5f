"""Typed rows of what explains and sums up the results; data.py holds the rows of the results themselves."""

from dataclasses import dataclass
from datetime import date

from analytics_platform.report.data import Row


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
class KeyRateRow(Row):
    """Row of `key_rate_durations`."""

    instrument_id: str
    tenor_years: float
    curve_id: str
    duration_years: float | None
    dv01_local: float | None


@dataclass(frozen=True, kw_only=True)
class ValuedRow(Row):
    """Row of `fct_position_values`: what one unit of a position is worth in the base of its holder."""

    portfolio_id: str
    instrument_id: str
    currency: str
    base_currency: str
    quantity: float | None
    multiplier: float | None
    fx_rate: float | None
