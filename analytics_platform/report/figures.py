"""The few numbers that only the pages need: periods, chains, shares, subtotals. Nothing on how they look."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from analytics_platform.report.charts import is_exception
from analytics_platform.report.data import ExposureRow, MetricRow, PositionRow, ReturnRow, RiskRow
from analytics_platform.report.format import day, words

_TYPE_NAMES = {
    "equity": "Equities",
    "etf": "Exchange-traded funds",
    "bond": "Bonds",
    "option": "Options",
    "fx_forward": "FX forwards",
    "future": "Futures",
    "cash": "Cash",
}


@dataclass(frozen=True)
class Period:
    """Gain over a day, a month or a year to date."""

    name: str
    pnl_base: float | None
    return_rate: float | None
    benchmark_rate: float | None
    reason: str | None

    @property
    def active_rate(self) -> float | None:
        """Return beyond the benchmark's, as a difference."""
        if self.return_rate is None or self.benchmark_rate is None:
            return None
        return self.return_rate - self.benchmark_rate


def chain(rates: Sequence[float | None]) -> float | None:
    """Return over several sessions; None if one is missing or there are none.

    Examples
    --------
    >>> round(chain([0.1, -0.1]), 6), chain([0.1, None]), chain([])
    (-0.01, None, None)
    """
    known = [rate for rate in rates if rate is not None]
    return math.prod(1.0 + rate for rate in known) - 1.0 if known and len(known) == len(rates) else None


def total(values: Iterable[float | None]) -> float | None:
    """Sum; None if a value is missing or there are none."""
    given = list(values)
    known = [value for value in given if value is not None]
    return math.fsum(known) if known and len(known) == len(given) else None


def periods(risk: RiskRow, returns: Sequence[ReturnRow], history_start: date | None) -> list[Period]:
    """Day, month to date and year to date of one portfolio.

    Parameters
    ----------
    risk : RiskRow
        Row of the reported session; its returns are shown as they are.
    returns : sequence of ReturnRow
        History of the portfolio, ascending, up to the reported session.
    history_start : date or None
        First session of the history of all portfolios. Money is summed over a period only if the
        history covers it from its first day.
    """
    session = risk.business_date
    day_rows = [row for row in returns if row.business_date == session]
    benchmark = day_rows[0].benchmark_return_rate if day_rows else None
    month = _since(session.replace(day=1), returns, history_start)
    year = _since(session.replace(month=1, day=1), returns, history_start)
    return [
        Period("Day", risk.day_pnl_base, risk.day_return_rate, benchmark, risk.reason),
        Period("Month to date", month.pnl_base, risk.mtd_return_rate, month.benchmark_rate, month.reason),
        Period(
            "Year to date", year.pnl_base, risk.ytd_return_rate, risk.benchmark_ytd_return_rate, year.reason
        ),
    ]


def _since(start: date, returns: Sequence[ReturnRow], history_start: date | None) -> Period:
    inside = [row for row in returns if row.business_date >= start]
    if history_start is None or history_start > start:
        begins = "is empty" if history_start is None else f"begins on {day(history_start)}"
        return Period("", None, None, None, f"the history on this page {begins}")
    gaps = [row for row in inside if row.pnl_base is None]
    reason = f"{day(gaps[0].business_date)}: {gaps[0].reason or 'no P&L'}" if gaps else None
    benchmark = chain([row.benchmark_return_rate for row in inside])
    return Period("", total(row.pnl_base for row in inside), None, benchmark, reason)


@dataclass(frozen=True)
class Cumulated:
    """Returns chained over a stretch without gaps; starts with 0 on the session before, if that is known."""

    dates: list[date]
    portfolio: list[float | None]
    benchmark: list[float | None]
    gap: ReturnRow | None


def cumulated(returns: Sequence[ReturnRow]) -> Cumulated:
    """Chain returns and benchmark over the newest stretch without a missing return.

    A missing return breaks the chain: what came before it cannot be compared with what came after.
    A missing benchmark return ends the benchmark's line.
    """
    gap = next((row for row in reversed(returns[1:]) if row.return_rate is None), None)
    last = next((i for i in reversed(range(len(returns))) if returns[i].return_rate is not None), -1)
    broken = [i for i in range(last + 1) if returns[i].return_rate is None]
    first = broken[-1] if broken else 0
    stretch = returns[first : last + 1]
    if not stretch:
        return Cumulated([], [], [], gap)
    chained = stretch[1:] if broken else stretch
    portfolio = _growth([row.return_rate for row in chained])
    benchmark = _growth([row.benchmark_return_rate for row in chained])
    benchmark[0] = 0.0 if benchmark[1] is not None else None
    start = 0 if broken else 1
    return Cumulated([row.business_date for row in stretch], portfolio[start:], benchmark[start:], gap)


def _growth(rates: Sequence[float | None]) -> list[float | None]:
    values: list[float | None] = [0.0]
    level: float | None = 1.0
    for rate in rates:
        level = None if level is None or rate is None else level * (1.0 + rate)
        values.append(None if level is None else level - 1.0)
    return values


