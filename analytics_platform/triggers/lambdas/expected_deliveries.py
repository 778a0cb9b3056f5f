"""Whether what is due for a session has arrived, as far as the names of files tell. No file is read."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from analytics_platform.ingestion.delivery_name import NameRefused, read_name
from analytics_platform.ingestion.shown_text import shown
from analytics_platform.triggers.lambdas.configuration import Configuration, Expected, configuration

_USUAL_RANGE = timedelta(days=40)
_LONGEST_WAIT = timedelta(days=4)
_MOST_LOOKS = 100
"""Into so many waits the time that is left is divided, however often somebody asks to look."""
_CONFIG = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})


class InvalidRequestError(ValueError):
    """The input of the execution asks for what cannot be; it says the cure."""


class UnreadableZoneError(RuntimeError):
    """The landing zone could not be listed now, or as permissions are."""


@dataclass(frozen=True)
class Asked:
    """What an execution asks for.

    Attributes
    ----------
    session : date
        Whose deliveries are looked for.
    deadline : datetime or None
        Until when they are waited for, if not until each is due.
    look_again_seconds : int
        How often somebody looks.
    """

    session: date
    deadline: datetime | None
    look_again_seconds: int


def handler(event: dict[str, Any], _context: object) -> dict[str, object]:
    """Tell whether the deliveries of a session are there.

    Parameters
    ----------
    event : dict
        ``input`` of the execution, with optional ``session`` (2013-03-01), ``time`` of the schedule,
        ``deadline`` and ``look_again_seconds``; and ``started_at``. Without a session it is the last day that
        has ended at that time.

    Returns
    -------
    dict
        ``verdict`` (invalid, no session, complete, waiting, late), ``session``, ``missing`` (a sentence for
        each delivery), ``lacks_required``, ``wait_seconds`` and ``reason``.

    Raises
    ------
    UnreadableZoneError
        If the landing zone cannot be listed.
    """
    known, now = configuration(), datetime.now(UTC)
    try:
        asked = read_request(event.get("input"), str(event["started_at"]), known, now)
    except InvalidRequestError as error:
        return _told("invalid", reason=str(error))
    if not known.sessions.has(asked.session):
        reason = f"{asked.session} is no session; nothing is due"
        return _told("no session", session=asked.session, reason=reason)
    missing = [each for each in known.due(asked.session) if not arrived(known, each, asked.session)]
    return judge(asked, missing, known, now)


def read_request(told: object, started_at: str, known: Configuration, now: datetime) -> Asked:
    """Read the input of an execution; pure.

    Raises
    ------
    InvalidRequestError
        If it asks for what cannot be.
    """
    if not isinstance(told, Mapping):
        message = 'the input is no JSON object; write {} or {"session": "2013-03-01"}'
        raise InvalidRequestError(message)
    look_again = told.get("look_again_seconds") or known.look_again_seconds
    if not isinstance(look_again, int) or isinstance(look_again, bool) or look_again < 1:
        message = "look_again_seconds is no whole number of seconds; write it as 300"
        raise InvalidRequestError(message)
    deadline = _moment("deadline", told.get("deadline")) if told.get("deadline") else None
    if deadline is not None and deadline > now + _LONGEST_WAIT:
        message = (
            f"the deadline {deadline:%Y-%m-%d %H:%M} UTC is more than {_LONGEST_WAIT.days} days ahead; "
            "give an earlier one"
        )
        raise InvalidRequestError(message)
    if told.get("session"):
        return Asked(_asked_session(told["session"], known, now), deadline, look_again)
    at = _moment("time", told.get("time") or started_at)
    return Asked(_last_ended(known, at), deadline, look_again)


def judge(asked: Asked, missing: list[Expected], known: Configuration, now: datetime) -> dict[str, object]:
    """Tell what follows when some deliveries are missing; pure."""
    ends = known.end_of(asked.session)
    due = {each: asked.deadline or ends + timedelta(minutes=each.due_minutes) for each in missing}
    lines = [
        f"{each} ({'required' if each.required else 'not required'}, due {at:%Y-%m-%d %H:%M} UTC)"
        for each, at in due.items()
    ]
    required = [str(each) for each in missing if each.required]
    left = math.ceil((max(due.values(), default=now) - now).total_seconds())
    verdict = ("waiting" if left > 0 else "late") if missing else "complete"
    consequence = (
        f"nothing is computed for {asked.session} without {', '.join(required)}; "
        "have them delivered and start the end of day of the session again"
        if required
        else f"{asked.session} is computed without them; it is computed again when they come"
    )
    return _told(
        verdict,
        session=asked.session,
        missing=lines,
        lacks_required=bool(required),
        wait_seconds=max(1, min(left, max(asked.look_again_seconds, left // _MOST_LOOKS))),
        reason=consequence if missing else "all that is due is there",
    )


def covering(keys: Iterator[str], known: Configuration, session: date) -> str | None:
    """Return the first of these keys that is a delivery which covers a session; pure."""
    for key in keys:
        try:
            name = read_name(key.removeprefix(known.prefix), known.datasets)
        except NameRefused:
            continue
        if name.first_date <= session <= name.last_date:
            return key
    return None


def arrived(known: Configuration, each: Expected, session: date) -> bool:
    """Look for a file that covers the session: first where it is as a rule, then among long ranges.

    Raises
    ------
    UnreadableZoneError
        If the landing zone cannot be listed.
    """
    start = f"{known.prefix}{each.dataset}/{each.source}_"
    usual = f"{start}{session - _USUAL_RANGE}"
    ahead = _keys(known.bucket, start, after=usual, until=f"{start}{session}~")
    if covering(ahead, known, session) is not None:
        return True
    return covering(_keys(known.bucket, start, after=start, until=f"{usual}~"), known, session) is not None


def _keys(bucket: str, prefix: str, *, after: str, until: str) -> Iterator[str]:
    """Return the keys between two, in order; no page is asked for that nobody reads."""
    try:
        pages = _client().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix, StartAfter=after):
            for raw in page.get("Contents", ()):
                if raw["Key"] > until:
                    return
                yield raw["Key"]
    except (BotoCoreError, ClientError) as error:
        message = (
            f"s3://{bucket}/{prefix}* could not be listed: {error}; check bucket, region and s3:ListBucket"
        )
        raise UnreadableZoneError(message) from error


@cache
def _client() -> Any:  # noqa: ANN401 - boto3 has no types
    return boto3.client("s3", config=_CONFIG)


def _asked_session(told: object, known: Configuration, now: datetime) -> date:
    try:
        session = date.fromisoformat(told if isinstance(told, str) else "")
    except ValueError as error:
        message = f"the session {shown(str(told))} is no date; write it as 2013-03-01"
        raise InvalidRequestError(message) from error
    if not known.sessions.first <= session <= known.sessions.last:
        message = f"sessions are known from {known.sessions.first} to {known.sessions.last}, not {session}"
        raise InvalidRequestError(message)
    if known.end_of(session) > now:
        message = f"the day {session} ends at {known.end_of(session):%Y-%m-%d %H:%M} UTC; start it after that"
        raise InvalidRequestError(message)
    return session


def _last_ended(known: Configuration, at: datetime) -> date:
    day = at.date() + timedelta(days=1)
    while known.end_of(day) > at:
        day -= timedelta(days=1)
    return day


def _moment(what: str, told: object) -> datetime:
    try:
        moment = datetime.fromisoformat(told if isinstance(told, str) else "")
    except ValueError as error:
        message = f"the {what} {shown(str(told))} is no moment; write it as 2013-03-01T22:00:00Z"
        raise InvalidRequestError(message) from error
    if moment.tzinfo is None:
        message = f"the {what} {shown(str(told))} has no time zone; write it as 2013-03-01T22:00:00Z"
        raise InvalidRequestError(message)
    return moment.astimezone(UTC)


def _told(  # noqa: PLR0913 - one for each fact of the answer
    verdict: str,
    *,
    reason: str,
    session: date | None = None,
    missing: list[str] | None = None,
    lacks_required: bool = False,
    wait_seconds: int = 1,
) -> dict[str, object]:
    return {
        "verdict": verdict,
        "session": None if session is None else session.isoformat(),
        "missing": missing or [],
        "lacks_required": lacks_required,
        "wait_seconds": wait_seconds,
        "reason": reason,
    }
