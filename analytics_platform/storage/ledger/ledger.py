"""The ledger: what became of every object version. Listings and events are hints; the ledger decides."""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import DeliveryName, parse_file_name
from analytics_platform.storage.landing.object_versions import ObjectVersion
from analytics_platform.storage.ledger.database import open_database, writing
from analytics_platform.storage.ledger.entries import ROUND, Entry, Transition, entry_of, settled
from analytics_platform.storage.ledger.queries import LedgerQueries, of_version
from analytics_platform.storage.ledger.rows import (
    account,
    declared,
    history_line,
    insert_of,
    now,
    version_row,
)
from analytics_platform.storage.ledger.tables import (
    FINAL,
    IN_LAKE,
    TRANSITIONS,
    VERSIONS,
    State,
    origins,
)

__all__ = ["FINAL", "IN_LAKE", "Entry", "Ledger", "State", "Transition"]

MAX_ATTEMPTS = 3
_BATCH = 200


class Ledger(LedgerQueries):
    """The ledger in a SQL database.

    Every change of state is one transaction that looks at the state first: of two workers one wins.

    Parameters
    ----------
    url : str
        SQLAlchemy address, ``sqlite:///path`` or ``postgresql://user@host/name``.
    max_attempts : int
        After so many failed attempts a version goes to quarantine.
    """

    def __init__(self, url: str, *, max_attempts: int = MAX_ATTEMPTS) -> None:
        engine = open_database(url)
        super().__init__(engine)
        self.max_attempts = max_attempts
        self._writing = writing(engine)

    def observe(self, version: ObjectVersion, name: DeliveryName) -> bool:
        """Write down a version that was not known; return whether it is new."""
        return bool(self.observe_all([(version, name)]))

    def observe_all(self, found: Sequence[tuple[ObjectVersion, DeliveryName]]) -> list[ObjectVersion]:
        """Write down versions that were not known, in few transactions; return the new ones."""
        rows = [version_row(version, State.SEEN, **declared(name)) for version, name in found]
        return self._insert(rows)

    def refuse(self, version: ObjectVersion, message: str) -> bool:
        """Write down a version whose name tells no dataset or date; return whether it is new."""
        return bool(self._insert([version_row(version, State.QUARANTINED, message=message)]))

    def claim(self, version: ObjectVersion, run_id: str) -> bool:
        """Take a seen version for a run; False if another run was faster."""
        attempt = VERSIONS.c.attempts + 1
        values = {"run_id": run_id, "attempts": attempt, "message": None}
        return self._move(version, State.LAUNCHED, values)

    def release(self, run_id: str) -> int:
        """Give back what a run took and did not finish; return how many versions that were."""
        taken = [e.version for e in self.entries(states=[State.LAUNCHED]) if e.run_id == run_id]
        why = {"message": "its run ended without finishing it"}
        return sum(self._move(version, State.SEEN, why, held_by=run_id) for version in taken)

    def finish(  # noqa: PLR0913 - what is told of a version that a run is done with
        self,
        version: ObjectVersion,
        state: State,
        *,
        sha256: str,
        counts: RowCounts | None = None,
        message: str | None = None,
        run_id: str | None = None,
    ) -> bool:
        """Write down what became of a version that a run took, and what follows for others of its key.

        Versions of a key end where the order in which they were put says, also when they are loaded in
        another one: see `settled`.

        Parameters
        ----------
        version : ObjectVersion
            The version.
        state : State
            What the run found: loaded, duplicate or quarantined.
        sha256 : str
            Digest of its content.
        counts : RowCounts, optional
            The account.
        message : str, optional
            Why it is not loaded.
        run_id : str, optional
            Only if this run still has it.

        Returns
        -------
        bool
            False if the version was taken from the run, or if it is owed again.
        """
        with self._writing.begin() as connection:
            query = sa.select(VERSIONS).where(VERSIONS.c.key == version.key).with_for_update()
            rows = connection.execute(query.order_by(VERSIONS.c.known_at, VERSIONS.c.version_id))
            entries = [entry_of(row) for row in rows]
            own = next((e for e in entries if e.version.version_id == version.version_id), None)
            if own is None or own.state is not State.LAUNCHED or run_id not in {None, own.run_id}:
                return False
            (_, end, why), *others = settled(entries, version, state, sha256)
            values = {"sha256": sha256, "message": message or why, **account(counts)}
            if end in IN_LAKE:
                values["recompute_from"] = own.first_date
            self._change(connection, own, end, own.run_id, values)
            for entry, follows, reason in others:
                self._change(connection, entry, follows, own.run_id, {"message": reason})
        return end is not State.SEEN

    def fail(self, version: ObjectVersion, message: str, *, run_id: str | None = None) -> State | None:
        """Give back a version for a reason that may pass, or give it up after too many attempts.

        Returns
        -------
        State or None
            Seen, or quarantined after the last attempt; None if no run had it.
        """
        with self._writing.begin() as connection:
            entry = self._locked(connection, version)
            if entry is None or entry.state is not State.LAUNCHED or run_id not in {None, entry.run_id}:
                return None
            failures = entry.failures + 1
            last = failures >= self.max_attempts
            told = f"gave up after {failures} attempts: {message}" if last else message
            state = State.QUARANTINED if last else State.SEEN
            self._change(connection, entry, state, entry.run_id, {"failures": failures, "message": told})
        return state

    def requeue(self, version: ObjectVersion) -> bool:
        """Owe a quarantined version again, with all its attempts before it.

        Returns
        -------
        bool
            False if it is not in quarantine, or its name still tells no dataset or date.
        """
        try:
            name = parse_file_name(version.key, version.known_at.date())
        except DeliveryRefused:
            return False
        fresh = {"failures": 0, "requests": 0, "request_key": None, "sha256": None}
        values = {**declared(name), **fresh, "message": "released from quarantine"}
        return self._move(version, State.SEEN, values, only_from=(State.QUARANTINED,))

    def discard(self, version: ObjectVersion) -> bool:
        """Decide that a quarantined version is never loaded; return whether it was in quarantine."""
        return self._move(version, State.DISCARDED, {})

    def owe_again(self, version: ObjectVersion, message: str) -> bool:
        """Owe a loaded version again: its rows are gone from the lake."""
        values = {"message": message, "request_key": None}
        return self._move(version, State.SEEN, values, only_from=IN_LAKE)

    def note_requests(self, entries: Iterable[Entry], request_key: str) -> None:
        """Remember which run was asked for, for these entries, and the number of each request."""
        with self._writing.begin() as connection:
            for entry in entries:
                asked = {"requests": entry.requests, "request_key": request_key}
                connection.execute(of_version(VERSIONS.update(), entry.version).values(asked))

    def forget_requests(self, versions: Iterable[ObjectVersion]) -> None:
        """Let the sensor ask anew for versions that it has given up."""
        with self._writing.begin() as connection:
            for version in versions:
                asked = {"requests": (VERSIONS.c.requests // ROUND + 1) * ROUND, "request_key": None}
                connection.execute(of_version(VERSIONS.update(), version).values(asked))

    def note_recomputed(self, versions: Iterable[ObjectVersion]) -> None:
        """Remember that the results rest on these versions, or need not."""
        with self._writing.begin() as connection:
            for version in versions:
                connection.execute(of_version(VERSIONS.update(), version).values(recompute_from=None))

    def _insert(self, rows: Sequence[Mapping[str, object]]) -> list[ObjectVersion]:
        """Insert rows whose versions are not known, and their first line of history."""
        new: list[ObjectVersion] = []
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            with self._writing.begin() as connection:
                insert = insert_of(connection).values(batch).on_conflict_do_nothing()
                inserted = connection.execute(insert.returning(*VERSIONS.c)).all()
                entries = [entry_of(row) for row in inserted]
                if entries:
                    connection.execute(
                        TRANSITIONS.insert(),
                        [history_line(e, None, e.state, None, e.message) for e in entries],
                    )
                new += [entry.version for entry in entries]
        return sorted(new)

    def _move(
        self,
        version: ObjectVersion,
        target: State,
        values: Mapping[str, object],
        *,
        only_from: tuple[State, ...] = tuple(State),
        held_by: str | None = None,
    ) -> bool:
        """Change state only from a state that allows it: of two workers one wins."""
        with self._writing.begin() as connection:
            entry = self._locked(connection, version)
            if entry is None or entry.state not in only_from or entry.state not in origins(target):
                return False
            if held_by is not None and entry.run_id != held_by:
                return False
            run_id = str(values["run_id"]) if "run_id" in values else entry.run_id
            self._change(connection, entry, target, run_id, values)
        return True

    @staticmethod
    def _locked(connection: sa.Connection, version: ObjectVersion) -> Entry | None:
        row = connection.execute(of_version(sa.select(VERSIONS), version).with_for_update()).first()
        return None if row is None else entry_of(row)

    @staticmethod
    def _change(
        connection: sa.Connection,
        entry: Entry,
        target: State,
        run_id: str | None,
        values: Mapping[str, object],
    ) -> None:
        """Write a new state and its line of history."""
        changed = {**values, "state": target, "changed_at": now()}
        connection.execute(of_version(VERSIONS.update(), entry.version).values(changed))
        message = values.get("message")
        line = history_line(entry, entry.state, target, run_id, None if message is None else str(message))
        connection.execute(TRANSITIONS.insert().values(line))
