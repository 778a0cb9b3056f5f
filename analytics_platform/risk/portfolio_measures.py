"""Value at risk and expected shortfall of portfolios out of the stored unit vectors."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.measures import tail
from analytics_platform.risk.metric_rows import Figure, metric_rows
from analytics_platform.risk.numeric_input import tail_share
from analytics_platform.risk.portfolios import PortfolioPnl, by_session, portfolio_pnl, vectors_by_currency
from analytics_platform.risk.results import joined_frames
from analytics_platform.risk.tail_measures import METRICS, tail_measures
from analytics_platform.risk.tree import check_holdings, portfolio_tree
from analytics_platform.risk.weighting import (
    age_weighted_expected_shortfall,
    age_weighted_value_at_risk,
    age_weights,
    volatility_scaled,
)
from analytics_platform.tables.risk import RISK_METRICS

CONFIDENCES = (0.95, 0.975, 0.99)
AGE_DECAY = 0.995
"""Weight of a scenario over that of the next newer one; with 500 scenarios the oldest counts a twelfth."""
VOLATILITY_DECAY = 0.94
"""Decay of the volatility that scenarios are scaled to, and of the exponentially weighted covariance."""
_ROUNDING = 1.0 + 1e-9
_FEW = "fewer than one scenario in the tail: worst loss"
_HEAVY = "the worst scenario carries the whole tail: worst loss"
_VALUE_AT_RISK, _SHORTFALL = METRICS


def session_portfolios(
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
        yield session, portfolio_pnl(tree, held.get(session, holdings.clear()), unit, session)


def measure(
    holdings: pl.DataFrame,
    portfolios: pl.DataFrame,
    scenario_pnl: pl.DataFrame,
    *,
    confidences: Sequence[float] = CONFIDENCES,
    sessions: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Value at risk and expected shortfall of every portfolio with all that is below it.

    The methods are those that need nothing but the vectors: `historical`; `age_weighted`, with weights
    that fall by `AGE_DECAY` a session; `volatility_scaled`, of the portfolio's own P&L scaled to the
    volatility that an exponentially weighted average forecasts.

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
        Columns of `tables.risk.RISK_METRICS`; every portfolio, session, method and confidence has its
        rows. A portfolio that holds an instrument without a vector is missing, never a part of itself.

    Raises
    ------
    ValueError
        If the portfolios are no tree, holdings name an unknown portfolio or hold an instrument
        twice, or a confidence is outside (0, 1).

    References
    ----------
    Hull, J. C. Risk Management and Financial Institutions, chapter on historical simulation: "Weighting
    of observations" (0.995 for 500 scenarios) and "Incorporating volatility updating", where the losses
    of the portfolio itself are scaled.

    """
    wanted = [float(confidence) for confidence in confidences]
    frames = [
        metric_rows(session, found, _figures(found.pnl, wanted))
        for session, found in session_portfolios(holdings, portfolios, scenario_pnl, sessions)
    ]
    return joined_frames(RISK_METRICS, frames)


def _figures(pnl: Floats, confidences: Sequence[float]) -> list[Figure]:
    n_portfolios, n_scenarios = pnl.shape
    if n_scenarios == 0:
        nothing = np.full(n_portfolios, np.nan)
        return [
            Figure(metric, method, confidence, 0, nothing)
            for confidence in confidences
            for metric in METRICS
            for method in ("historical", "age_weighted", "volatility_scaled")
        ]
    plain, scaled = tail_measures(pnl, confidences), tail_measures(_scaled(pnl), confidences)
    # The weight of each portfolio's worst scenario: alone it may reach the tail.
    worst = age_weights(n_scenarios, decay=AGE_DECAY)[pnl.argmin(axis=1)]
    figures = []
    for confidence in confidences:
        few = [_FEW if tail(n_scenarios, confidence).is_short else ""] * n_portfolios
        heavy = [_HEAVY if one > tail_share(confidence) * _ROUNDING else "" for one in worst.tolist()]
        of = {
            ("historical", _VALUE_AT_RISK): plain[_VALUE_AT_RISK, confidence],
            ("historical", _SHORTFALL): plain[_SHORTFALL, confidence],
            ("age_weighted", _VALUE_AT_RISK): age_weighted_value_at_risk(
                pnl, decay=AGE_DECAY, confidence=confidence
            ),
            ("age_weighted", _SHORTFALL): age_weighted_expected_shortfall(
                pnl, decay=AGE_DECAY, confidence=confidence
            ),
            ("volatility_scaled", _VALUE_AT_RISK): scaled[_VALUE_AT_RISK, confidence],
            ("volatility_scaled", _SHORTFALL): scaled[_SHORTFALL, confidence],
        }
        figures += [
            Figure(
                metric,
                method,
                confidence,
                n_scenarios,
                values,
                warnings=heavy if method == "age_weighted" else few,
            )
            for (method, metric), values in of.items()
        ]
    return figures


def _scaled(pnl: Floats) -> Floats:
    """P&L at the volatility of today; what never moves, as cash, has none and stays as it is."""
    scaled = pnl.copy()
    is_moving = pnl.any(axis=1)
    if is_moving.any():
        scaled[is_moving] = volatility_scaled(pnl[is_moving], decay=VOLATILITY_DECAY)
    return scaled
