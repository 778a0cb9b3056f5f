"""Whether what is due for a session has arrived, as far as the names of files tell."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3

from analytics_platform.ingestion.delivery_name import NameRefused, read_name
from analytics_platform.triggers.lambdas.configuration import Configuration, Expected, configuration

LONGEST_RANGE = timedelta(days=40)
"""A file of a longer range than this is no delivery of a session, and is not looked for."""


def handler(event: dict[str, Any], _context: object) -> dict[str, object]:
    """Tell whether the deliveries of a session are there.

    Parameters
    ----------
    event : dict
        ``input`` with an optional ``session``, and ``started_at`` of the execution; without a session it is
        the day of that.

    Returns
    -------
    dict
        ``verdict`` (no session, complete, waiting, late), ``session``, ``missing`` (names),
        ``lacks_required``, ``wait_seconds`` and ``reason``.

    Raises
    ------
    ValueError
        If the session is no date.
    """
    known = configuration()
    started = datetime.fromisoformat(event["started_at"])
    session = date.fromisoformat((event.get("input") or {}).get("session") or started.date().isoformat())
    if session.isoformat() not in known.sessions:
        return _told("no session", session, [], known)
    client = boto3.client("s3")
    missing = [each for each in known.expected if not _arrived(client, known, each, session)]
    patience = timedelta(minutes=known.patience_minutes)
    return _told(verdict(missing, started, datetime.now(UTC), patience), session, missing, known)


def verdict(missing: Iterable[Expected], started: datetime, now: datetime, patience: timedelta) -> str:
    """Tell what follows when some deliveries are missing; pure."""
    if not list(missing):
        return "complete"
    return "waiting" if now < started + patience else "late"


def covers(keys: Iterable[str], known: Configuration, session: date) -> bool:
    """Tell whether any of these files covers a session; pure."""
    for key in keys:
        try:
            name = read_name(key.removeprefix(known.prefix), known.datasets)
        except NameRefused:
            continue
        if name.first_date <= session <= name.last_date:
            return True
    return False


def _arrived(client: Any, known: Configuration, each: Expected, session: date) -> bool:  # noqa: ANN401 - boto3 has no types
    """Look for the files of a source that begin within the longest range before the session."""
    start = f"{known.prefix}{each.dataset}/{each.source}_"
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=known.bucket, Prefix=start, StartAfter=f"{start}{session - LONGEST_RANGE}"
    )
    return any(covers((raw["Key"] for raw in page.get("Contents", ())), known, session) for page in pages)


def _told(outcome: str, session: date, missing: list[Expected], known: Configuration) -> dict[str, object]:
    names = [f"{each.dataset} of {each.source}" for each in missing]
    required = [f"{each.dataset} of {each.source}" for each in missing if each.required]
    return {
        "verdict": outcome,
        "session": session.isoformat(),
        "missing": names,
        "lacks_required": bool(required),
        "wait_seconds": known.look_again_seconds,
        "reason": f"nothing was computed for {session}: required and not delivered: {', '.join(required)}",
    }
