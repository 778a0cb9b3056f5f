"""Measures of portfolios out of unit vectors: value at risk, expected shortfall and who brings it."""

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from analytics_platform.risk.measures import expected_shortfall, shortfall_components, tail, value_at_risk
from analytics_platform.risk.portfolios import PortfolioPnl, by_session, portfolio_pnl, vectors_by_currency
from analytics_platform.risk.results import result_frame
from analytics_platform.risk.tree import check_holdings, portfolio_tree
from analytics_platform.risk.valuations import shortened
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.tables.risk import RISK_CONTRIBUTIONS, RISK_METRICS

CONFIDENCES = (0.95, 0.975, 0.99)
CONTRIBUTION_CONFIDENCE = 0.975
"""Changes whenever the same inputs would give other numbers."""
_FEW = "fewer than one scenario in the tail: worst loss"
_MEASURES = {"value_at_risk": value_at_risk, "expected_shortfall": expected_shortfall}


def _portfolios(
    holdings: pl.DataFrame,
    portfolios: pl.DataFrame,
    scenario_pnl: pl.DataFrame,
    sessions: Sequence[date] | None,
) -> Iterator[tuple[date, PortfolioPnl]]:
    """P&L of the portfolios on every session, by default on those that have vectors or holdings."""
    tree = portfolio_tree(portfolios)
    check_holdings(holdings, tree)
    held, vectors = by_session(holdings), by_session(scenario_pnl)
    for session in sorted(set(held | vectors if sessions is None else sessions)):
        unit = vectors_by_currency(vectors[session]) if session in vectors else {}
        yield session, portfolio_pnl(tree, held.get(session, holdings.clear()), unit)


def measure(
    holdings: pl.DataFrame,
    portfolios: pl.DataFrame,
    scenario_pnl: pl.DataFrame,
    *,
    confidences: Sequence[float] = CONFIDENCES,
    sessions: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Value at risk and expected shortfall of every portfolio with all that is below it.

    Parameters
    ----------
    holdings, portfolios : DataFrame
        As in `RiskInputs`.
    scenario_pnl : DataFrame
        As from `revalue`.
    confidences : sequence of float
    sessions : sequence of date, optional
        Default: every session of `holdings` or `scenario_pnl`.

    Returns
    -------
    DataFrame
        Columns of `tables.risk.RISK_METRICS`; every portfolio, session and confidence has its rows.
        A portfolio that holds an instrument without a vector is missing, never a part of itself.

    Raises
    ------
    ValueError
        If the portfolios are no tree, holdings name an unknown portfolio or hold an instrument
        twice, or a confidence is outside (0, 1).

    """
    rows = (
        row
        for session, portfolios_pnl in _portfolios(holdings, portfolios, scenario_pnl, sessions)
        for confidence in confidences
        for metric in _MEASURES
        for row in _metric_rows(session, portfolios_pnl, metric, float(confidence))
    )
    return result_frame(RISK_METRICS, rows)


def _metric_rows(
    session: date, portfolios: PortfolioPnl, metric: str, confidence: float
) -> Iterator[dict[str, object]]:
    n_scenarios = portfolios.pnl.shape[1]
    is_short = tail(max(n_scenarios, 1), confidence).is_short
    values = _MEASURES[metric](portfolios.pnl, confidence=confidence).tolist() if n_scenarios else []
    for row, portfolio in enumerate(portfolios.portfolio_ids):
        status, reason = portfolios.status[row], portfolios.reason[row]
        is_missing = status == "missing"
        if is_short and not is_missing:
            status, reason = "warning", shortened(f"{_FEW}; {reason}" if reason else _FEW)
        yield {
            "business_date": session,
            "portfolio_id": portfolio,
            "metric": metric,
            "method": "historical",
            "confidence": confidence,
            "horizon_days": 1,
            "currency": portfolios.currencies[row],
            "value": None if is_missing else values[row],
            "n_scenarios": 0 if is_missing else n_scenarios,
            "status": status,
            "reason": reason or None,
            "model_version": MODEL_VERSION,
        }


def contribute(
    holdings: pl.DataFrame,
    portfolios: pl.DataFrame,
    scenario_pnl: pl.DataFrame,
    *,
    confidence: float = CONTRIBUTION_CONFIDENCE,
    sessions: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Parts of the expected shortfall of every portfolio that its instruments bring.

    Parameters and errors as in `measure`.

    Returns
    -------
    DataFrame
        Columns of `tables.risk.RISK_CONTRIBUTIONS`; one row per instrument with a net holding. The
        parts of a portfolio sum to its expected shortfall. A portfolio whose metric is missing has
        no rows.

    """
    rows = (
        row
        for session, portfolios_pnl in _portfolios(holdings, portfolios, scenario_pnl, sessions)
        for number, status in enumerate(portfolios_pnl.status)
        if status != "missing"
        for row in _contribution_rows(session, portfolios_pnl, number, float(confidence))
    )
    return result_frame(RISK_CONTRIBUTIONS, rows)


def _contribution_rows(
    session: date, portfolios: PortfolioPnl, number: int, confidence: float
) -> Iterator[dict[str, object]]:
    names, position_pnl = portfolios.positions(number)
    total = float(expected_shortfall(portfolios.pnl[number], confidence=confidence))
    parts: list[float] = []
    if names:
        parts = shortfall_components(position_pnl, confidence=confidence).tolist()
    for name, part in zip(names, parts, strict=True):
        yield {
            "business_date": session,
            "portfolio_id": portfolios.portfolio_ids[number],
            "instrument_id": name,
            "metric": "expected_shortfall",
            "confidence": confidence,
            "currency": portfolios.currencies[number],
            "contribution": part,
            "share_rate": part / total if total else None,
        }
