"""What a chain is made of, and the book that one version was computed from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

import polars as pl

from analytics_platform.calendars.sessions import Calendar
from analytics_platform.storage.lake.lake import Lake
from analytics_platform.storage.lineage.delivered_rows import DeliveredRows, Origin, origin
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.storage.published.versions import Version
from analytics_platform.tables.market import CURVE_QUOTES, FX_RATES
from analytics_platform.tables.reference import PORTFOLIOS

PIVOT = "EUR"
QUOTE_AGE_DAYS = 5
"""Fixings are per euro and hold for five days, as `vars` of the dbt project say."""

CENT = Decimal("0.01")

Value = Decimal | float | None
Row = dict[str, Any]


@dataclass(frozen=True)
class Link:
    """One link of a chain: what it says, the number, where it comes from, what it is made of."""

    label: str
    value: Value = None
    origin: Origin | None = None
    links: tuple["Link", ...] = ()


@dataclass(frozen=True)
class Chain:
    """A metric and all that it rests on.

    Attributes
    ----------
    root : Link
        The metric, made of its links.
    remarks : tuple of str
        How the links add up to the metric, and what a reader should know.
    is_whole : bool
        Whether the links recompute to what was published.
    """

    root: Link
    remarks: tuple[str, ...]
    is_whole: bool


@dataclass(frozen=True)
class Book:
    """One portfolio on one session in one version, with the rows that it was computed from.

    Attributes
    ----------
    store, lake, calendar : ServingStore, Lake, Calendar
        Where to look.
    version : Version
        The version that is explained.
    portfolio_id : str
        The portfolio.
    day : date
        The session.
    """

    store: ServingStore
    lake: Lake
    calendar: Calendar
    version: Version
    portfolio_id: str
    day: date
    _tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    _rows: list[DeliveredRows] = field(default_factory=list)

    def of(self, portfolio_id: str) -> "Book":
        """Return another portfolio of the same session and version; what was read is not read again."""
        return replace(self, portfolio_id=portfolio_id)

    def published(self, name: str, day: date | None = None) -> pl.DataFrame:
        """Return a published table; only the rows of a session if one is named."""
        if name not in self._tables:
            self._tables[name] = self.store.table(self.version, name)
        table = self._tables[name]
        return table if day is None else table.filter(pl.col("business_date") == day)

    @cached_property
    def metrics(self) -> Row:
        """The published row of the portfolio."""
        risk = self.published("portfolio_risk", self.day)
        return risk.filter(pl.col("portfolio_id") == self.portfolio_id).row(0, named=True)

    @property
    def base_currency(self) -> str:
        """Base currency of the portfolio."""
        return str(self.metrics["base_currency"])

    @cached_property
    def run(self) -> Row | None:
        """The run that computed the session; None if it has no risk results."""
        runs = self.published("runs", self.day)
        return None if runs.is_empty() else runs.row(0, named=True)

    @property
    def rows(self) -> DeliveredRows:
        """Rows of the senders as the run that computed the session knew them."""
        if not self._rows:
            known_at = self.version.known_at if self.run is None else self.run["known_at"]
            self._rows.append(DeliveredRows(self.lake, self.published("deliveries"), known_at))
        return self._rows[0]

    @cached_property
    def members(self) -> list[str]:
        """The portfolio and all that is below it, sorted."""
        parents = dict(self.rows.read(PORTFOLIOS).select("portfolio_id", "parent_portfolio_id").iter_rows())
        return sorted(name for name in parents if self.portfolio_id in _way_up(name, parents))

    def positions(self, day: date) -> pl.DataFrame:
        """Return the valued positions of all members on a session."""
        values = self.published("position_values", day)
        return values.filter(pl.col("portfolio_id").is_in(self.members)).sort("portfolio_id", "instrument_id")

    def fixings(self, day: date) -> pl.DataFrame:
        """Return the newest fixing of each currency that holds for a session."""
        rates = self.rows.read(FX_RATES, _days_up_to(day)).filter(pl.col("base_currency") == PIVOT)
        return (
            rates.sort("business_date", "known_at").group_by("quote_currency").last().sort("quote_currency")
        )

    def curve_quotes(self, day: date) -> pl.DataFrame:
        """Return the newest quotes of each curve that hold for a session."""
        quotes = self.rows.read(CURVE_QUOTES, _days_up_to(day))
        newest = quotes.group_by("curve_id").agg(pl.col("business_date").max())
        return quotes.join(newest, on=["curve_id", "business_date"], how="semi").sort("curve_id", "tenor")

    def fx_rate(self, day: date, currency: str, base: str) -> Decimal | None:
        """Return the exchange rate as SQL computes it from the fixings, in 12 places."""
        if currency == base:
            return Decimal(1)
        per_pivot = {row["quote_currency"]: row["rate"] for row in self.fixings(day).iter_rows(named=True)}
        local, other = (_in_dollars(per_pivot, name) for name in (currency, base))
        return None if local is None or other is None else _rate(float(local) / float(other))


def link(label: str, value: object, row: Row, links: Sequence[Link] = ()) -> Link:
    """Return a link to a delivered row."""
    return Link(label, value if isinstance(value, Decimal | float) else None, origin(row), tuple(links))


def money(value: Decimal) -> Decimal:
    """Round as SQL rounds amounts."""
    return value.quantize(Decimal("1e-8"), ROUND_HALF_UP)


def _rate(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("1e-12"), ROUND_HALF_UP)


def _in_dollars(per_pivot: dict[str, Decimal], currency: str) -> Decimal | None:
    dollars = per_pivot.get("USD")
    if currency == "USD" or dollars is None:
        return Decimal(1) if currency == "USD" else None
    if currency == PIVOT:
        return dollars
    units = per_pivot.get(currency)
    return None if units is None else _rate(float(dollars) / float(units))


def _days_up_to(day: date) -> list[date]:
    return [day - timedelta(days=age) for age in range(QUOTE_AGE_DAYS, -1, -1)]


def _way_up(name: str, parents: dict[str, str | None]) -> Iterator[str]:
    seen: set[str] = set()
    step: str | None = name
    while step is not None and step not in seen:
        yield step
        seen.add(step)
        step = parents.get(step)
