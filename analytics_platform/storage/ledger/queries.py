"""What can be asked of the ledger. Nothing is changed here."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date
from typing import TypeVar

import sqlalchemy as sa

from analytics_platform.storage.landing.object_versions import ObjectVersion
from analytics_platform.storage.ledger.entries import Entry, Transition, entry_of, transition_of
from analytics_platform.storage.ledger.tables import ACCEPTED, TRANSITIONS, VERSIONS, State

_BATCH = 500

Statement = TypeVar("Statement", sa.Select[tuple[object, ...]], sa.Update)


def of_version(statement: Statement, version: ObjectVersion) -> Statement:
    """Restrict a statement on the versions to one of them."""
    return statement.where(VERSIONS.c.key == version.key, VERSIONS.c.version_id == version.version_id)


class LedgerQueries:
    """The reading half of the ledger.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Its database, in the newest form.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._engine.dispose()

    def entries(
        self,
        *,
        dataset: str | None = None,
        states: Sequence[State] = tuple(State),
        overlapping: tuple[date, date] | None = None,
    ) -> list[Entry]:
        """Return entries in the order in which the versions were put.

        Parameters
        ----------
        dataset : str, optional
            Only this dataset.
        states : sequence of State
            Only these states.
        overlapping : (date, date), optional
            Only versions that declare a date between the two.
        """
        query = sa.select(VERSIONS).where(VERSIONS.c.state.in_(states))
        if dataset is not None:
            query = query.where(VERSIONS.c.dataset == dataset)
        if overlapping is not None:
            first, last = overlapping
            query = query.where(VERSIONS.c.first_date <= last, VERSIONS.c.last_date >= first)
        return self._found(query.order_by(VERSIONS.c.known_at, VERSIONS.c.key, VERSIONS.c.version_id))

    def entry(self, key: str, version_id: str | None = None) -> Entry | None:
        """Return one version of a key, the newest by default; None if the ledger does not know it."""
        query = sa.select(VERSIONS).where(VERSIONS.c.key == key)
        if version_id is not None:
            query = query.where(VERSIONS.c.version_id == version_id)
        found = self._found(query.order_by(VERSIONS.c.known_at.desc(), VERSIONS.c.version_id.desc()).limit(1))
        return found[0] if found else None

    def predecessor(self, version: ObjectVersion) -> Entry | None:
        """Return the newest version of the key that was put before this one and whose content was taken."""
        put_at = version.known_at.astimezone(UTC).replace(tzinfo=None)
        before = sa.or_(
            VERSIONS.c.known_at < put_at,
            sa.and_(VERSIONS.c.known_at == put_at, VERSIONS.c.version_id < version.version_id),
        )
        query = sa.select(VERSIONS).where(
            VERSIONS.c.key == version.key, VERSIONS.c.state.in_(ACCEPTED), before
        )
        found = self._found(query.order_by(VERSIONS.c.known_at.desc(), VERSIONS.c.version_id.desc()).limit(1))
        return found[0] if found else None

    def known(self, prefix: str) -> set[tuple[str, str]]:
        """Return key and version of every entry whose key starts with `prefix`."""
        query = sa.select(VERSIONS.c.key, VERSIONS.c.version_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(VERSIONS.c.key.startswith(prefix, autoescape=True)))
            return {(row.key, row.version_id) for row in rows}

    def unknown(self, versions: Iterable[ObjectVersion]) -> list[ObjectVersion]:
        """Return those versions that the ledger does not know, in the order in which they were put."""
        asked = sorted(versions)
        keys = sorted({version.key for version in asked})
        known: set[tuple[str, str]] = set()
        with self._engine.connect() as connection:
            for start in range(0, len(keys), _BATCH):
                query = sa.select(VERSIONS.c.key, VERSIONS.c.version_id)
                rows = connection.execute(query.where(VERSIONS.c.key.in_(keys[start : start + _BATCH])))
                known.update((row.key, row.version_id) for row in rows)
        return [version for version in asked if (version.key, version.version_id) not in known]

    def not_recomputed(self) -> list[Entry]:
        """Return the loaded versions that results may be older than."""
        return self._found(sa.select(VERSIONS).where(VERSIONS.c.recompute_from.is_not(None)))

    def runs_in_flight(self) -> set[str]:
        """Return the runs that have taken versions and not finished them."""
        query = sa.select(VERSIONS.c.run_id).where(VERSIONS.c.state == State.LAUNCHED).distinct()
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def history(self, key: str, version_id: str | None = None) -> list[Transition]:
        """Return all changes of a key, or of one version of it, oldest first."""
        query = sa.select(TRANSITIONS).where(TRANSITIONS.c.key == key).order_by(TRANSITIONS.c.id)
        if version_id is not None:
            query = query.where(TRANSITIONS.c.version_id == version_id)
        with self._engine.connect() as connection:
            return [transition_of(row) for row in connection.execute(query)]

    def _found(self, query: sa.Select[tuple[object, ...]]) -> list[Entry]:
        with self._engine.connect() as connection:
            return [entry_of(row) for row in connection.execute(query)]
