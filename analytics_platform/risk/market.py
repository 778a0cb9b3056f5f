"""Market data of a range of sessions as arrays: prices, moves, exchange rates and zero curves."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.arrays import Booleans, Floats, scatter
from analytics_platform.risk.curves import ZeroCurves, bootstrap_par_curves, tenor_years, zero_rate_moves
from analytics_platform.risk.inputs import RiskInputs, Terms

PIVOT_CURRENCY = "USD"


@dataclass(frozen=True)
class CurveHistory:
    """Zero curves of one market with their daily moves; see `curves.zero_rate_moves`."""

    curves: ZeroCurves
    moves: Floats
    is_filled: Booleans


@dataclass(frozen=True)
class MarketHistory:
    """Market data on a common axis of sessions, NaN where there is none.

    Attributes
    ----------
    dates : list of date
        Sessions with market data, ascending: enough of them before the first asked session.
    instruments, currencies : dict of str to int
        Name and column. The instruments are those held, their underlyings and the proxies.
    prices : ndarray of shape (n_dates, n_instruments)
        In the currency of the instrument; a price in another currency counts as none.
    equity_moves : ndarray of shape (n_dates, n_instruments)
        Total returns; NaN filled by the proxy's where there is one.
    is_proxied : ndarray of shape (n_dates, n_instruments), bool
    fx : ndarray of shape (n_dates, n_currencies)
        US dollars for one unit.
    fx_moves : ndarray of shape (n_dates, n_currencies)
        Relative.
    curves : dict of str to CurveHistory

    """

    dates: list[date]
    instruments: dict[str, int]
    currencies: dict[str, int]
    prices: Floats
    equity_moves: Floats
    is_proxied: Booleans
    fx: Floats
    fx_moves: Floats
    curves: dict[str, CurveHistory]


def _axis(fx: pl.DataFrame, sessions: Sequence[date], n_scenarios: int) -> list[date]:
    found = fx.filter(pl.col("currency") == PIVOT_CURRENCY)["business_date"].unique().sort().to_list()
    first = bisect_right(found, min(sessions)) - 1
    if first < (1 if n_scenarios else 0):
        message = (
            f"no market data before session {min(sessions)}: the exchange rates have no two dates up to it"
        )
        raise ValueError(message)
    return found[max(0, first - n_scenarios) : bisect_right(found, max(sessions))]


def _relative(levels: Floats) -> Floats:
    moves = np.full(levels.shape, np.nan)
    moves[1:] = levels[1:] / levels[:-1] - 1.0
    return moves


def _local_prices(prices: pl.DataFrame, terms: Mapping[str, Terms]) -> pl.DataFrame:
    """Prices that are in the currency of the instrument."""
    names = list(terms)
    currencies = pl.DataFrame(
        {"instrument_id": names, "currency": [terms[name].currency for name in names]},
        schema={"instrument_id": pl.String, "currency": pl.String},
    )
    return prices.join(currencies, on=["instrument_id", "currency"], how="semi")


def _filled(moves: Floats, columns: Mapping[str, int], proxies: Mapping[str, str]) -> tuple[Floats, Booleans]:
    filled = moves.copy()
    for name in sorted(proxies.keys() & columns.keys()):
        own, proxy = columns[name], columns[proxies[name]]
        filled[:, own] = np.where(np.isnan(moves[:, own]), moves[:, proxy], moves[:, own])
    return filled, np.isnan(moves) & ~np.isnan(filled)


def _curve(quotes: pl.DataFrame, dates: Sequence[date]) -> CurveHistory:
    tenors = sorted(quotes["tenor"].unique(), key=lambda tenor: (tenor_years(tenor), tenor))
    times = np.array([tenor_years(tenor) for tenor in tenors])
    yields = scatter(quotes, dates=dates, entities=tenors, entity="tenor", value="rate")
    curves = bootstrap_par_curves(times, yields)
    moves, is_filled = zero_rate_moves(curves)
    return CurveHistory(curves, moves, is_filled)


def market_history(
    inputs: RiskInputs, terms: Mapping[str, Terms], sessions: Sequence[date], *, n_scenarios: int
) -> MarketHistory:
    """Arrays of all market data that the sessions and their scenarios need.

    Parameters
    ----------
    inputs : RiskInputs
    terms : mapping of str to Terms
        Of all instruments whose prices or moves are needed.
    sessions : sequence of date
    n_scenarios : int
        Moves wanted before and on each session.

    Raises
    ------
    ValueError
        If the exchange rates begin too late to know one move, or a date and entity occur twice.

    """
    dates = _axis(inputs.fx, sessions, n_scenarios)
    is_needed = pl.col("business_date").is_between(dates[0], dates[-1])
    names = sorted(terms.keys() | {inputs.proxies[name] for name in terms.keys() & inputs.proxies.keys()})
    instruments = {name: column for column, name in enumerate(names)}
    codes = sorted({*inputs.fx["currency"].unique(), PIVOT_CURRENCY})
    prices = _local_prices(inputs.prices.filter(is_needed), terms)
    raw = scatter(
        inputs.equity_moves.filter(is_needed),
        dates=dates,
        entities=names,
        entity="instrument_id",
        value="total_return",
    )
    # A loss of more than everything is a fault of the data, not a move.
    moves, is_proxied = _filled(np.where(raw >= -1.0, raw, np.nan), instruments, inputs.proxies)
    fx = scatter(
        inputs.fx.filter(is_needed), dates=dates, entities=codes, entity="currency", value="rate_to_usd"
    )
    fx = np.where(fx > 0.0, fx, np.nan)
    quotes = inputs.curve_quotes.filter(is_needed).partition_by("curve_id", as_dict=True)
    return MarketHistory(
        dates=dates,
        instruments=instruments,
        currencies={code: column for column, code in enumerate(codes)},
        prices=scatter(prices, dates=dates, entities=names, entity="instrument_id", value="close_local"),
        equity_moves=moves,
        is_proxied=is_proxied,
        fx=fx,
        fx_moves=_relative(fx),
        curves={str(key[0]): _curve(frame, dates) for key, frame in quotes.items()},
    )


def row_of(dates: Sequence[date], session: date) -> int | None:
    """Row of a session on an axis of dates; None if it has no market data."""
    row = bisect_left(dates, session)
    return row if row < len(dates) and dates[row] == session else None


def newest_row(dates: Sequence[date], session: date) -> int:
    """Row of the newest date that is not after a session."""
    return bisect_right(dates, session) - 1
