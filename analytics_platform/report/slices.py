"""Rows of one portfolio, cut out of the frames and put in order. Nothing is computed."""

from dataclasses import dataclass

import polars as pl

from analytics_platform.report.data import (
    AnyRow,
    ExposureRow,
    MetricRow,
    PositionRow,
    ReportData,
    ReturnRow,
    RiskRow,
    StressRow,
    rows,
)


@dataclass(frozen=True)
class Slices:
    """Rows of one portfolio: histories up to the session of `risk`, and the rows of that session."""

    risk: RiskRow
    returns: list[ReturnRow]
    metric_history: list[MetricRow]
    metrics: list[MetricRow]
    positions: list[PositionRow]
    stress: list[StressRow]
    exposures: list[ExposureRow]


def slices(data: ReportData, risk: RiskRow) -> Slices:
    """Cut out what belongs to the portfolio and session of `risk`, whatever the order of the frames."""
    session = risk.business_date
    returns = [
        row for row in history(data.returns, risk.portfolio_id, ReturnRow) if row.business_date <= session
    ]
    metrics = history(data.risk_metrics, risk.portfolio_id, MetricRow)
    today = [row for row in metrics if row.business_date == session]
    positions = _of_session(data.positions, risk, PositionRow)
    stress = _of_session(data.stress, risk, StressRow)
    exposures = _of_session(data.exposures, risk, ExposureRow)
    return Slices(
        risk,
        [row for row in returns if row.business_date <= session],
        metrics,
        sorted(today, key=lambda row: (row.metric, row.confidence)),
        sorted(positions, key=lambda row: row.instrument_id),
        sorted(stress, key=lambda row: (row.pnl is None, row.pnl or 0.0, row.scenario_id)),
        sorted(exposures, key=lambda row: (row.dimension, row.bucket or "")),
    )


def history(frame: pl.DataFrame, portfolio_id: str, row_type: type[AnyRow]) -> list[AnyRow]:
    """Rows of a portfolio, oldest first."""
    return rows(frame.filter(pl.col("portfolio_id") == portfolio_id).sort("business_date"), row_type)


def _of_session(frame: pl.DataFrame, risk: RiskRow, row_type: type[AnyRow]) -> list[AnyRow]:
    is_wanted = (pl.col("portfolio_id") == risk.portfolio_id) & (
        pl.col("business_date") == risk.business_date
    )
    return rows(frame.filter(is_wanted), row_type)
