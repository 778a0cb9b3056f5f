"""The overview of the home page: the version that is served and its portfolios as a tree. No HTML."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from analytics_platform.api.catalogue import ANCHOR
from analytics_platform.api.published import PublishedTables
from analytics_platform.storage.published.serving import NotPublishedError
from analytics_platform.storage.published.versions import Version

LIMITS = "limit_utilisation"
DEEPEST = 12
"""Levels that are indented; what lies deeper stands below the last."""

Number = float | Decimal


@dataclass(frozen=True)
class PortfolioLine:
    """A portfolio in the newest session, with all that is below it.

    Attributes
    ----------
    portfolio_id, title, currency : str
        Its identifier, its name for readers, and the currency of the amounts.
    depth : int
        Levels above it in the tree.
    nav, day_pnl, var_99, es_975 : number or None
        Value, profit of the day, value at risk and expected shortfall, both positive for a loss.
    breaches, n_limits : int or None
        Its limits that are broken, and all of them; None if none were computed.
    status, reason : str, str or None
        Whether the values hold, and why not.
    """

    portfolio_id: str
    title: str
    currency: str
    depth: int
    nav: Number | None
    day_pnl: Number | None
    var_99: Number | None
    es_975: Number | None
    breaches: int | None
    n_limits: int | None
    status: str
    reason: str | None


@dataclass(frozen=True)
class Overview:
    """What is served.

    Attributes
    ----------
    version : Version
        The version.
    session : date or None
        Its newest session.
    lines : sequence of PortfolioLine
        Parents before children.
    """

    version: Version
    session: date | None
    lines: Sequence[PortfolioLine]

    @property
    def breaches(self) -> int | None:
        """Limits that are broken, of all portfolios; None if none were computed."""
        told = [line.breaches for line in self.lines if line.breaches is not None]
        return sum(told) if told else None


def overview(tables: PublishedTables) -> Overview | None:
    """Return what is served now; None if nothing is published yet.

    Raises
    ------
    DamagedVersionError
        If an object is missing or changed.
    """
    try:
        version = tables.at(None)
    except NotPublishedError:
        return None
    session = tables.newest_session(version, ANCHOR) if ANCHOR in version.tables else None
    if session is None:
        return Overview(version, None, [])
    rows = {str(row["portfolio_id"]): row for row in _rows(tables, version, ANCHOR, session)}
    limits = _limits(tables, version, session)
    return Overview(version, session, [_line(rows[key], depth, limits) for key, depth in _tree(rows)])


def _rows(tables: PublishedTables, version: Version, table: str, session: date) -> list[Mapping[str, object]]:
    """Return the rows of a session; not a number is None."""
    parts = tables.partitions(version, table, (session, session))
    return [row for part in parts for row in _known(part.of_session(session)).iter_rows(named=True)]


def _known(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))


def _limits(tables: PublishedTables, version: Version, session: date) -> Mapping[str, tuple[int, int]] | None:
    """Return broken limits and all limits of each portfolio."""
    if LIMITS not in version.tables:
        return None
    rows = _rows(tables, version, LIMITS, session)
    every = Counter(str(row["portfolio_id"]) for row in rows)
    broken = Counter(str(row["portfolio_id"]) for row in rows if row.get("state") == "breach")
    return {key: (broken[key], count) for key, count in every.items()}


def _tree(rows: Mapping[str, Mapping[str, object]]) -> list[tuple[str, int]]:
    """Return portfolios with their depth, parents before children; one of a circle stands at the top."""
    ordered: dict[str, int] = {}
    tops = [key for key in sorted(rows) if rows[key].get("parent_portfolio_id") not in rows]
    for top in (*tops, *sorted(rows)):
        waiting = [(top, 0)]
        while waiting:
            key, depth = waiting.pop()
            if key in ordered:
                continue
            ordered[key] = depth
            below = [each for each in sorted(rows) if rows[each].get("parent_portfolio_id") == key]
            waiting += [(each, depth + 1) for each in reversed(below)]
    return list(ordered.items())


def _line(
    row: Mapping[str, object], depth: int, limits: Mapping[str, tuple[int, int]] | None
) -> PortfolioLine:
    key = str(row["portfolio_id"])
    broken, every = (None, None) if limits is None else limits.get(key, (0, 0))
    return PortfolioLine(
        portfolio_id=key,
        title=str(row.get("name") or key),
        currency=str(row.get("base_currency") or ""),
        depth=min(depth, DEEPEST),
        nav=_number(row.get("nav_base")),
        day_pnl=_number(row.get("day_pnl_base")),
        var_99=_number(row.get("var_99_base")),
        es_975=_number(row.get("es_975_base")),
        breaches=broken,
        n_limits=every,
        status=str(row.get("status") or "ok"),
        reason=None if row.get("reason") is None else str(row["reason"]),
    )


def _number(value: object) -> Number | None:
    return value if isinstance(value, float | Decimal) else float(value) if isinstance(value, int) else None
