"""Where an uploaded file belongs, by its name alone: accepted, rejected or ignored. Nothing is read of it."""

import json
from datetime import UTC, date, datetime

from analytics_platform.ingestion.delivery_name import RIGHT_NAMES, NameRefused, read_name
from analytics_platform.ingestion.shown_text import shown
from analytics_platform.storage.landing.events import Hint, UnreadableEventError, hints_of, key_in_zone
from analytics_platform.triggers.lambdas.configuration import Configuration, configuration

_LONGEST_ADDRESS = 300
_DATE = len("2013-03-01")


def handler(event: object, _context: object) -> dict[str, str]:
    """Route one event of EventBridge, or one notification of S3.

    Returns
    -------
    dict of str to str
        ``verdict`` (accepted, rejected, ignored); ``bucket``, ``key`` and ``version_id`` as they are;
        ``shown``, the address in a form that is safe to show; and, as the verdict asks, ``reason``, or
        ``dataset``, ``source``, ``first_date`` and ``last_date``.
    """
    return route(event, configuration(), datetime.now(UTC).date())


def route(event: object, known: Configuration, today: date) -> dict[str, str]:
    """Route one event; pure.

    Parameters
    ----------
    event : object
        Whatever came.
    known : Configuration
        The installation.
    today : date
        Day of the arrival, if the event does not tell it.
    """
    try:
        hints = hints_of(json.dumps(event))
    except UnreadableEventError as error:
        return _verdict("rejected", reason=f"{error}; send events 'Object Created' of the landing bucket")
    if not hints:
        return _verdict("ignored", reason="nothing was put: a test event, or a deletion")
    if len(hints) > 1:
        reason = f"the event tells of {len(hints)} uploads; send one event for each"
        return _verdict("rejected", reason=reason)
    return _routed(hints[0], known, _arrived(event) or today)


def _routed(hint: Hint, known: Configuration, arrived: date) -> dict[str, str]:
    name = key_in_zone(known.landing_url, hint.bucket, hint.key)
    if name is None and _is_hidden(hint, known):
        reason = f"the name holds characters that are not printable; rename it as in {RIGHT_NAMES}"
        return _verdict("rejected", hint, reason=reason)
    if name is None:
        return _verdict("ignored", hint, reason=f"it is no file of the landing zone {known.landing_url}")
    try:
        told = read_name(name, known.datasets, arrived)
    except NameRefused as refused:
        return _verdict("rejected", hint, reason=f"{refused}; rename it as in {RIGHT_NAMES}")
    return _verdict(
        "accepted",
        hint,
        dataset=told.dataset,
        source=told.source,
        first_date=told.first_date.isoformat(),
        last_date=told.last_date.isoformat(),
    )


def _is_hidden(hint: Hint, known: Configuration) -> bool:
    """Tell whether it lies in the landing zone under a name that nobody can read: it is not passed over."""
    is_there = hint.bucket == known.bucket and hint.key.startswith(known.prefix)
    return is_there and not hint.key.isprintable()


def _verdict(verdict: str, hint: Hint | None = None, **facts: str) -> dict[str, str]:
    """Return an answer; each tells the same facts about the object."""
    bucket, key, version_id = (hint.bucket, hint.key, hint.version_id) if hint else ("", "", "")
    address = shown(f"s3://{bucket}/{key}", _LONGEST_ADDRESS) if hint else "an upload"
    told = {"bucket": bucket, "key": key, "version_id": version_id, "shown": address}
    return {"verdict": verdict, **told, **facts}


def _arrived(event: object) -> date | None:
    """Return the day that an event tells; None if it tells none."""
    told = event if isinstance(event, dict) else {}
    records = told.get("Records")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        told = {"time": records[0].get("eventTime")}
    try:
        return date.fromisoformat(str(told.get("time"))[:_DATE])
    except ValueError:
        return None
