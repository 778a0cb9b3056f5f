"""Why a risk number changed since the session before: holdings, market data, or the window of scenarios."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.calendars.sessions import Calendar
from analytics_platform.risk.aggregation import portfolio_vectors
from analytics_platform.risk.arrays import Floats, Integers
from analytics_platform.risk.measures import tail
from analytics_platform.risk.portfolio_measures import CONFIDENCES
from analytics_platform.risk.portfolios import (
    PortfolioPnl,
    UnitVectors,
    aligned,
    by_session,
    portfolio_pnl,
    vectors_by_currency,
)
from analytics_platform.risk.results import joined_frames
from analytics_platform.risk.tail_measures import METRICS, tail_measures
from analytics_platform.risk.tree import Tree, check_holdings, holdings_matrix, portfolio_tree
from analytics_platform.risk.valuations import shortened
from analytics_platform.tables.risk_analysis import VAR_CHANGES

_FEW = "fewer than one scenario in the tail: worst loss"


@dataclass(frozen=True)
class _Cube:
    """One session: what is held, unit vectors by base currency, the sessions of the scenarios."""

    holdings: pl.DataFrame
    vectors: dict[str, UnitVectors]
    dates: list[date]
    portfolios: PortfolioPnl


@dataclass(frozen=True)
class _Steps:
    """P&L of all portfolios on the way from the session before, [portfolio x scenario].

    Attributes
    ----------
    before, after : ndarray
        As measured on the two sessions, each over its own scenarios.
    common : ndarray
        Holdings and vectors of the session before, over the scenarios of both sessions.
    traded : ndarray
        As `common`, with the holdings of the session.
    revalued : ndarray
        As `traded`, with the vectors of the session.

    """

    before: Floats
    common: Floats
    traded: Floats
    revalued: Floats
    after: Floats


def explain_changes(  # noqa: PLR0913 - what the numbers rest on, and which are asked for
    holdings: pl.DataFrame,
    portfolios: pl.DataFrame,
    scenario_pnl: pl.DataFrame,
    sessions: Sequence[date],
    *,
    calendar: Calendar,
    confidences: Sequence[float] = CONFIDENCES,
) -> pl.DataFrame:
    """Split the change of historical value at risk and shortfall since the session before.

    Every step is measured anew from the stored vectors, in this order: the scenarios that are not in
    both windows leave (window); today's quantities replace those before (positions); today's vectors
    replace those before, scenario by scenario of the same date (market); today's own scenarios come
    in (window). An instrument that had no vector the session before enters with today's: all that it
    changes counts as position.

    Parameters
    ----------
    holdings, portfolios, scenario_pnl : DataFrame
        As in `portfolio_measures.measure`, with the session before each of the sessions.
    sessions : sequence of date
    calendar : Calendar
        Says which session was before, and which sessions a window of scenarios holds.
    confidences : sequence of float

    Returns
    -------
    DataFrame
        Columns of `tables.risk_analysis.VAR_CHANGES`. Previous value and the three effects add up to the
        value. Missing, with what is known, where one of the two sessions has no number.

    Raises
    ------
    ValueError
        As in `portfolio_measures.measure`.

    """
    tree = portfolio_tree(portfolios)
    check_holdings(holdings, tree)
    held, vectors = by_session(holdings), by_session(scenario_pnl)
    known: dict[date, _Cube] = {}
    frames = []
    for session in sorted(set(sessions)):
        pair = (calendar.previous(session), session)
        known = {
            day: known[day]
            if day in known
            else _cube(tree, held.get(day, holdings.clear()), vectors.get(day), day, calendar)
            for day in pair
        }
        levels = [float(confidence) for confidence in confidences]
        frames.append(_rows(pair, tree, known[pair[0]], known[pair[1]], levels))
    return joined_frames(VAR_CHANGES, frames)


def _cube(
    tree: Tree, holdings: pl.DataFrame, vectors: pl.DataFrame | None, day: date, calendar: Calendar
) -> _Cube:
    unit = {} if vectors is None else vectors_by_currency(vectors)
    dates: list[date] = []
    if vectors is not None:
        first, last, n = vectors.select("first_scenario_date", "last_scenario_date", "n_scenarios").row(0)
        found = calendar.sessions(first, last)
        dates = found if len(found) == n else []
    return _Cube(holdings, unit, dates, portfolio_pnl(tree, holdings, unit, day))


def _steps(tree: Tree, before: _Cube, after: _Cube) -> _Steps:
    names = sorted({*before.portfolios.instrument_ids, *after.portfolios.instrument_ids})
    old, new = (holdings_matrix(tree, cube.holdings, names) for cube in (before, after))
    old_places, new_places = _common(before.dates, after.dates)
    sizes = (before.portfolios.pnl.shape[1], old_places.size, old_places.size, old_places.size)
    steps = [np.zeros((old.shape[0], size)) for size in (*sizes, after.portfolios.pnl.shape[1])]
    currencies = after.portfolios.currencies
    for code in sorted(set(currencies)):
        rows = [row for row, own in enumerate(currencies) if own == code]
        was = aligned(names, before.vectors.get(code), sizes[0])
        now = aligned(names, after.vectors.get(code), steps[4].shape[1])
        is_new = np.array([status == "missing" for status in was.status], dtype=np.bool_)
        mixed = np.where(is_new[:, None], now.pnl[:, new_places], was.pnl[:, old_places])
        steps[0][rows] = portfolio_vectors(old[rows], was.pnl)
        steps[1][rows] = steps[0][rows][:, old_places]
        steps[2][rows] = portfolio_vectors(new[rows], mixed)
        steps[4][rows] = portfolio_vectors(new[rows], now.pnl)
        steps[3][rows] = steps[4][rows][:, new_places]
    return _Steps(*steps)


def _common(old: Sequence[date], new: Sequence[date]) -> tuple[Integers, Integers]:
    """Places of the scenarios that are in both windows, in each of them."""
    place = {day: position for position, day in enumerate(new)}
    pairs = [(position, place[day]) for position, day in enumerate(old) if day in place]
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _rows(
    pair: tuple[date, date], tree: Tree, before: _Cube, after: _Cube, confidences: Sequence[float]
) -> pl.DataFrame:
    steps = _steps(tree, before, after)
    n = len(after.portfolios.portfolio_ids)
    keys = [(metric, confidence) for confidence in confidences for metric in METRICS]
    judged = [one for _metric, level in keys for one in _judged(pair, before, after, level)]
    own, common, traded, revalued, value = (_values(pnl, keys) for pnl in vars(steps).values())
    has_old = [cube_status != "missing" for cube_status in before.portfolios.status] * len(keys)
    has_new = [cube_status != "missing" for cube_status in after.portfolios.status] * len(keys)
    is_split = [status != "missing" for status, _reason in judged]
    return pl.DataFrame(
        {
            "business_date": pl.repeat(pair[1], len(judged), dtype=pl.Date, eager=True),
            "portfolio_id": after.portfolios.portfolio_ids * len(keys),
            "metric": [metric for metric, _confidence in keys for _ in range(n)],
            "confidence": [confidence for _metric, confidence in keys for _ in range(n)],
            "currency": after.portfolios.currencies * len(keys),
            "previous_date": pl.repeat(pair[0], len(judged), dtype=pl.Date, eager=True),
            "previous_value": _known(own, has_old),
            "positions_effect": _known(traded - common, is_split),
            "market_effect": _known(revalued - traded, is_split),
            "window_effect": _known((common - own) + (value - revalued), is_split),
            "value": _known(value, has_new),
            "status": [status for status, _reason in judged],
            "reason": [reason or None for _status, reason in judged],
        },
        schema=VAR_CHANGES.columns,
    )


def _values(pnl: Floats, keys: Sequence[tuple[str, float]]) -> Floats:
    """All measures of all portfolios, one behind the other; NaN without scenarios."""
    if pnl.shape[1] == 0:
        return np.full(len(pnl) * len(keys), np.nan)
    found = tail_measures(pnl, sorted({confidence for _metric, confidence in keys}))
    return np.concatenate([np.zeros(0), *(found[key] for key in keys)])


def _known(values: Floats, is_known: Sequence[bool]) -> pl.Series:
    return pl.Series(np.where(is_known, values, np.nan), nan_to_null=True)


def _judged(
    pair: tuple[date, date], before: _Cube, after: _Cube, confidence: float
) -> Iterator[tuple[str, str]]:
    """Status and reason of the change of each portfolio: the worse of the two sessions."""
    fault = _window_fault(pair, before, after)
    sizes = [cube.portfolios.pnl.shape[1] for cube in (before, after)]
    few = _FEW if min(sizes) > 0 and tail(min(sizes), confidence).is_short else ""
    for row in range(len(after.portfolios.portfolio_ids)):
        told = [
            (cube.portfolios.status[row], f"{day}: {cube.portfolios.reason[row]}")
            for day, cube in ((pair[1], after), (pair[0], before))
        ]
        missing = [reason for status, reason in told if status == "missing"]
        warnings = [reason for status, reason in told if status == "warning"]
        if missing or fault:
            yield "missing", shortened(missing[0] if missing else fault)
        elif few or warnings:
            yield "warning", shortened("; ".join(part for part in (few, *warnings[:1]) if part))
        else:
            yield "ok", ""


def _window_fault(pair: tuple[date, date], before: _Cube, after: _Cube) -> str:
    """Why the windows cannot be laid side by side; empty if they can."""
    for day, cube in zip(pair, (before, after), strict=True):
        if not cube.dates:
            return f"{day}: the scenarios are not those of consecutive sessions"
    if not _common(before.dates, after.dates)[0].size:
        return "no scenario is in both windows"
    return ""
