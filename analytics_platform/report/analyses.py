"""Published tables of analyses that the pages read, and their rows of a session."""

from dataclasses import fields

import polars as pl

from analytics_platform.report import analysis_rows as kinds
from analytics_platform.report import check_rows as checks
from analytics_platform.report.data import AnyRow, ReportData, Row, rows

ANALYSES: dict[str, type[Row]] = {
    "period_returns": kinds.PeriodRow,
    "contributions": kinds.ContributionRow,
    "period_contributions": kinds.PeriodContributionRow,
    "attribution": kinds.AttributionRow,
    "period_attribution": kinds.PeriodAttributionRow,
    "delta_exposures": kinds.DeltaRow,
    "limit_utilisation": kinds.LimitRow,
    "cash_flow_ladder": kinds.LadderRow,
    "liquidity": kinds.LiquidityRow,
    "risk_contributions": kinds.PartRow,
    "var_changes": kinds.VarChangeRow,
    "pnl_explains": kinds.ExplainRow,
    "instrument_valuations": kinds.ValuationRow,
    "performance_statistics": kinds.StatisticRow,
    "factor_betas": kinds.BetaRow,
    "var_backtests": checks.BacktestRow,
    "var_backtest_days": checks.BacktestDayRow,
    "data_quality_findings": checks.FindingRow,
    "reconciliation_breaks": checks.BreakRow,
    "key_rate_durations": kinds.KeyRateRow,
    "position_values": kinds.ValuedRow,
}
"""Published tables that a version may lack: older ones were published without them."""

WITH_HISTORY = frozenset(
    {"limit_utilisation", "var_backtest_days", "data_quality_findings", "instrument_valuations"}
)
"""Those of which the pages show more than the reported session."""

NOT_COMPUTED = "Not computed: this version was published without this table."
NOTHING = "Nothing to show for this session."


def absence(data: ReportData, name: str, nothing: str = NOTHING) -> str:
    """Say in place of a table without lines that it was not computed, or that there is nothing."""
    return nothing if name in data.analyses else NOT_COMPUTED


def analysis(
    data: ReportData,
    name: str,
    row_type: type[AnyRow],
    portfolio_id: str | None = None,
    *,
    history: bool = False,
) -> list[AnyRow]:
    """Rows of the reported session, or all up to it; none where the version lacks the table.

    Raises
    ------
    ValueError
        If the history of a table is asked for that is read for the session only.
    """
    if history and name not in WITH_HISTORY:
        message = f"{name} is read for the reported session only: add it to WITH_HISTORY"
        raise ValueError(message)
    frame = data.risk_metrics if name == "risk_metrics" else data.analyses.get(name)
    if frame is None or data.session is None:
        return []
    is_wanted = (
        pl.col("business_date") <= data.session if history else pl.col("business_date") == data.session
    )
    if portfolio_id is not None:
        is_wanted &= pl.col("portfolio_id") == portfolio_id
    found = frame.filter(is_wanted)
    names = [column.name for column in fields(row_type)]
    lacking = [column for column in names if column not in found.columns]
    found = found.with_columns(pl.lit(None).alias(column) for column in lacking)
    return rows(found.sort(["business_date", *(n for n in names if n != "business_date")]), row_type)
