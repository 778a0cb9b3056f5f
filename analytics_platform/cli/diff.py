"""`analytics diff`: what changed for a session between two moments, and why."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from analytics_platform.calendars.moments import MomentError, parse_moment, written
from analytics_platform.calendars.sessions import calendar
from analytics_platform.cli.report import NOT_FOUND, choose, wide_console
from analytics_platform.settings import settings
from analytics_platform.storage.lake.lake import DamagedLakeError
from analytics_platform.storage.lake.objects import UnreachableLakeError
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.storage.lineage.causes import Causes
from analytics_platform.storage.lineage.chain import Book
from analytics_platform.storage.lineage.differences import Differences, InputChange, differences
from analytics_platform.storage.published.serving import NotPublishedError, ServingStore

SAME, DIFFERENT = 0, 1
SHOWN_ROWS = 100
PATHS_WIDTH = 200

Row = tuple[object, ...]
INPUTS = ("Table", "Key", "Column", "Old", "New", "Old row", "New row")
RESULTS = ("Table", "Portfolio", "Item", "Column", "Old", "New", "Difference", "Because")
DELIVERIES = ("File", "Sheet", "Source", "From", "To", "Rows", "Put at")


def run_diff(
    day: date, first: str, second: str, portfolio: str | None = None, *, as_json: bool = False
) -> int:
    """Print what changed for a session; return 0 if nothing did, 1 if something did, 2 if it cannot be said.

    Parameters
    ----------
    day : date
        The session.
    first, second : str
        Two moments, each in ISO 8601 with its zone; what was published then is compared.
    portfolio : str, optional
        Only this portfolio and what is below it.
    as_json : bool
        For programs: everything, in full.
    """
    console = wide_console()
    try:
        before, after = _books(day, first, second, portfolio)
        members = None if portfolio is None else sorted({*before.members, *after.members})
        found = differences(before, after, settings().n_scenarios, members)
    except (MomentError, NotPublishedError, LookupError, DamagedLakeError, UnreachableLakeError) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return NOT_FOUND
    tables = _tables(after, found)
    if as_json:
        rows = {name: [dict(zip(head, row, strict=True)) for row in all_] for name, head, all_ in tables}
        print(json.dumps(rows, default=str, indent=1))  # noqa: T201 - for programs: no wrapping
    else:
        _print(Console(width=PATHS_WIDTH) if not console.is_terminal else console, before, after, tables)
    return SAME if found.is_empty else DIFFERENT


def _books(day: date, first: str, second: str, portfolio: str | None) -> tuple[Book, Book]:
    of = settings()
    store = ServingStore(of.serving)
    moments = parse_moment(first), parse_moment(second)
    if moments[0] > moments[1]:
        message = f"--from {first} is after --to {second}: give the earlier moment first"
        raise MomentError(message)
    books = []
    for moment in moments:
        version = store.at(moment)
        rows, problem = choose(store.table(version, "portfolio_risk"), day, portfolio)
        if problem is not None:
            message = f"as known at {written(moment)}: {problem}"
            raise LookupError(message)
        top = portfolio or rows["portfolio_id"][0]
        books.append(
            Book(store, open_lake(of.lake_url, **of.lake_options), calendar(of.calendar), version, top, day)
        )
    return books[0], books[1]


def _tables(after: Book, found: Differences) -> list[tuple[str, tuple[str, ...], list[Row]]]:
    causes = Causes(after, found)
    columns = ("uri", "sheet", "source", "first_date", "last_date", "rows_accepted", "known_at")
    return [
        ("deliveries", DELIVERIES, list(found.deliveries.select(columns).iter_rows())),
        ("settings", ("Setting", "Old", "New"), [(each.name, each.old, each.new) for each in found.settings]),
        ("inputs", INPUTS, _input_rows(found.inputs)),
        ("waiting", INPUTS, _input_rows(found.waiting)),
        (
            "results",
            RESULTS,
            [
                (c.table, c.portfolio_id, c.item, c.column, c.old, c.new, c.difference, causes.of(c))
                for c in found.results
            ],
        ),
    ]


def _input_rows(changes: Sequence[InputChange]) -> list[Row]:
    return [
        (
            each.table,
            " ".join(str(value) for value in each.key.values()),
            each.column,
            each.old,
            each.new,
            each.old_origin,
            each.new_origin,
        )
        for each in changes
    ]


TITLES = {
    "deliveries": "Deliveries that came between",
    "settings": "Code and settings that changed",
    "inputs": "Input rows that changed",
    "waiting": "Input rows that are known and not computed in: backfill the session",
    "results": "Results that changed",
}


def _print(
    console: Console, before: Book, after: Book, tables: list[tuple[str, tuple[str, ...], list[Row]]]
) -> None:
    for word, book in (("from", before), ("to", after)):
        run = (book.run or {}).get("run_id", "none")
        console.print(
            f"{word} version {book.version.name}, published {written(book.version.published_at)}, "
            f"{book.day} computed by run {run}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    for name, head, rows in tables:
        if not rows:
            console.print(f"{TITLES[name]}: none", highlight=False)
            continue
        table = Table(title=f"{TITLES[name]}: {len(rows)}", title_justify="left")
        for column in head:
            is_number = column in {"Old", "New", "Difference", "Rows"}
            table.add_column(column, justify="right" if is_number else "left", overflow="fold")
        for row in rows[:SHOWN_ROWS]:
            table.add_row(*(_shown(value) for value in row))
        console.print(table, markup=False)
        if len(rows) > SHOWN_ROWS:
            console.print(f"and {len(rows) - SHOWN_ROWS} more; --json prints all", highlight=False)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    if isinstance(value, float):
        return f"{value:,.8g}"
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)