@dataclass(frozen=True)
class Backtest:
    """Daily P&L beside the VaR 99 of the session before."""

    dates: list[date]
    pnl: list[float | None]
    value_at_risk: list[float | None]

    @property
    def n_sessions(self) -> int:
        """Sessions that have both."""
        pairs = zip(self.pnl, self.value_at_risk, strict=True)
        return sum(pnl is not None and var is not None for pnl, var in pairs)

    @property
    def n_exceptions(self) -> int:
        """Sessions whose loss went beyond the VaR."""
        return sum(is_exception(pnl, var) for pnl, var in zip(self.pnl, self.value_at_risk, strict=True))


def backtest(returns: Sequence[ReturnRow], metrics: Sequence[MetricRow], *, sessions: int) -> Backtest:
    """Compare P&L with the VaR of the session before, over the last sessions of the history."""
    known = {row.business_date: row.value for row in metrics if is_measure(row, "value_at_risk", 0.99)}
    dates = [row.business_date for row in returns]
    before = [None, *(known.get(session) for session in dates[:-1])][: len(dates)]
    pnl = [row.pnl_base for row in returns]
    return Backtest(dates[-sessions:], pnl[-sessions:], before[-sessions:])


def is_measure(row: MetricRow, metric: str, confidence: float) -> bool:
    """Whether a row holds a metric by the historical method at a confidence."""
    is_same = row.metric == metric and row.method == "historical"
    return is_same and math.isclose(row.confidence, confidence, abs_tol=1e-9)


@dataclass(frozen=True)
class Group:
    """Positions of one instrument type with their sums."""

    name: str
    positions: list[PositionRow]

    @property
    def market_value_base(self) -> float | None:
        """Sum of the market values; None if one is missing."""
        return total(row.market_value_base for row in self.positions)

    @property
    def weight_rate(self) -> float | None:
        """Sum of the weights; None if one is missing."""
        return total(row.weight_rate for row in self.positions)

    @property
    def day_pnl_base(self) -> float | None:
        """Sum of the daily P&L; None if one is missing."""
        return total(row.day_pnl_base for row in self.positions)

    @property
    def es_975_contribution_base(self) -> float | None:
        """Sum of the contributions to ES; None if one is missing."""
        return total(row.es_975_contribution_base for row in self.positions)


def groups(positions: Sequence[PositionRow]) -> list[Group]:
    """Positions by instrument type, the largest market value first."""
    order = list(_TYPE_NAMES)

    def rank(row: PositionRow) -> tuple[int, str]:
        kind = row.instrument_type or ""
        return (order.index(kind) if kind in order else len(order), kind)

    def size(row: PositionRow) -> tuple[tuple[int, str], float, str]:
        return (rank(row), -abs(row.market_value_base or 0.0), row.instrument_id)

    by_type = groupby(sorted(positions, key=size), key=rank)
    return [Group(_TYPE_NAMES.get(kind, words(kind)), list(members)) for (_, kind), members in by_type]


@dataclass(frozen=True)
class Contributors:
    """Positions that move expected shortfall most, in descending order, and the sum of the others."""

    top: list[PositionRow]
    others: int
    others_base: float | None


def contributors(positions: Sequence[PositionRow], *, count: int) -> Contributors:
    """Pick the positions with the largest contributions to ES 97.5, whatever their sign."""
    known = [row for row in positions if row.es_975_contribution_base]
    known.sort(key=lambda row: (-abs(row.es_975_contribution_base or 0.0), row.instrument_id))
    top = sorted(known[:count], key=lambda row: (-(row.es_975_contribution_base or 0.0), row.instrument_id))
    chosen = {row.instrument_id for row in top}
    others = [row for row in positions if row.instrument_id not in chosen]
    return Contributors(top, len(others), total(row.es_975_contribution_base for row in others))


def movers(positions: Sequence[PositionRow], *, count: int) -> list[PositionRow]:
    """Positions with the largest daily P&L, whatever its sign, in descending order."""
    known = sorted(
        (row for row in positions if row.day_pnl_base),
        key=lambda row: (-abs(row.day_pnl_base or 0.0), row.instrument_id),
    )
    return sorted(known[:count], key=lambda row: (-(row.day_pnl_base or 0.0), row.instrument_id))


@dataclass(frozen=True)
class Exposures:
    """Exposures of one dimension, the largest first."""

    name: str
    rows: list[ExposureRow]

    @property
    def has_shorts(self) -> bool:
        """Whether long and short tell more than net."""
        return any(row.short_base for row in self.rows)


def exposures(rows: Sequence[ExposureRow], dimensions: Sequence[str]) -> list[Exposures]:
    """Exposures by dimension, in the given order."""
    return [
        Exposures(
            words(dimension),
            sorted(
                (row for row in rows if row.dimension == dimension),
                key=lambda row: (-(row.net_base or 0.0), row.bucket or ""),
            ),
        )
        for dimension in dimensions
    ]
