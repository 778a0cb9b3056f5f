"""Rows as the ledger writes them. No statements are run here."""

from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.storage.landing.object_versions import ObjectVersion
from analytics_platform.storage.ledger.entries import Entry
from analytics_platform.storage.ledger.tables import VERSIONS, State


def now() -> datetime:
    """Return the present time in UTC, without its zone, as the tables keep it."""
    return datetime.now(UTC).replace(tzinfo=None)


def declared(name: DeliveryName) -> dict[str, str | date]:
    """Return the columns that the name of a file fills."""
    return {
        "dataset": name.dataset,
        "source": name.source,
        "first_date": name.first_date,
        "last_date": name.last_date,
    }


def account(counts: RowCounts | None) -> dict[str, object]:
    """Return the columns that count rows."""
    if counts is None:
        return {}
    return {
        "rows_read": counts.read,
        "rows_accepted": counts.accepted,
        "rows_rejected": counts.rejected,
        "rows_ignored": counts.ignored,
    }


def version_row(version: ObjectVersion, state: State, **values: object) -> dict[str, object]:
    """Return a row for a version that is written down for the first time."""
    return {
        "key": version.key,
        "version_id": version.version_id,
        "size": version.size,
        "known_at": version.known_at.astimezone(UTC).replace(tzinfo=None),
        "etag": version.etag,
        "state": state,
        "changed_at": now(),
        **values,
    }


def history_line(
    entry: Entry, before: State | None, after: State, run_id: str | None, message: str | None
) -> dict[str, object]:
    """Return a row of the history."""
    return {
        "key": entry.version.key,
        "version_id": entry.version.version_id,
        "from_state": before,
        "to_state": after,
        "at": now(),
        "run_id": run_id,
        "message": message,
    }


def insert_of(connection: sa.Connection) -> sqlite.Insert | postgresql.Insert:
    """Return an insert of versions that can pass over those that are there."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(VERSIONS)
    return sqlite.insert(VERSIONS)
