"""Performance statistics of every portfolio, over windows that end on each session."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk import relative_performance as relative
from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.drawdowns import drawdown_path, max_drawdown
from analytics_platform.risk.measured import Measured
from analytics_platform.risk.money_weighted import money_weighted_return
from analytics_platform.risk.performance import (
    annualised_return,
    calmar_ratio,
    chained_return,
    downside_deviation,
    sharpe_ratio,
    sortino_ratio,
    volatility,
)
from analytics_platform.risk.results import result_frame
from analytics_platform.risk.return_distribution import excess_kurtosis, skewness
from analytics_platform.risk.return_histories import WINDOWS, History, Window, flows, history, window
from analytics_platform.risk.valuations import shortened
from analytics_platform.tables.risk_analysis import PERFORMANCE_STATISTICS

LEAST_RETURNS = 20
"""Fewer do not make an estimate, nor a year."""
NOT_ANNUALISED = "over the window, not annualised"
_LEAST_DAYS = 365

_GROWTH: dict[str, Callable[[Floats, int], Measured]] = {
    "total_return": lambda r, _days: Measured(chained_return(r)),
    "annualised_return": lambda r, days: annualised_return(chained_return(r), days=days),
    "maximum_drawdown": lambda r, _days: Measured(max_drawdown(r)),
    "current_drawdown": lambda r, _days: Measured(drawdown_path(r)[-1]),
    "calmar_ratio": lambda r, days: calmar_ratio(r, days=days),
}
_ESTIMATES: dict[str, Callable[[Floats], Measured]] = {
    "volatility": lambda r: Measured(volatility(r)),
    "downside_deviation": lambda r: Measured(downside_deviation(r)),
    "sharpe_ratio": sharpe_ratio,
    "sortino_ratio": sortino_ratio,
    "skewness": skewness,
    "excess_kurtosis": excess_kurtosis,
}
_RELATIVE: dict[str, Callable[[Floats, Floats], Measured]] = {
    "beta": relative.beta,
    "alpha": relative.alpha,
    "tracking_error": lambda r, b: Measured(relative.tracking_error(r, b)),
    "information_ratio": relative.information_ratio,
}
_NAMES = (*_GROWTH, *_ESTIMATES, *_RELATIVE, "money_weighted_return")
Found = tuple[float | None, str]


def performance_statistics(
    portfolio_returns: pl.DataFrame, portfolios: pl.DataFrame, axis: Sequence[date], sessions: Sequence[date]
) -> pl.DataFrame:
    """Statistics of the daily returns of every portfolio over the year to date, a year and all time.

    Ratios take a required and risk-free return of 0; deviations are per year of 252 sessions. Estimates,
    and all of the one-year window, need 20 returns.

    Parameters
    ----------
    portfolio_returns : DataFrame
        Columns of the mart `fct_portfolio_returns`, all that is known up to the last session.
    portfolios : DataFrame
        portfolio_id, benchmark_id, inception_date.
    axis : sequence of date
        All sessions, from the one before the first row of `portfolio_returns` to the last of `sessions`.
    sessions : sequence of date
        Those that the windows end with.

    Returns
    -------
    DataFrame
        Columns of `tables.risk_analysis.PERFORMANCE_STATISTICS`; every session, portfolio, window and
        statistic has a row. A window with a session without a return is missing, with that session; one
        that begins before the returns do carries a warning.

    """
    returns = {
        str(name): part
        for (name,), part in portfolio_returns.partition_by("portfolio_id", as_dict=True).items()
    }
    rows: list[dict[str, object]] = []
    for portfolio, benchmark, inception in portfolios.select(
        "portfolio_id", "benchmark_id", "inception_date"
    ).iter_rows():
        own = returns.get(portfolio, portfolio_returns.clear())
        past = history(own, axis, inception=inception, has_benchmark=benchmark is not None)
        for session in sorted(set(sessions)):
            for name in WINDOWS:
                key = {"business_date": session, "portfolio_id": portfolio, "lookback": name}
                rows.extend(key | row for row in _window_rows(past, session, name))
    return result_frame(PERFORMANCE_STATISTICS, rows)


def _window_rows(past: History | None, session: date, name: str) -> Iterator[dict[str, object]]:
    if past is None or session < past.dates[1]:
        nothing: Mapping[str, Found] = dict.fromkeys(_NAMES, (None, f"no return up to {session}"))
        yield from _rows(nothing, 0, "")
        return
    cut = window(past, session, name)
    found = _statistics(past, cut, LEAST_RETURNS if name == "one_year" else 1)
    yield from _rows(found, int((~np.isnan(past.returns[cut.first : cut.after])).sum()), cut.note)


def _rows(found: Mapping[str, Found], n_returns: int, note: str) -> Iterator[dict[str, object]]:
    for statistic, (value, reason) in found.items():
        known = "; ".join(part for part in (note, reason) if part)
        status = "missing" if value is None else "warning" if note else "ok"
        yield {
            "statistic": statistic,
            "value": value,
            "n_returns": n_returns,
            "status": status,
            "reason": shortened(reason if value is None else known) or None,
        }


def _gap(past: History, values: Floats, cut: Window, what: str) -> str:
    """Say which sessions of a window have no value; empty if all have one."""
    lost = np.flatnonzero(np.isnan(values[cut.first : cut.after])) + cut.first
    if not lost.size:
        return ""
    day = past.dates[int(lost[0]) + 1]
    why = past.reasons.get(day, "")
    more = f" and {lost.size - 1} more sessions" if lost.size > 1 else ""
    return f"no {what} on {day}{more}" + (f": {why}" if why else "")


def _statistics(past: History, cut: Window, least: int) -> dict[str, Found]:
    own = past.returns[cut.first : cut.after]
    reason = _gap(past, past.returns, cut, "return") or _few(own, least)
    if reason:
        return dict.fromkeys(_NAMES, (None, reason))
    days = (past.dates[cut.after] - past.dates[cut.first]).days
    found = {name: _found(measure(own, days)) for name, measure in _GROWTH.items()}
    few = _few(own, LEAST_RETURNS)
    for name, estimate in _ESTIMATES.items():
        found[name] = (None, few) if few else _found(estimate(own))
    other = past.benchmark[cut.first : cut.after]
    lacking = _gap(past, past.benchmark, cut, "benchmark return") if past.has_benchmark else "no benchmark"
    for name, compare in _RELATIVE.items():
        found[name] = (None, few or lacking) if few or lacking else _found(compare(own, other))
    found["money_weighted_return"] = _money_weighted(past, cut)
    return found


def _few(returns: Floats, least: int) -> str:
    return f"{returns.size} returns are fewer than {least}" if returns.size < least else ""


def _found(measured: Measured) -> Found:
    value = float(measured.value)
    return (None, measured.reason or "not a number") if np.isnan(value) else (value, "")


def _money_weighted(past: History, cut: Window) -> Found:
    paid = flows(past, cut)
    if paid is None or not np.isfinite(paid[0]).all():
        return None, "no value at the start or at the end of the window"
    amounts, when = paid
    found = money_weighted_return(amounts, np.array(when, dtype="datetime64[D]"))
    if np.isnan(found.annual_rate):
        return None, found.reason
    if found.span_days < _LEAST_DAYS:
        return found.period_return, NOT_ANNUALISED
    return found.annual_rate, ""
