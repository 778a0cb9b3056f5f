"""Where an uploaded file belongs, by its name alone: accepted, rejected or ignored. Nothing is read of it."""

from datetime import UTC, datetime
from typing import Any

from analytics_platform.ingestion.delivery_name import RIGHT_NAMES, NameRefused, read_name
from analytics_platform.triggers.lambdas.configuration import Configuration, configuration


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Route one event of EventBridge.

    Returns
    -------
    dict of str to str
        ``verdict`` (accepted, rejected, ignored), ``bucket``, ``key``, ``version_id`` and, as the verdict
        asks, ``reason``, or ``dataset``, ``source``, ``first_date`` and ``last_date``.
    """
    return route(event, configuration(), datetime.now(UTC))


def route(event: dict[str, Any], known: Configuration, now: datetime) -> dict[str, str]:
    """Route one event; pure."""
    told = _object(event)
    if told is None:
        return {**_told("", "", ""), "verdict": "rejected", "reason": "the event names no object of S3"}
    bucket, key, version_id = told
    facts = _told(bucket, key, version_id)
    if bucket != known.bucket or not key.startswith(known.prefix) or key.endswith("/"):
        return {**facts, "verdict": "ignored", "reason": "it is no file of the landing zone"}
    try:
        name = read_name(key.removeprefix(known.prefix), known.datasets, now.date())
    except NameRefused as refused:
        return {**facts, "verdict": "rejected", "reason": f"{refused}; rename it as in {RIGHT_NAMES}"}
    return {
        **facts,
        "verdict": "accepted",
        "dataset": name.dataset,
        "source": name.source,
        "first_date": name.first_date.isoformat(),
        "last_date": name.last_date.isoformat(),
    }


def _object(event: object) -> tuple[str, str, str] | None:
    """Return bucket, key and version of an event; None if it tells none."""
    try:
        detail = event["detail"]  # type: ignore[index]  # anything may come
        bucket, facts = detail["bucket"]["name"], detail["object"]
        key, version_id = facts["key"], facts.get("version-id") or ""
    except (KeyError, TypeError, AttributeError):
        return None
    texts = (bucket, key, version_id)
    return texts if all(isinstance(text, str) for text in texts) and bucket and key else None


def _told(bucket: str, key: str, version_id: str) -> dict[str, str]:
    """Return what every answer tells; the key whole, it is looked up by it."""
    return {"bucket": bucket, "key": key, "version_id": version_id}
