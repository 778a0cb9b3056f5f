"""Rows of `risk_metrics`: figures of all portfolios on one session, with what is known of each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.portfolios import PortfolioPnl
from analytics_platform.risk.valuations import shortened
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.tables.risk import RISK_METRICS


@dataclass(frozen=True)
class Figure:
    """One metric by one method at one confidence, of all portfolios in their order.

    Attributes
    ----------
    metric, method : str
    confidence : float
    n_scenarios : int
        Scenarios, or moves of history, that the values rest on.
    values : ndarray of shape (n_portfolios,)
        What stands there for a portfolio that is missing means nothing.
    errors : ndarray of shape (n_portfolios,), optional
        Standard errors of simulated values.
    warnings : sequence of str
        What to know of the value of each portfolio, empty for nothing.
    faults : sequence of str
        Why there is no value, beyond what the portfolio says of itself.

    """

    metric: str
    method: str
    confidence: float
    n_scenarios: int
    values: Floats
    errors: Floats | None = None
    warnings: Sequence[str] = ()
    faults: Sequence[str] = ()


def metric_rows(session: date, portfolios: PortfolioPnl, figures: Sequence[Figure]) -> pl.DataFrame:
    """Figures of one session as rows of `risk_metrics`; without a value where a portfolio is missing."""
    n = len(portfolios.portfolio_ids)
    judged = [_judged(portfolios, figure, row) for figure in figures for row in range(n)]
    is_missing = pl.Series([status == "missing" for status, _reason in judged], dtype=pl.Boolean)
    nothing = np.full(n, np.nan)
    frame = pl.DataFrame(
        {
            "business_date": [session] * len(judged),
            "portfolio_id": portfolios.portfolio_ids * len(figures),
            "metric": [figure.metric for figure in figures for _ in range(n)],
            "method": [figure.method for figure in figures for _ in range(n)],
            "confidence": [figure.confidence for figure in figures for _ in range(n)],
            "horizon_days": [1] * len(judged),
            "currency": portfolios.currencies * len(figures),
            "value": _joined([figure.values for figure in figures]),
            "standard_error": _joined([nothing if f.errors is None else f.errors for f in figures]),
            "n_scenarios": [figure.n_scenarios for figure in figures for _ in range(n)],
            "status": [status for status, _reason in judged],
            "reason": [reason or None for _status, reason in judged],
            "model_version": [MODEL_VERSION] * len(judged),
        },
        schema=RISK_METRICS.columns,
    )
    return frame.with_columns(
        pl.when(~is_missing).then(pl.col("value", "standard_error")),
        n_scenarios=pl.when(is_missing).then(0).otherwise("n_scenarios"),
    )


def _joined(parts: Sequence[Floats]) -> pl.Series:
    return pl.Series(np.concatenate([np.zeros(0), *parts]), nan_to_null=True)


def _judged(portfolios: PortfolioPnl, figure: Figure, row: int) -> tuple[str, str]:
    """Status and reason of one value: the portfolio's own, or what the figure adds to it."""
    status, reason = portfolios.status[row], portfolios.reason[row]
    if status == "missing":
        return status, reason
    if figure.faults and figure.faults[row]:
        return "missing", shortened(figure.faults[row])
    if figure.warnings and figure.warnings[row]:
        warning = figure.warnings[row]
        return "warning", shortened(f"{warning}; {reason}" if reason else warning)
    return status, reason
