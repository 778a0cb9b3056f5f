"""Why a published number changed: the changed rows, code and settings that feed it."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import polars as pl

from analytics_platform.storage.lineage.chain import QUOTE_AGE_DAYS, Book
from analytics_platform.storage.lineage.differences import Differences, InputChange, ResultChange
from analytics_platform.tables.reference import FX_FORWARD_TERMS, OPTION_TERMS, RISK_PROXIES

NAMED_ROWS = 3
UNKNOWN = "nothing that feeds it changed: the session was computed anew, or rests on a session that was"

_FORWARDS = {"curve_quotes", "fx_forward_terms"}
_VALUE = {"positions", "prices", "fx_rates", "instruments", "portfolios", "bond_terms", *_FORWARDS}
_PNL = {*_VALUE, "transactions", "external_flows", "corporate_actions"}
_BENCHMARK = {"prices", "corporate_actions", "fx_rates", "benchmarks", "benchmark_weights", "bond_terms"}
_RISK = {*_VALUE, "corporate_actions", "curve_quotes", "option_terms", "risk_proxies"}
_STRESS = {*_VALUE, "curve_quotes", "option_terms", "risk_proxies", "stress_shifts"}
_FIXED = {"fx_rates", "curve_quotes"}
_FEEDS_NOTHING = {
    "positions": {"cost_local"},
    "prices": {"open_local", "high_local", "low_local", "volume"},
    "instruments": {"name", "ticker", "isin", "issuer_id"},
    "portfolios": {"name", "strategy"},
}
"""Columns that no published number of a portfolio rests on."""
_ONE_CELL = {"price_local": {"prices"}, "quantity": {"positions"}}
"""Columns of a published position, and the only table that they come from."""


@dataclass(frozen=True)
class _Feed:
    """Tables that feed a number, and from which date on their rows count."""

    tables: set[str]
    start: date


class Causes:
    """Finds what a changed number rests on among the changed rows.

    Parameters
    ----------
    book : Book
        The session in the newer version.
    found : Differences
        All that changed.
    """

    def __init__(self, book: Book, found: Differences) -> None:
        self._book = book
        self._found = found
        self._of = cache(book.of)
        self._members = cache(lambda portfolio_id: set(self._of(portfolio_id).members))
        self._held = cache(lambda portfolio_id: _held(self._of(portfolio_id)))
        self._currencies = cache(lambda portfolio_id: _currencies(self._of(portfolio_id)))
        self._kinds = cache(
            lambda portfolio_id: set(self._of(portfolio_id).positions(book.day)["instrument_type"])
        )
        self._with_factors = cache(self._and_their_factors)

    def of(self, change: ResultChange) -> str:
        """Return files and rows that explain the change of a number, at most three of them by name."""
        places = list(dict.fromkeys(row.place for row in self._found.inputs if self._feeds(row, change)))
        named = [*places[:NAMED_ROWS]]
        if len(places) > NAMED_ROWS:
            named.append(f"{len(places) - NAMED_ROWS} more rows")
        named += [f"{each.name} {each.old} became {each.new}" for each in self._found.settings]
        return "; ".join(named) or UNKNOWN

    def _feeds(self, row: InputChange, change: ResultChange) -> bool:
        """Tell whether a number rests on a row: its table, date, portfolio and instrument."""
        feed = self._feed(change)
        tables = _ONE_CELL.get(change.column, feed.tables) if change.table == "positions" else feed.tables
        if row.table not in tables or row.column in _FEEDS_NOTHING.get(row.table, ()):
            return False
        start = self._book.day if feed.tables is _RISK and row.table == "positions" else feed.start
        age = timedelta(days=QUOTE_AGE_DAYS if row.table in _FIXED else 0)
        return (row.day is None or row.day - start >= -age) and self._is_used(row, change)

    def _is_used(self, row: InputChange, change: ResultChange) -> bool:
        if row.table == "fx_rates":
            return row.key["quote_currency"] in self._currencies(change.portfolio_id)
        if row.table == "curve_quotes":
            curved = {"fx_forward", "bond", "option"} if _is_risk(change) else {"fx_forward"}
            return not curved.isdisjoint(self._kinds(change.portfolio_id))
        if "portfolio_id" in row.key and row.table != "portfolios":
            if row.key["portfolio_id"] not in self._members(change.portfolio_id):
                return False
        elif change.column == "benchmark_ytd_return_rate":
            return True
        return "instrument_id" not in row.key or row.key["instrument_id"] in self._instruments(change)

    def _feed(self, change: ResultChange) -> _Feed:
        day = self._book.day
        year = self._book.calendar.previous(day.replace(month=1, day=1))
        feeds = {
            "worst_stress": _Feed(_STRESS, day),
            "var_": _Feed(_RISK, date.min),
            "es_": _Feed(_RISK, date.min),
            "benchmark_": _Feed(_BENCHMARK, year),
            "mtd_": _Feed(_PNL, self._book.calendar.previous(day.replace(day=1))),
            "ytd_": _Feed(_PNL, year),
            "day_": _Feed(_PNL, self._book.calendar.previous(day)),
            "status": _Feed(_PNL | _RISK, date.min),
            "reason": _Feed(_PNL | _RISK, date.min),
        }
        if change.table == "stress":
            return feeds["worst_stress"]
        fitting = (feed for start, feed in feeds.items() if change.column.startswith(start))
        return next(fitting, _Feed(_VALUE, day))

    def _instruments(self, change: ResultChange) -> frozenset[str]:
        """Name the instruments that a number rests on: one for a position, all for a share."""
        is_own = change.table == "positions" and not change.column.startswith(("weight", "es_"))
        held = frozenset({change.item or ""}) if is_own else self._held(change.portfolio_id)
        return self._with_factors(held) if _is_risk(change) else held

    def _and_their_factors(self, held: frozenset[str]) -> frozenset[str]:
        """Add underlyings and proxies."""
        options = self._book.rows.read(OPTION_TERMS).filter(pl.col("instrument_id").is_in(held))
        moved = held | set(options["underlying_instrument_id"])
        proxies = self._book.rows.read(RISK_PROXIES).filter(pl.col("instrument_id").is_in(moved))
        return moved | set(proxies["proxy_instrument_id"])


def _held(book: Book) -> frozenset[str]:
    days = (book.calendar.previous(book.day), book.day)
    return frozenset(pl.concat([book.positions(day)["instrument_id"] for day in days]))


def _kinds(book: Book) -> set[str]:
    return set(book.positions(book.day)["instrument_type"])


def _is_risk(change: ResultChange) -> bool:
    return change.column.startswith(("var_", "es_", "pnl", "worst", "status", "reason"))


def _currencies(book: Book) -> set[str]:
    held = book.positions(book.day)
    terms = book.rows.read(FX_FORWARD_TERMS).filter(pl.col("instrument_id").is_in(held["instrument_id"]))
    used = {*held["currency"].drop_nulls(), book.base_currency}
    used |= {*terms["bought_currency"], *terms["sold_currency"]}
    return {"USD", *used} if len(used) > 1 else set()
