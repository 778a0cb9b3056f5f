"""What stands on a page, as typed values put together from slices, figures, tree and notes. No markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from analytics_platform.report import figures
from analytics_platform.report.data import (
    DeliveryRow,
    MetricRow,
    PositionRow,
    RejectionRow,
    ReportData,
    ReturnRow,
    RiskRow,
    StressRow,
    rows,
)
from analytics_platform.report.notes import of_results
from analytics_platform.report.slices import history, slices
from analytics_platform.report.tree import ancestors, tree

DIMENSIONS = ("asset_class", "sector", "country", "currency")
BACKTEST_SESSIONS = 250
TOP_CONTRIBUTORS = 10
TOP_MOVERS = 6


@dataclass(frozen=True)
class Measure:
    """VaR and ES at one confidence."""

    confidence: float
    var_base: float | None
    es_base: float | None
    reason: str | None


@dataclass(frozen=True)
class Filing:
    """What all pages say about where the numbers come from."""

    session: date | None
    generated_at: datetime
    version: str
    model_versions: list[str]
    published_at: datetime | None
    known_at: datetime | None
    newest_put_at: datetime | None
    n_deliveries: int
    partly_rejected: list[DeliveryRow]
    rejections: list[RejectionRow]


@dataclass(frozen=True)
class PortfolioView:
    """One portfolio with all that is below it, on the reported session."""

    risk: RiskRow
    ancestors: list[RiskRow]
    children: list[RiskRow]
    periods: list[figures.Period]
    returns: list[ReturnRow]
    cumulated: figures.Cumulated
    backtest: figures.Backtest
    measures: list[Measure]
    n_scenarios: int | None
    horizon_days: int
    movers: list[PositionRow]
    contributors: figures.Contributors
    stress: list[StressRow]
    exposures: list[figures.Exposures]
    positions: figures.Group
    groups: list[figures.Group]
    told: list[tuple[str, str, str | None]]


@dataclass(frozen=True)
class TableSummary:
    """Deliveries of one table."""

    table_name: str
    n_deliveries: int
    first_date: date
    last_date: date
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_ignored: int
    known_at: datetime


def filing(data: ReportData) -> Filing:
    """Where the numbers come from, and what was refused on the way."""
    deliveries = rows(data.deliveries, DeliveryRow)
    rejected = [row for row in deliveries if row.rows_rejected]
    return Filing(
        data.session,
        data.generated_at,
        data.version,
        sorted(set(data.risk_metrics["model_version"].drop_nulls())),
        data.published_at,
        data.known_at,
        max((row.known_at for row in deliveries), default=None),
        len(deliveries),
        sorted(rejected, key=lambda row: (row.table_name, row.known_at, row.uri)),
        sorted(rows(data.rejections, RejectionRow), key=lambda row: (row.key, row.version_id)),
    )


def portfolio_view(data: ReportData, portfolio_id: str) -> PortfolioView:
    """Everything on the page of one portfolio.

    Raises
    ------
    ValueError
        If the portfolio has no row at all; the message names those that have.
    """
    nodes = tree(data)
    by_id = {row.portfolio_id: row for row in nodes}
    if portfolio_id not in by_id:
        message = f"portfolio {portfolio_id!r} has no results; there are {', '.join(sorted(by_id)) or 'none'}"
        raise ValueError(message)
    risk = by_id[portfolio_id]
    found = slices(data, risk)
    oldest = data.returns["business_date"].min()
    return PortfolioView(
        risk=risk,
        ancestors=ancestors(risk, by_id),
        children=[row for row in nodes if row.parent_portfolio_id == portfolio_id],
        periods=figures.periods(risk, found.returns, oldest if isinstance(oldest, date) else None),
        returns=found.returns,
        cumulated=figures.cumulated(found.returns),
        backtest=figures.backtest(found.returns, found.metric_history, sessions=BACKTEST_SESSIONS),
        measures=_measures(risk, found.metrics),
        n_scenarios=max(
            (row.n_scenarios for row in found.metrics if row.method == "historical"), default=None
        ),
        horizon_days=max((row.horizon_days for row in found.metrics), default=1),
        movers=figures.movers(found.positions, count=TOP_MOVERS),
        contributors=figures.contributors(found.positions, count=TOP_CONTRIBUTORS),
        stress=found.stress,
        exposures=figures.exposures(found.exposures, DIMENSIONS),
        positions=figures.Group("All positions", found.positions),
        groups=figures.groups(found.positions),
        told=of_results(found),
    )


def _measures(risk: RiskRow, metrics: Sequence[MetricRow]) -> list[Measure]:
    def reason(confidence: float) -> str | None:
        of_metric = [
            row.reason
            for row in metrics
            for metric in ("value_at_risk", "expected_shortfall")
            if row.reason and figures.is_measure(row, metric, confidence)
        ]
        return of_metric[0] if of_metric else risk.reason

    return [
        Measure(0.95, risk.var_95_base, risk.es_95_base, reason(0.95)),
        Measure(0.975, risk.var_975_base, risk.es_975_base, reason(0.975)),
        Measure(0.99, risk.var_99_base, risk.es_99_base, reason(0.99)),
    ]


def table_summaries(data: ReportData) -> list[TableSummary]:
    """Deliveries by table, in the order of the alphabet."""
    deliveries = rows(data.deliveries, DeliveryRow)
    summaries = []
    for table_name in sorted({row.table_name for row in deliveries}):
        own = [row for row in deliveries if row.table_name == table_name]
        summaries.append(
            TableSummary(
                table_name,
                len(own),
                min(row.first_date for row in own),
                max(row.last_date for row in own),
                sum(row.rows_read for row in own),
                sum(row.rows_accepted for row in own),
                sum(row.rows_rejected for row in own),
                sum(row.rows_ignored for row in own),
                max(row.known_at for row in own),
            )
        )
    return summaries


def nav_history(data: ReportData, risk: RiskRow) -> list[float | None]:
    """NAV of a portfolio up to the reported session, oldest first."""
    own = history(data.returns, risk.portfolio_id, ReturnRow)
    return [row.nav_base for row in own if row.business_date <= risk.business_date]
