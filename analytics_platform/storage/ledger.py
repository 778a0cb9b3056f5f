"""The ledger: what became of every object version. Listings and events are hints; the ledger decides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

import sqlalchemy as sa

from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.storage.landing_zone import ObjectVersion


class State(StrEnum):
    """States of an object version."""

    SEEN = "seen"
    LAUNCHED = "launched"
    LOADED = "loaded"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"


FINAL = (State.LOADED, State.QUARANTINED, State.DUPLICATE)

_METADATA = sa.MetaData()
VERSIONS = sa.Table(
    "object_versions",
    _METADATA,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("version_id", sa.String, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("known_at", sa.DateTime, nullable=False),
    sa.Column("dataset", sa.String, nullable=False, server_default=""),
    sa.Column("source", sa.String, nullable=False, server_default=""),
    sa.Column("first_date", sa.Date),
    sa.Column("last_date", sa.Date),
    sa.Column("sha256", sa.String),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rows_read", sa.BigInteger),
    sa.Column("rows_accepted", sa.BigInteger),
    sa.Column("rows_rejected", sa.BigInteger),
    sa.Column("rows_ignored", sa.BigInteger),
    sa.Column("run_id", sa.String),
    sa.Column("message", sa.String),
    sa.Column("changed_at", sa.DateTime, nullable=False),
    sa.Index("object_versions_by_state", "dataset", "state"),
)


@dataclass(frozen=True)
class Entry:
    """One row of the ledger."""

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


class Ledger:
    """The ledger in a SQL database.

    Parameters
    ----------
    url : str
        SQLAlchemy address, ``sqlite:///path`` on a laptop.
    """

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, connect_args={"timeout": 60} if url.startswith("sqlite") else {})
        _METADATA.create_all(self._engine)

    def observe(self, version: ObjectVersion, name: DeliveryName) -> bool:
        """Write down a version that was not known; return whether it is new."""
        return self._insert(
            version,
            state=State.SEEN,
            dataset=name.dataset,
            source=name.source,
            first_date=name.first_date,
            last_date=name.last_date,
        )

    def refuse(self, version: ObjectVersion, message: str) -> bool:
        """Write down a version whose name tells no dataset or date; return whether it is new."""
        return self._insert(version, state=State.QUARANTINED, message=message)

    def claim(self, version: ObjectVersion, run_id: str) -> bool:
        """Take a seen version for a run; False if another run was faster."""
        attempt = VERSIONS.c.attempts + 1
        return self._move(version, (State.SEEN,), state=State.LAUNCHED, run_id=run_id, attempts=attempt)

    def release(self, run_id: str) -> int:
        """Give back what a run took and did not finish; return how many versions that were."""
        with self._engine.begin() as connection:
            released = connection.execute(
                VERSIONS.update()
                .where(VERSIONS.c.run_id == run_id, VERSIONS.c.state == State.LAUNCHED)
                .values(state=State.SEEN, run_id=None, changed_at=_now())
            )
            return released.rowcount

    def finish(
        self,
        version: ObjectVersion,
        state: State,
        *,
        sha256: str,
        counts: RowCounts | None = None,
        message: str | None = None,
    ) -> bool:
        """Write down what became of a version that a run took."""
        rows = (
            {}
            if counts is None
            else {
                "rows_read": counts.read,
                "rows_accepted": counts.accepted,
                "rows_rejected": counts.rejected,
                "rows_ignored": counts.ignored,
            }
        )
        return self._move(version, (State.LAUNCHED,), state=state, sha256=sha256, message=message, **rows)

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
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(VERSIONS.c.known_at, VERSIONS.c.key)).all()
        return [_entry(row) for row in rows]

    def known(self, prefix: str) -> set[tuple[str, str]]:
        """Return key and version of every entry whose key starts with `prefix`."""
        query = sa.select(VERSIONS.c.key, VERSIONS.c.version_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(VERSIONS.c.key.startswith(prefix, autoescape=True)))
            return {(row.key, row.version_id) for row in rows}

    def latest_loaded(self, key: str) -> Entry | None:
        """Return the newest loaded version of a key."""
        query = (
            sa.select(VERSIONS)
            .where(VERSIONS.c.key == key, VERSIONS.c.state == State.LOADED)
            .order_by(VERSIONS.c.known_at.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else _entry(row)

    def runs_in_flight(self) -> set[str]:
        """Return the runs that have taken versions and not finished them."""
        query = sa.select(VERSIONS.c.run_id).where(VERSIONS.c.state == State.LAUNCHED).distinct()
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def _insert(self, version: ObjectVersion, **values: object) -> bool:
        row = {
            "key": version.key,
            "version_id": version.version_id,
            "size": version.size,
            "known_at": version.known_at.astimezone(UTC).replace(tzinfo=None),
            "changed_at": _now(),
            **values,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(VERSIONS.insert().values(row))
        except sa.exc.IntegrityError:
            return False
        return True

    def _move(self, version: ObjectVersion, before: Iterable[State], **values: object) -> bool:
        """Change state only from a state that allows it: of two workers one wins."""
        statement = (
            VERSIONS.update()
            .where(
                VERSIONS.c.key == version.key,
                VERSIONS.c.version_id == version.version_id,
                VERSIONS.c.state.in_(list(before)),
            )
            .values(changed_at=_now(), **values)
        )
        with self._engine.begin() as connection:
            return connection.execute(statement).rowcount == 1


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _entry(row: sa.Row[tuple[object, ...]]) -> Entry:
    values = dict(row._mapping)  # noqa: SLF001 - documented name of SQLAlchemy
    version = ObjectVersion(
        values.pop("known_at").replace(tzinfo=UTC),
        values.pop("key"),
        values.pop("version_id"),
        values.pop("size"),
    )
    del values["changed_at"]
    return Entry(version=version, **{**values, "state": State(values["state"])})
