"""Which rows of a published table a query asks for, and the page of them. No bytes and no route.

A source of rows that is too large to publish takes the same query and gives the same page.
"""

import base64
import hashlib
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_

import polars as pl

from analytics_platform.api.catalogue import ANCHOR
from analytics_platform.api.endpoint import FILTER_EXAMPLES, FILTER_KINDS, Endpoint
from analytics_platform.api.parameters import Parameter, Query, Value, read_range
from analytics_platform.api.partitions import ROW, SESSION, Partition
from analytics_platform.api.problems import Problem
from analytics_platform.api.published import Publication, PublishedTables
from analytics_platform.storage.published.serving import NotPublishedError
from analytics_platform.storage.published.versions import Version

LARGEST_PAGE = 20_000
DEFAULT_PAGE = 1_000
FULLY_KNOWN = {"portfolio_id": ANCHOR, "instrument_id": "positions"}
"""Columns whose values another table knows in full, also where a table says nothing of one."""

_NOT_ASKED = {"cursor", "format", "limit"}
_CLOSE = 1e-9
_LARGEST_OFFSET = 10**9
_SHOWN_VALUES = 10
_SEPARATOR = "|"

AS_KNOWN_AT = Parameter(
    "as_known_at",
    "moment",
    "Moment in ISO 8601 with its zone: the answer as it was published then",
    "2035-01-01T00:00:00Z",
)
FORMAT = Parameter(
    "format",
    "text",
    "How rows are written; wins over the Accept header",
    "json",
    words=("json", "csv", "parquet"),
)
FROM_DATE = Parameter("from_date", "date", "First session of a range", "2013-02-25")
TO_DATE = Parameter("to_date", "date", "Last session of a range", "2013-03-01")
_AS_OF = {
    "session": Parameter("as_of", "date", "Session; the newest one by default", "2013-03-01"),
    "span": Parameter("as_of", "date", "Only what covers this date", "2013-03-01"),
}
_PAGING = (
    Parameter("fields", "text", "Columns to show, by comma; all by default", is_repeatable=True),
    Parameter("limit", "integer", "Most rows of a page", str(DEFAULT_PAGE), limits=(1, LARGEST_PAGE)),
    Parameter("cursor", "text", "Where the page before ended: its `next_cursor`"),
)


@dataclass(frozen=True)
class Page:
    """Rows that answer a query.

    Attributes
    ----------
    version : Version
        What they were published in.
    rows : DataFrame
        Only what is shown.
    encoded : list of bytes, optional
        The same as JSON, where they had been encoded before.
    total : int
        Rows of all pages.
    next_cursor : str or None
        Where the next page begins.
    as_of : date or None
        Their session, if it is one.
    """

    version: Version
    rows: pl.DataFrame
    encoded: list[bytes] | None
    total: int
    next_cursor: str | None = None
    as_of: date | None = None


def parameters_of(endpoint: Endpoint) -> tuple[Parameter, ...]:
    """Return what a table can be asked by."""
    dated = (_AS_OF[endpoint.dating], FROM_DATE, TO_DATE) if endpoint.dating != "none" else ()
    return (*dated, AS_KNOWN_AT, *map(_filter, endpoint.filters), *_PAGING, FORMAT)


def _filter(column: str) -> Parameter:
    example = FILTER_EXAMPLES.get(column, "")
    told = f"Only rows with this `{column}`, or one of these"
    return Parameter(column, FILTER_KINDS.get(column, "text"), told, example, is_repeatable=True)


def read_page(tables: PublishedTables, publication: Publication, endpoint: Endpoint, query: Query) -> Page:
    """Return the rows of a published table that a query asks for.

    Raises
    ------
    Problem
        If it names what is not there, or asks for two things at once.
    NotPublishedError
        If the version has no such table.
    """
    digest = _digest(endpoint, query)
    version, offset = _start(tables, publication, query, digest)
    session, between = _dates(tables, version, endpoint, query)
    partitions = tables.partitions(version, endpoint.table, between)
    empty = tables.no_rows(version, endpoint.table)
    fields = _fields(endpoint, empty.columns, query)
    conditions = _conditions(tables, version, endpoint, query, empty)
    condition = pl.all_horizontal([*_dated(endpoint, between), *conditions, pl.lit(value=True)])
    found = [(each, _rows_of(each, session).filter(condition)) for each in partitions]
    total = sum(rows.height for _, rows in found)
    limit = query.integer("limit", DEFAULT_PAGE)
    chosen = list(_slice(found, offset, limit))
    shown = pl.concat([empty, *(rows for _, rows in chosen)]).select(fields)
    is_whole = set(fields) | {ROW} == set(empty.columns) and not query.text("fields")
    encoded = [text for each, rows in chosen for text in each.encoded(rows)] if is_whole else None
    end = offset + shown.height
    following = _cursor(version, end, digest) if end < total else None
    return Page(version, shown, encoded, total, following, session)


def version_of(tables: PublishedTables, publication: Publication, as_known_at: datetime | None) -> Version:
    """Return the version that counted at a moment.

    Raises
    ------
    Problem
        If nothing was published by then.
    """
    try:
        return tables.at(as_known_at, publication)
    except NotPublishedError as error:
        raise Problem(404, str(error), AS_KNOWN_AT.name) from error


