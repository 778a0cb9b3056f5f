"""What trades would do to the historical risk of one portfolio, from its stored unit vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.measures import expected_shortfall, value_at_risk

MEASURES = {"value_at_risk": value_at_risk, "expected_shortfall": expected_shortfall}


@dataclass(frozen=True)
class Trade:
    """Units of an instrument to buy (positive) or sell."""

    instrument_id: str
    quantity: float


@dataclass(frozen=True)
class Effect:
    """One metric before and after all trades.

    Attributes
    ----------
    metric : str
    confidence : float
    before, after : float
        A loss is positive.
    incremental : tuple of float
        For each trade, the metric with all trades less the metric with all but this one. They need not
        sum to the change.

    """

    metric: str
    confidence: float
    before: float
    after: float
    incremental: tuple[float, ...]


def what_if(
    quantities: Mapping[str, float],
    trades: Sequence[Trade],
    unit_pnl: Mapping[str, Floats],
    *,
    confidences: Sequence[float],
) -> list[Effect]:
    """Measure a portfolio before and after trades, and without each of them.

    Parameters
    ----------
    quantities : mapping of str to float
        Net holdings by instrument.
    trades : sequence of Trade
        Paid from and into cash of the base currency, which has no risk of its own.
    unit_pnl : mapping of str to ndarray of shape (n_scenarios,)
        P&L of one unit in the base currency, of every instrument held or traded.
    confidences : sequence of float

    Raises
    ------
    KeyError
        If an instrument has no vector.
    ValueError
        As in `measures.value_at_risk`.

    Examples
    --------
    >>> pnl = {"A": np.array([-4.0, 1.0, 2.0, 1.0]), "B": np.array([3.0, -1.0, -1.0, 0.0])}
    >>> effect = what_if({"A": 1.0}, [Trade("B", 1.0)], pnl, confidences=[0.75])[0]
    >>> effect.before, effect.after, effect.incremental
    (4.0, 1.0, (-3.0,))

    """
    bought = [trade.quantity * unit_pnl[trade.instrument_id] for trade in trades]
    size = max((vector.size for vector in unit_pnl.values()), default=0)
    before = np.zeros(size)
    for name in sorted(quantities):
        before += quantities[name] * unit_pnl[name]
    after = before + sum(bought, np.zeros(size))
    pnl = np.vstack([before, after, *(after - own for own in bought)])
    effects = []
    for metric, measure in MEASURES.items():
        for confidence in confidences:
            found = measure(pnl, confidence=confidence)
            parts = tuple((found[1] - found[2:]).tolist())
            effects.append(Effect(metric, confidence, float(found[0]), float(found[1]), parts))
    return effects
