"""Who brings the risk of a portfolio: parts of the historical measures by instrument."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.components import value_at_risk_components
from analytics_platform.risk.measures import shortfall_components
from analytics_platform.risk.portfolio_measures import CONFIDENCES, session_portfolios
from analytics_platform.risk.portfolios import PortfolioPnl, by_session
from analytics_platform.risk.results import joined_frames
from analytics_platform.risk.tail_measures import tail_measures
from analytics_platform.tables.risk import RISK_CONTRIBUTIONS


class _Positions(NamedTuple):
    """Net holdings of one portfolio: its row, names, P&L [position x scenario], market values."""

    row: int
    names: list[str]
    pnl: Floats
    value: Floats


class _Parts(NamedTuple):
    """One metric of a portfolio, what each position brings to it, and its change without the position."""

    positions: _Positions
    metric: str
    confidence: float
    total: float
    parts: Floats
    incremental: Floats


def contribute(
    holdings: pl.DataFrame,
    portfolios: pl.DataFrame,
    scenario_pnl: pl.DataFrame,
    *,
    confidences: Sequence[float] = CONFIDENCES,
    sessions: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Parts of the historical value at risk and expected shortfall that the instruments bring.

    Parameters and errors as in `portfolio_measures.measure`.

    Returns
    -------
    DataFrame
        Columns of `tables.risk.RISK_CONTRIBUTIONS`; one row per instrument with a net holding. The
        parts of a portfolio sum to its metric. `marginal` is the part over the market value of the
        position, null where that is zero; `incremental` is found by leaving the instrument out. A
        portfolio whose metric is missing has no rows.

    """
    levels = [float(confidence) for confidence in confidences]
    values = by_session(scenario_pnl.select("business_date", "instrument_id", "currency", "unit_value"))
    frames = [
        _rows(session, found, list(_held(found, values.get(session))), levels)
        for session, found in session_portfolios(holdings, portfolios, scenario_pnl, sessions)
    ]
    return joined_frames(RISK_CONTRIBUTIONS, frames)


def _held(portfolios: PortfolioPnl, values: pl.DataFrame | None) -> Iterator[_Positions]:
    """Positions of every portfolio that has a metric and holds anything."""
    known: dict[tuple[str, str], float | None] = {}
    if values is not None:
        known = {(name, code): value for _day, name, code, value in values.iter_rows()}
    for number, status in enumerate(portfolios.status):
        names, pnl = portfolios.positions(number)
        if status == "missing" or not names:
            continue
        code, quantities = portfolios.currencies[number], portfolios.held_quantities(number)
        unit = np.array([known.get((name, code)) for name in names], dtype=np.float64)
        yield _Positions(number, names, pnl, quantities * unit)


def _parts(positions: _Positions, confidences: Sequence[float]) -> Iterator[_Parts]:
    pnl = positions.pnl
    total = pnl.sum(axis=0)
    # The portfolio, then the portfolio without each position.
    measured = tail_measures(np.vstack([total, total - pnl]), confidences)
    for (metric, confidence), values in measured.items():
        if metric == "expected_shortfall":
            parts = shortfall_components(pnl, confidence=confidence)
        else:
            parts = value_at_risk_components(pnl, confidence=confidence)
            if np.isnan(parts).any():
                # Around it losses are unlike the value at risk: only its own scenario splits it exactly.
                parts = value_at_risk_components(pnl, confidence=confidence, neighbours=0)
        yield _Parts(positions, metric, confidence, float(values[0]), parts, values[0] - values[1:])


def _rows(
    session: date, portfolios: PortfolioPnl, held: Sequence[_Positions], confidences: Sequence[float]
) -> pl.DataFrame:
    found = [one for positions in held for one in _parts(positions, confidences)]
    nothing = np.zeros(0)
    parts = np.concatenate([nothing, *(one.parts for one in found)])
    value = np.concatenate([nothing, *(one.positions.value for one in found)])
    sizes = [len(one.positions.names) for one in found]
    total = np.repeat(np.array([one.total for one in found], dtype=np.float64), sizes)
    row = np.repeat(np.array([one.positions.row for one in found], dtype=np.int64), sizes)
    return pl.DataFrame(
        {
            "business_date": pl.repeat(session, len(parts), dtype=pl.Date, eager=True),
            "portfolio_id": pl.Series(portfolios.portfolio_ids)[row],
            "instrument_id": [name for one in found for name in one.positions.names],
            "metric": [one.metric for one in found for _name in one.positions.names],
            "confidence": np.repeat(np.array([one.confidence for one in found], dtype=np.float64), sizes),
            "currency": pl.Series(portfolios.currencies)[row],
            "contribution": parts,
            "share_rate": _quotient(parts, total),
            "marginal": _quotient(parts, value),
            "incremental": np.concatenate([nothing, *(one.incremental for one in found)]),
        },
        schema=RISK_CONTRIBUTIONS.columns,
    )


def _quotient(top: Floats, bottom: Floats) -> pl.Series:
    """Quotient, null where the denominator is zero or missing."""
    is_known = (bottom != 0.0) & ~np.isnan(bottom)
    return pl.Series(np.where(is_known, top / np.where(is_known, bottom, 1.0), np.nan), nan_to_null=True)
