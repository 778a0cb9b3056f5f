"""`analytics explain`: from a metric to the rows of the files that it was computed from."""

import json
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

from rich.text import Text
from rich.tree import Tree

from analytics_platform.calendars.moments import MomentError, parse_moment
from analytics_platform.calendars.sessions import calendar
from analytics_platform.cli.report import NOT_FOUND, choose, version_line, wide_console
from analytics_platform.settings import Settings, settings
from analytics_platform.storage.lake.lake import DamagedLakeError
from analytics_platform.storage.lake.objects import UnreachableLakeError
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.storage.lineage.chain import Book, Chain, Link
from analytics_platform.storage.lineage.lineage import UnknownMetricError, explain
from analytics_platform.storage.published.serving import NotPublishedError, ServingStore

NOT_WHOLE = 1


class NoSuchNumberError(LookupError):
    """There is no such portfolio or session."""


def run_explain(
    portfolio: str, day: date, metric: str, as_known_at: str | None = None, *, as_json: bool = False
) -> int:
    """Print the chain of a metric; return 0, 1 if the rows do not recompute to it, 2 if there is none."""
    console = wide_console()
    try:
        book = open_book(settings(), portfolio, day, as_known_at)
        chain = explain(book, metric)
    except (
        MomentError,
        NotPublishedError,
        NoSuchNumberError,
        UnknownMetricError,
        DamagedLakeError,
        UnreachableLakeError,
    ) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return NOT_FOUND
    if as_json:
        print(json.dumps(asdict(chain), default=_plain, indent=1))  # noqa: T201 - for programs: no wrapping
        return 0 if chain.is_whole else NOT_WHOLE
    console.print(_tree(chain), soft_wrap=True, highlight=False)
    for remark in chain.remarks:
        console.print(remark, style="" if chain.is_whole else "red", markup=False, soft_wrap=True)
    console.print(version_line(book.version), markup=False, highlight=False, soft_wrap=True)
    return 0 if chain.is_whole else NOT_WHOLE


def open_book(of: Settings, portfolio: str, day: date, as_known_at: str | None) -> Book:
    """Return a portfolio on a session as it was published at a moment.

    Raises
    ------
    MomentError, NotPublishedError, NoSuchNumberError
        If the moment cannot be read, or there was no such number then.
    """
    store = ServingStore(of.serving)
    version = store.at(None if as_known_at is None else parse_moment(as_known_at))
    _, problem = choose(store.table(version, "portfolio_risk"), day, portfolio)
    if problem is not None:
        raise NoSuchNumberError(problem)
    return Book(
        store, open_lake(of.lake_url, **of.lake_options), calendar(of.calendar), version, portfolio, day
    )


def _tree(chain: Chain) -> Tree:
    tree = Tree(_line(chain.root))
    for link in chain.root.links:
        _grow(tree, link)
    return tree


def _grow(tree: Tree, link: Link) -> None:
    branch = tree.add(_line(link))
    for below in link.links:
        _grow(branch, below)


def _line(link: Link) -> Text:
    line = Text(link.label)
    if link.value is not None:
        line.append(f"  {_written(link.value)}", style="bold")
    if link.origin is not None:
        line.append(f"  [{link.origin}, put {link.origin.known_at:%Y-%m-%dT%H:%M:%SZ}]", style="dim")
    return line


def _written(value: Decimal | float) -> str:
    """Return a number in full: a chain is there to be recomputed."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return f"{exact.normalize():,f}"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