def _start(
    tables: PublishedTables, publication: Publication, query: Query, digest: str
) -> tuple[Version, int]:
    """Return the version and the first row: all pages of one question come from one version."""
    cursor = query.text("cursor")
    if cursor is None:
        return version_of(tables, publication, query.moment(AS_KNOWN_AT.name)), 0
    try:
        name, offset, asked = base64.urlsafe_b64decode(cursor.encode()).decode().split(_SEPARATOR)
        start = int(offset)
    except (ValueError, Base64Error) as error:
        raise Problem(422, "cursor: is none that this server gave", "cursor") from error
    if asked != digest or not 0 <= start <= _LARGEST_OFFSET:
        raise Problem(422, "cursor: belongs to another question: leave it out to begin anew", "cursor")
    if name not in publication.names:
        raise Problem(404, f"cursor: version {name!r} is not kept any longer: begin anew", "cursor")
    return tables.named(name), start


def _cursor(version: Version, offset: int, digest: str) -> str:
    return base64.urlsafe_b64encode(f"{version.name}|{offset}|{digest}".encode()).decode()


def _digest(endpoint: Endpoint, query: Query) -> str:
    asked = {name: query.values[name] for name in sorted(query.values) if name not in _NOT_ASKED}
    return hashlib.sha256(f"{endpoint.path}{asked}".encode()).hexdigest()[:16]


def _dates(
    tables: PublishedTables, version: Version, endpoint: Endpoint, query: Query
) -> tuple[date | None, tuple[date, date] | None]:
    """Return the one session that is asked for, and the range."""
    between, as_of = read_range(query), query.date("as_of")
    if between and as_of:
        raise Problem(422, "as_of: stands for one session, from_date and to_date for a range", "as_of")
    if endpoint.dating != "session":
        return None, between or ((as_of, as_of) if as_of else None)
    if between:
        return None, between
    ruling = ANCHOR if endpoint.is_sparse and ANCHOR in version.tables else endpoint.table
    newest = tables.newest_session(version, ruling, as_of or date.max)
    if as_of and newest != as_of and not (endpoint.is_sparse and ruling != ANCHOR):
        before = f"the one before is {newest}" if newest else "there is none before"
        told = f"as_of: no session {as_of} is in version {version.name}: {before}"
        raise Problem(404, told, "as_of")
    session = as_of or newest
    return session, (session, session) if session else None


def _dated(endpoint: Endpoint, between: tuple[date, date] | None) -> list[pl.Expr]:
    if between is None or endpoint.dating == "none":
        return []
    if endpoint.dating == "session":
        return [pl.col(SESSION).is_between(*between)]
    first, last = pl.col("first_date"), pl.col("last_date")
    return [(first <= between[1]).fill_null(value=True), (last >= between[0]).fill_null(value=True)]


def _rows_of(partition: Partition, session: date | None) -> pl.DataFrame:
    return partition.rows if session is None else partition.of_session(session)


def _fields(endpoint: Endpoint, columns: Sequence[str], query: Query) -> list[str]:
    shown = [name for name in endpoint.columns or columns if name in columns and name != ROW]
    asked = [name for text in query.values.get("fields", ()) for name in str(text).split(",")]
    for name in asked:
        if name not in shown:
            raise Problem(422, f"fields: {name!r} is no column here: there are {', '.join(shown)}", "fields")
    return list(dict.fromkeys(asked)) or shown


def _conditions(
    tables: PublishedTables, version: Version, endpoint: Endpoint, query: Query, empty: pl.DataFrame
) -> list[pl.Expr]:
    """Return what the filters demand, once each of their values is known to exist."""
    conditions = []
    for column in endpoint.filters:
        values = query.values.get(column, ())
        if not values:
            continue
        if column not in empty.columns:
            told = f"{column}: {endpoint.table} of version {version.name} has no such column"
            raise Problem(404, told, column)
        known = _known(tables, version, endpoint, column)
        unknown = [value for value in values if not _is_among(value, known)]
        if unknown and (column in FULLY_KNOWN or not endpoint.is_sparse):
            told = f"{column}: {unknown[0]!r} is not published; {_some(known)}"
            raise Problem(404, told, column)
        conditions.append(reduce(or_, (_equals(column, value) for value in values)))
    return conditions


def _known(tables: PublishedTables, version: Version, endpoint: Endpoint, column: str) -> frozenset[object]:
    """Return the values of a column in all sessions of a version."""
    names = {endpoint.table, FULLY_KNOWN.get(column, endpoint.table)} & version.tables.keys()
    found = (each.values(column) for name in names for each in tables.partitions(version, name))
    return frozenset().union(*found) - {None}


def _is_among(value: Value, known: Iterable[object]) -> bool:
    if isinstance(value, float):
        return any(isinstance(each, float) and abs(each - value) < _CLOSE for each in known)
    return value in known


def _equals(column: str, value: Value) -> pl.Expr:
    if isinstance(value, float):
        return (pl.col(column) - value).abs() < _CLOSE
    return pl.col(column) == value


def _some(known: frozenset[object]) -> str:
    shown = sorted(str(value) for value in known)[:_SHOWN_VALUES]
    return f"there are {', '.join(shown)}{' and others' if len(known) > len(shown) else ''}"


def _slice(
    found: Sequence[tuple[Partition, pl.DataFrame]], offset: int, limit: int
) -> Iterable[tuple[Partition, pl.DataFrame]]:
    """Yield the rows of one page."""
    for each, rows in found:
        page = rows.slice(offset, limit)
        offset = max(offset - rows.height, 0)
        limit -= page.height
        if page.height:
            yield each, page
        if limit <= 0:
            return
