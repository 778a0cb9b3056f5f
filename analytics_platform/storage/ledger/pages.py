"""The ledger page by page, the newest version first, and what waits. Nothing is changed here."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from analytics_platform.storage.ledger.database import open_database
from analytics_platform.storage.ledger.entries import Entry
from analytics_platform.storage.ledger.queries import LedgerQueries
from analytics_platform.storage.ledger.tables import IN_LAKE, VERSIONS, State

_IS_KEPT = sa.or_(
    VERSIONS.c.state == State.QUARANTINED,
    sa.and_(VERSIONS.c.state.in_(IN_LAKE), VERSIONS.c.rows_rejected > 0),
)
"""Quarantine holds something of it that a person decides about."""

_ORDER = (VERSIONS.c.known_at, VERSIONS.c.key, VERSIONS.c.version_id)


class ForeignCursorError(ValueError):
    """A cursor is none that this ledger gave."""


@dataclass(frozen=True)
class EntryPage:
    """Some versions, the newest first.

    Attributes
    ----------
    entries : sequence of Entry
        The versions.
    next_cursor : str or None
        What to ask with for those that are older; None if there are none.
    """

    entries: Sequence[Entry]
    next_cursor: str | None


@dataclass(frozen=True)
class Backlog:
    """What waits.

    Attributes
    ----------
    waiting : int
        Versions that no run has finished.
    since : datetime or None
        When the oldest of them was put.
    quarantined : int
        Versions of which quarantine holds something.
    """

    waiting: int
    since: datetime | None
    quarantined: int


class LedgerPages(LedgerQueries):
    """Versions page by page, so that memory does not grow with the ledger.

    Parameters
    ----------
    url : str
        SQLAlchemy address of the ledger.
    """

    def __init__(self, url: str) -> None:
        super().__init__(open_database(url))

    def newest(
        self, limit: int, *, dataset: str | None = None, state: State | None = None, cursor: str | None = None
    ) -> EntryPage:
        """Return versions, the newest first.

        Parameters
        ----------
        limit : int
            How many at most.
        dataset : str, optional
            Only this dataset.
        state : State, optional
            Only this state.
        cursor : str, optional
            `next_cursor` of the page before.

        Raises
        ------
        ForeignCursorError
            If the cursor is none that this returned.
        """
        query = sa.select(VERSIONS)
        if dataset is not None:
            query = query.where(VERSIONS.c.dataset == dataset)
        if state is not None:
            query = query.where(VERSIONS.c.state == state)
        return self._page(query, limit, cursor)

    def in_quarantine(self, limit: int, cursor: str | None = None) -> EntryPage:
        """Return refused versions, and those that were loaded without some rows, the newest first."""
        return self._page(sa.select(VERSIONS).where(_IS_KEPT), limit, cursor)

    def backlog(self) -> Backlog:
        """Return what waits."""
        owed = VERSIONS.c.state.in_((State.SEEN, State.LAUNCHED))
        waiting = sa.select(sa.func.count(), sa.func.min(VERSIONS.c.known_at)).where(owed)
        kept = sa.select(sa.func.count()).select_from(VERSIONS).where(_IS_KEPT)
        with self._engine.connect() as connection:
            count, since = connection.execute(waiting).one()
            quarantined = connection.execute(kept).scalar_one()
        return Backlog(count, None if since is None else since.replace(tzinfo=UTC), quarantined)

    def _page(self, query: sa.Select[tuple[object, ...]], limit: int, cursor: str | None) -> EntryPage:
        if cursor is not None:
            query = query.where(sa.tuple_(*_ORDER) < sa.tuple_(*_place(cursor)))
        found = self._found(query.order_by(*(column.desc() for column in _ORDER)).limit(limit + 1))
        return EntryPage(found[:limit], _cursor(found[limit - 1]) if len(found) > limit else None)


def _cursor(entry: Entry) -> str:
    place = [entry.version.known_at.isoformat(), entry.version.key, entry.version.version_id]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(cursor: str) -> tuple[sa.ColumnElement[object], ...]:
    try:
        known_at, key, version_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        moment = datetime.fromisoformat(known_at).astimezone(UTC).replace(tzinfo=None)
        if not isinstance(key, str) or not isinstance(version_id, str) or "\0" in key + version_id:
            raise TypeError  # noqa: TRY301 - told as every other cursor that is none
    except (ValueError, TypeError, OverflowError) as error:
        message = "cursor: is none that was given here; begin with the newest"
        raise ForeignCursorError(message) from error
    values: Mapping[sa.Column[object], object] = dict(zip(_ORDER, (moment, key, version_id), strict=True))
    return tuple(sa.literal(value, column.type) for column, value in values.items())
