"""What changed between two published versions: deliveries, input rows, results, and what feeds what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from analytics_platform.storage.lineage.chain import QUOTE_AGE_DAYS, Book, Row
from analytics_platform.storage.lineage.delivered_rows import DeliveredRows, Origin, origin
from analytics_platform.tables.contract import Table
from analytics_platform.tables.registry import DELIVERED, TABLES

MARKET = ("prices", "corporate_actions", "fx_rates", "curve_quotes")
BOOKS = ("positions", "transactions", "external_flows")
SNAPSHOTS = (
    *("portfolios", "instruments", "bond_terms", "option_terms"),
    *("benchmarks", "benchmark_weights", "risk_proxies", "stress_shifts"),
)
RESULTS = {
    "portfolio_risk": ["portfolio_id"],
    "positions": ["portfolio_id", "instrument_id"],
    "stress": ["portfolio_id", "scenario_id"],
}
"""Published tables that are compared, and what names a row of a session."""

Cell = str | int | float | Decimal | date | None


@dataclass(frozen=True)
class InputChange:
    """One cell of a delivered row that is another one now; all cells of a row that came or went."""

    table: str
    key: Row
    column: str
    old: Cell
    new: Cell
    old_origin: Origin | None
    new_origin: Origin | None

    @property
    def day(self) -> date | None:
        """Date of the row; None for a snapshot."""
        column = TABLES[self.table].date_column
        return None if column is None else self.key[column]

    @property
    def place(self) -> str:
        """File and row that brought the change, as they would be looked up."""
        found = self.new_origin or self.old_origin
        return f"{found}" if self.new_origin else f"{found}, which is gone"


@dataclass(frozen=True)
class ResultChange:
    """One published number that is another one now."""

    table: str
    portfolio_id: str
    item: str | None
    column: str
    old: Cell
    new: Cell

    @property
    def difference(self) -> Decimal | float | None:
        """New less old; None where one is missing or they are no numbers."""
        if isinstance(self.old, Decimal) and isinstance(self.new, Decimal):
            return self.new - self.old
        if isinstance(self.old, float) and isinstance(self.new, float):
            return self.new - self.old
        return None


@dataclass(frozen=True)
class SettingChange:
    """Something of the run that is not data: its code, its settings, its number of scenarios."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Differences:
    """All that differs for one session.

    Attributes
    ----------
    deliveries : DataFrame
        Deliveries that the second version has and the first has not, of any date.
    settings : list of SettingChange
        Code and settings of the two runs that computed the session.
    inputs : list of InputChange
        Rows that the second run read otherwise than the first.
    waiting : list of InputChange
        Rows that are known in the second version, and its results of the session do not rest on yet.
    results : list of ResultChange
        Published numbers of the session.
    """

    deliveries: pl.DataFrame
    settings: list[SettingChange]
    inputs: list[InputChange]
    waiting: list[InputChange]
    results: list[ResultChange]

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the session differs."""
        return not (self.settings or self.inputs or self.waiting or self.results)


def differences(before: Book, after: Book, n_scenarios: int, portfolios: Sequence[str] | None) -> Differences:
    """Compare a session in two versions.

    Parameters
    ----------
    before, after : Book
        The same session in both.
    n_scenarios : int
        Sessions of market data that the risk numbers look back on.
    portfolios : sequence of str, optional
        Only results and holdings of these; all by default.
    """
    known = DeliveredRows(after.lake, after.published("deliveries"), after.version.known_at)
    new = after.published("deliveries").join(before.published("deliveries"), on="delivery_id", how="anti")
    return Differences(
        new.sort("known_at", "uri"),
        list(_settings(before.run or {}, after.run or {})),
        [c for c in _inputs(before.rows, after.rows, after, n_scenarios) if _is_of(c.key, portfolios)],
        [c for c in _inputs(after.rows, known, after, n_scenarios) if _is_of(c.key, portfolios)],
        [
            change
            for table, key in RESULTS.items()
            for change in _results(table, key, before, after)
            if portfolios is None or change.portfolio_id in portfolios
        ],
    )


def changed_rows(table: Table, before: pl.DataFrame, after: pl.DataFrame) -> Iterator[InputChange]:
    """Return the cells that differ between two states of a table, by key and source.

    Parameters
    ----------
    table : Table
        Names the key and the columns.
    before, after : DataFrame
        Current rows with the columns of `ORIGIN`.
    """
    own = [*table.columns.names(), "source"]
    key = [*table.key, "source"]
    gone = before.join(after, on=own, how="anti", nulls_equal=True)
    come = after.join(before, on=own, how="anti", nulls_equal=True)
    old = {tuple(row[name] for name in key): row for row in gone.iter_rows(named=True)}
    new = {tuple(row[name] for name in key): row for row in come.iter_rows(named=True)}
    columns = [name for name in table.columns.names() if name not in table.key]
    for values in sorted({**old, **new}, key=str):
        first, second = old.get(values, {}), new.get(values, {})
        for column in columns:
            if first.get(column) != second.get(column):
                yield InputChange(
                    table.name,
                    dict(zip(key, values, strict=True)),
                    column,
                    first.get(column),
                    second.get(column),
                    origin(first) if first else None,
                    origin(second) if second else None,
                )


def _inputs(
    before: DeliveredRows, after: DeliveredRows, book: Book, n_scenarios: int
) -> Iterator[InputChange]:
    """Compare what may matter: market data of all scenarios, holdings of the year, all snapshots."""
    year = book.calendar.previous(book.day.replace(month=1, day=1))
    oldest = min(book.calendar.offset(book.day, -n_scenarios) - timedelta(days=QUOTE_AGE_DAYS), year)
    for names, start in ((BOOKS, year), (MARKET, oldest), (SNAPSHOTS, None)):
        days = None if start is None else _days(start, book.day)
        for name in names:
            table = DELIVERED[name]
            yield from changed_rows(table, before.read(table, days), after.read(table, days))


def _results(table: str, key: Sequence[str], before: Book, after: Book) -> Iterator[ResultChange]:
    states: list[dict[tuple[object, ...], Row]] = []
    for book in (before, after):
        rows = book.published(table, book.day).sort(key)
        states.append({tuple(row[name] for name in key): row for row in rows.iter_rows(named=True)})
    old, new = states
    for values in sorted({**old, **new}, key=str):
        first, second = old.get(values, {}), new.get(values, {})
        for column in {**first, **second}:
            if column not in {*key, "business_date"} and first.get(column) != second.get(column):
                item = str(values[1]) if len(values) > 1 else None
                yield ResultChange(table, str(values[0]), item, column, first.get(column), second.get(column))


def _settings(before: Row, after: Row) -> Iterator[SettingChange]:
    for name in ("code_version", "config_sha256", "n_scenarios"):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield SettingChange(name, str(old or "no run"), str(new or "no run"))


def _is_of(key: Row, portfolios: Sequence[str] | None) -> bool:
    return portfolios is None or "portfolio_id" not in key or key["portfolio_id"] in portfolios


def _days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]
