"""Task tokens in the ledger's database: written down before their message is deleted, answered later."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from analytics_platform.storage.ledger.database import open_database, writing
from analytics_platform.storage.ledger.entries import Entry, entry_of
from analytics_platform.storage.ledger.rows import now
from analytics_platform.storage.ledger.tables import TOKENS, VERSIONS
from analytics_platform.storage.ledger.task_tokens import Answer, TaskToken, digest_of

KEPT = timedelta(days=30)
"""So long an answered token is kept: a message of it that comes late changes nothing."""

_BATCH = 500
_ANY = sa.true()
_TIMES = ("received_at", "told_at", "answered_at")


class TokenStore:
    """The table of task tokens.

    Parameters
    ----------
    url : str
        SQLAlchemy address of the ledger.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_database(url)
        self._writing = writing(self._engine)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._engine.dispose()

    def keep(self, tokens: Sequence[TaskToken]) -> int:
        """Write down tokens that are not known, in few transactions; return how many are new."""
        new = 0
        for start in range(0, len(tokens), _BATCH):
            rows = [_row(token) for token in tokens[start : start + _BATCH]]
            with self._writing.begin() as connection:
                insert = _insert(connection).values(rows).on_conflict_do_nothing()
                new += len(connection.execute(insert.returning(TOKENS.c.digest)).all())
        return new

    def open(self) -> list[TaskToken]:
        """Return the tokens without an answer, those first that were told longest ago."""
        query = sa.select(TOKENS).where(TOKENS.c.answer.is_(None))
        query = query.order_by(sa.func.coalesce(TOKENS.c.told_at, TOKENS.c.received_at), TOKENS.c.digest)
        with self._engine.connect() as connection:
            return [_token(row) for row in connection.execute(query)]

    def get(self, token: str) -> TaskToken | None:
        """Return what is known of a token."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(TOKENS).where(TOKENS.c.digest == digest_of(token))).first()
        return None if row is None else _token(row)

    def entries(self, keys: Iterable[str]) -> dict[tuple[str, str], Entry]:
        """Return what the ledger knows of all versions of some keys, by key and version."""
        asked = sorted(set(keys))
        found: dict[tuple[str, str], Entry] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(asked), _BATCH):
                query = sa.select(VERSIONS).where(VERSIONS.c.key.in_(asked[start : start + _BATCH]))
                for row in connection.execute(query.order_by(VERSIONS.c.known_at, VERSIONS.c.version_id)):
                    entry = entry_of(row)
                    found[entry.version.key, entry.version.version_id] = entry
        return found

    def note_asked(self, tokens: Sequence[TaskToken]) -> None:
        """Count that Dagster is asked for the run of these tokens."""
        self._update(tokens, {"asked": TOKENS.c.asked + 1})

    def note_told(self, tokens: Sequence[TaskToken]) -> None:
        """Remember that these tasks were told just now that they go on."""
        self._update(tokens, {"told_at": now()})

    def note_answered(
        self, tokens: Sequence[TaskToken], answer: Answer, error: str | None = None, cause: str | None = None
    ) -> None:
        """Close tokens that are open."""
        values = {"answer": answer, "answered_at": now(), "error": error, "cause": _printable(cause)}
        self._update(tokens, values, only=TOKENS.c.answer.is_(None))

    def forget(self, answered_before: datetime) -> int:
        """Delete tokens that were answered long ago; return how many."""
        is_old = TOKENS.c.answered_at < answered_before.astimezone(UTC).replace(tzinfo=None)
        with self._writing.begin() as connection:
            return int(connection.execute(TOKENS.delete().where(is_old)).rowcount)

    def _update(
        self,
        tokens: Sequence[TaskToken],
        values: dict[str, object],
        only: sa.ColumnElement[bool] = _ANY,
    ) -> None:
        digests = [token.digest for token in tokens]
        for start in range(0, len(digests), _BATCH):
            among = TOKENS.c.digest.in_(digests[start : start + _BATCH])
            with self._writing.begin() as connection:
                connection.execute(TOKENS.update().where(among, only).values(values))


def _insert(connection: sa.Connection) -> sqlite.Insert | postgresql.Insert:
    if connection.dialect.name == "postgresql":
        return postgresql.insert(TOKENS)
    return sqlite.insert(TOKENS)


def _printable(text: str | None) -> str | None:
    """Write out control characters: what went wrong may quote them, and PostgreSQL does not keep them all."""
    return text and "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _row(token: TaskToken) -> dict[str, object]:
    row: dict[str, object] = {"digest": token.digest, **asdict(token), "cause": _printable(token.cause)}
    for name in _TIMES:
        moment = row[name]
        row[name] = moment.astimezone(UTC).replace(tzinfo=None) if isinstance(moment, datetime) else None
    return row


def _token(row: sa.Row[tuple[object, ...]]) -> TaskToken:
    values = dict(row._mapping)  # noqa: SLF001 - documented name of SQLAlchemy
    del values["digest"]
    for name in _TIMES:
        values[name] = None if values[name] is None else values[name].replace(tzinfo=UTC)
    values["answer"] = None if values["answer"] is None else Answer(values["answer"])
    return TaskToken(**values)
