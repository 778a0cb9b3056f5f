"""One row of the ledger as an object, and what one version's end means for the others of its key. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import sqlalchemy as sa

from analytics_platform.storage.landing.object_versions import ObjectVersion
from analytics_platform.storage.ledger.tables import ACCEPTED, IN_LAKE, State

ROUND = 1000
"""Requests for a version are numbered on for ever; who lets the sensor ask anew begins the next thousand.

A number that came again would give the key of a run that there was; Dagster starts no second run of a key.
"""


@dataclass(frozen=True)
class Entry:
    """One row of the ledger.

    Attributes
    ----------
    version : ObjectVersion
        What was put.
    dataset, source, first_date, last_date : str, str, date or None, date or None
        What its name declares; empty if the name tells nothing.
    sha256 : str or None
        Digest of the content, once a run has read it.
    state : State
        Where it stands.
    attempts : int
        Runs that took it.
    rows_read, rows_accepted, rows_rejected, rows_ignored : int or None
        The account.
    run_id : str or None
        The last run that took it.
    message : str or None
        Why it stands where it stands.
    changed_at : datetime
        When it came there, in UTC.
    failures : int
        Attempts that failed for a reason that may pass.
    requests : int
        Number of the run that the sensor has asked for last, for this version.
    request_key : str or None
        Key of that run.
    recompute_from : date or None
        First date of a loaded version whose results may be older than it.
    """

    version: ObjectVersion
    dataset: str
    source: str
    first_date: date | None
    last_date: date | None
    sha256: str | None
    state: State
    attempts: int
    rows_read: int | None
    rows_accepted: int | None
    rows_rejected: int | None
    rows_ignored: int | None
    run_id: str | None
    message: str | None
    changed_at: datetime
    failures: int = 0
    requests: int = 0
    request_key: str | None = None
    recompute_from: date | None = None

    @property
    def asked(self) -> int:
        """How many runs were asked for since the sensor was let ask anew."""
        return self.requests % ROUND


@dataclass(frozen=True)
class Transition:
    """One change of state, as it was written down.

    Attributes
    ----------
    key, version_id : str
        Of what.
    from_state, to_state : State or None, State
        From nothing when it was first seen.
    at : datetime
        When, in UTC.
    run_id : str or None
        By which run.
    message : str or None
        Why.
    """

    key: str
    version_id: str
    from_state: State | None
    to_state: State
    at: datetime
    run_id: str | None
    message: str | None


def entry_of(row: sa.Row[tuple[object, ...]]) -> Entry:
    """Return a row of the table as an entry."""
    values = dict(row._mapping)  # noqa: SLF001 - documented name of SQLAlchemy
    version = ObjectVersion(
        values.pop("known_at").replace(tzinfo=UTC),
        values.pop("key"),
        values.pop("version_id"),
        values.pop("size"),
        values.pop("etag"),
    )
    state, changed_at = State(values.pop("state")), values.pop("changed_at").replace(tzinfo=UTC)
    return Entry(version=version, state=state, changed_at=changed_at, **values)


def transition_of(row: sa.Row[tuple[object, ...]]) -> Transition:
    """Return a row of the history."""
    values = dict(row._mapping)  # noqa: SLF001 - documented name of SQLAlchemy
    before = values["from_state"]
    return Transition(
        key=values["key"],
        version_id=values["version_id"],
        from_state=None if before is None else State(before),
        to_state=State(values["to_state"]),
        at=values["at"].replace(tzinfo=UTC),
        run_id=values["run_id"],
        message=values["message"],
    )


def settled(
    entries: Sequence[Entry], version: ObjectVersion, state: State, sha256: str
) -> list[tuple[Entry, State, str | None]]:
    """Return the changes that follow when a run is done with one version: its own first, then the others'.

    Versions may be loaded in any order; what holds in the end depends only on the order in which they were
    put.

    Parameters
    ----------
    entries : sequence of Entry
        All versions of the key, in the order in which they were put.
    version : ObjectVersion
        The version that the run is done with.
    state : State
        What the run found: loaded, duplicate or quarantined.
    sha256 : str
        Digest of its content.

    Returns
    -------
    list of (Entry, State, str or None)
        What changes to which state, and why if it is not the run's own word.
    """
    place = next(n for n, entry in enumerate(entries) if entry.version.version_id == version.version_id)
    own, earlier = entries[place], [e for e in entries[:place] if e.state in ACCEPTED]
    later = [e for e in entries[place + 1 :] if e.state in ACCEPTED]
    if state is State.DUPLICATE and (not earlier or earlier[-1].sha256 != sha256):
        return [(own, State.SEEN, "another version came between it and the one that it repeats")]
    if state is not State.LOADED:
        return [(own, state, None)]
    changes: list[tuple[Entry, State, str | None]] = []
    if any(entry.state in IN_LAKE for entry in later):
        changes.append((own, State.SUPERSEDED, "a newer version was loaded before it"))
    else:
        changes.append((own, State.LOADED, None))
        changes += [
            (entry, State.SUPERSEDED, f"version {version.version_id} is loaded")
            for entry in earlier
            if entry.state is State.LOADED
        ]
    if later and later[0].state is State.DUPLICATE and later[0].sha256 != sha256:
        why = f"version {version.version_id} came between it and the one that it repeats"
        changes.append((later[0], State.SEEN, why))
    return changes
