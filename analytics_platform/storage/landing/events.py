"""What messages about uploads hint at: keys and versions. Pure: nothing is received or looked at here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote_plus

_CREATED = "ObjectCreated:"
_CREATED_DETAIL = "Object Created"
_LONGEST_SHOWN = 80


class UnreadableEventError(ValueError):
    """A message tells of no upload in any form that is known; it says what is wrong."""


@dataclass(frozen=True, order=True)
class Hint:
    """Something was put; whether it is there is seen when somebody looks.

    Attributes
    ----------
    bucket : str
        Where.
    key : str
        Whole key in the bucket, decoded.
    version_id : str
        The version, empty if the message does not tell it.
    """

    bucket: str
    key: str
    version_id: str = ""


def hints_of(body: str) -> list[Hint]:
    """Return what a message hints at; nothing for test events and deletions.

    Read are notifications of S3, in which keys are encoded as in a form (``+`` is a space), events of
    EventBridge, in which they are not, and either of them in an envelope of SNS.

    Raises
    ------
    UnreadableEventError
        If it is none of them.

    Examples
    --------
    >>> hints_of('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "landing"}')
    []
    """
    told = _object(body)
    if told.get("Type") == "Notification" and isinstance(message := told.get("Message"), str):
        told = _object(message)
    if told.get("Event") == "s3:TestEvent":
        return []
    if isinstance(records := told.get("Records"), list):
        return [hint for record in records for hint in _of_record(record)]
    if told.get("source") == "aws.s3":
        return _of_detail(told)
    message = f"neither a notification of S3 nor an event of EventBridge: {_shown(body)}"
    raise UnreadableEventError(message)


def key_in_zone(landing_url: str, bucket: str, key: str) -> str | None:
    """Return the name inside a landing zone of a key in a bucket; None if it is no file in the zone.

    A key with control characters is none either: only a listing tells it as the store has it.

    Examples
    --------
    >>> key_in_zone("s3://files/landing", "files", "landing/prices/vendor_2013-03-01.csv")
    'prices/vendor_2013-03-01.csv'
    >>> key_in_zone("s3://files/landing", "files", "landings/prices/vendor_2013-03-01.csv")
    """
    zone_bucket, _, prefix = landing_url.removeprefix("s3://").partition("/")
    prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    inside = key.removeprefix(prefix)
    is_file = key.startswith(prefix) and inside.isprintable() and inside != "" and not inside.endswith("/")
    is_there = landing_url.startswith("s3://") and bucket == zone_bucket
    return inside if is_there and is_file else None


def _of_record(record: object) -> list[Hint]:
    told = _mapping(record, "a record")
    if not str(told.get("eventName", "")).startswith(_CREATED):
        return []
    place = _mapping(told.get("s3"), "s3 of a record")
    bucket, found = _mapping(place.get("bucket"), "bucket"), _mapping(place.get("object"), "object")
    key = _text(found.get("key"), "key of an object")
    try:
        decoded = unquote_plus(key, errors="strict")
    except UnicodeDecodeError as error:
        message = f"the key {_shown(key)} is not UTF-8 when it is decoded; put the file under another name"
        raise UnreadableEventError(message) from error
    return [_hint(bucket, decoded, found.get("versionId"))]


def _of_detail(told: Mapping[str, object]) -> list[Hint]:
    if told.get("detail-type") != _CREATED_DETAIL:
        return []
    detail = _mapping(told.get("detail"), "detail of an event")
    bucket, found = _mapping(detail.get("bucket"), "bucket"), _mapping(detail.get("object"), "object")
    return [_hint(bucket, _text(found.get("key"), "key of an object"), found.get("version-id"))]


def _hint(bucket: Mapping[str, object], key: str, version_id: object) -> Hint:
    """Return a hint; of a bucket whose versioning was off S3 calls the version null."""
    version = version_id if isinstance(version_id, str) and version_id != "null" else ""
    return Hint(_text(bucket.get("name"), "name of a bucket"), key, version)


def _object(body: str) -> Mapping[str, object]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = f"no JSON: {_shown(body)}"
        raise UnreadableEventError(message) from error
    return _mapping(told, "the message")


def _mapping(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        message = f"{what} is no JSON object: {_shown(value)}"
        raise UnreadableEventError(message)
    return cast("Mapping[str, object]", value)


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value:
        message = f"{what} is missing or no text: {_shown(value)}"
        raise UnreadableEventError(message)
    return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
