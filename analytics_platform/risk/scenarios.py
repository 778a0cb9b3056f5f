"""Sets of scenarios: shocks to today's market, made of the moves of past sessions. Stress is in `stress`."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics_platform.risk.arrays import Floats, Integers
from analytics_platform.risk.market import MarketHistory


@dataclass(frozen=True)
class Shocks:
    """Instantaneous changes of today's market, one column (or row, for curves) per scenario.

    Attributes
    ----------
    equity : ndarray of shape (n_instruments, n_scenarios)
        Relative change of the spot price, by column of the market.
    fx : ndarray of shape (n_currencies, n_scenarios)
        Relative change of the value of one unit in US dollars.
    zero_rates : dict of str to ndarray of shape (n_scenarios, n_nodes)
        Absolute change of the continuous zero rates, by curve.
    volatility_factor, volatility_shift : ndarray, broadcast to (n_instruments, n_scenarios)
        An option's implied volatility becomes max(0, volatility * factor + shift).

    """

    equity: Floats
    fx: Floats
    zero_rates: dict[str, Floats]
    volatility_factor: Floats
    volatility_shift: Floats


@dataclass(frozen=True)
class ScenarioSet:
    """Historical scenarios of one session, with how well the factors are covered.

    Attributes
    ----------
    first_date, last_date : date
        Sessions of the oldest and the newest move.
    n_scenarios, n_requested : int
    shocks : Shocks
        Oldest first. NaN where a factor has no move: whoever uses the factor must look at its gaps.
    equity_gaps, equity_proxied : ndarray of shape (n_instruments,)
        Scenarios without a move, and with the move of the proxy.
    fx_gaps : ndarray of shape (n_currencies,)
    curve_gaps : dict of str to int
    curve_filled : dict of str to ndarray of shape (n_nodes,)
        Scenarios in which the move of the node was interpolated or taken from the nearest.

    """

    first_date: date
    last_date: date
    n_scenarios: int
    n_requested: int
    shocks: Shocks
    equity_gaps: Integers
    equity_proxied: Integers
    fx_gaps: Integers
    curve_gaps: dict[str, int]
    curve_filled: dict[str, Integers]


def historical_scenarios(market: MarketHistory, last_row: int, n_scenarios: int) -> ScenarioSet:
    """Collect the moves of the last `n_scenarios` sessions up to a row of the market's dates.

    Parameters
    ----------
    market : MarketHistory
    last_row : int
        Row of the newest session; the oldest date of the axis has no move.
    n_scenarios : int
        Moves wanted. Where the history is shorter there are fewer, and `n_requested` tells.

    Returns
    -------
    ScenarioSet
        Relative moves of equities (total returns) and exchange rates, absolute ones of zero rates.

    Raises
    ------
    ValueError
        If there is not one move.

    """
    first_row = max(1, last_row - n_scenarios + 1)
    if n_scenarios < 1 or last_row < first_row:
        message = f"no scenario: {n_scenarios} wanted up to row {last_row} of the dates"
        raise ValueError(message)
    window = slice(first_row, last_row + 1)
    equity = np.ascontiguousarray(market.equity_moves[window].T)
    fx = np.ascontiguousarray(market.fx_moves[window].T)
    zero_rates = {name: curve.moves[window] for name, curve in market.curves.items()}
    return ScenarioSet(
        first_date=market.dates[first_row],
        last_date=market.dates[last_row],
        n_scenarios=last_row - first_row + 1,
        n_requested=n_scenarios,
        shocks=Shocks(equity, fx, zero_rates, np.ones((1, 1)), np.zeros((1, 1))),
        equity_gaps=np.isnan(equity).sum(axis=1),
        equity_proxied=market.is_proxied[window].sum(axis=0),
        fx_gaps=np.isnan(fx).sum(axis=1),
        curve_gaps={name: int(np.isnan(moves).any(axis=1).sum()) for name, moves in zero_rates.items()},
        curve_filled={name: curve.is_filled[window].sum(axis=0) for name, curve in market.curves.items()},
    )
