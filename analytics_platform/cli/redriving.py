"""What is done with each dead letter: moved back, left, or discarded by a person. SQS is asked elsewhere."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from analytics_platform.defs.triggers.messages import (
    InvalidRequestError,
    UnreadableMessageError,
    envelope_of,
    request_of,
)
from analytics_platform.ingestion.faults import shown
from analytics_platform.settings import Settings, settings
from analytics_platform.storage.landing.events import UnreadableEventError, hints_of, key_in_zone
from analytics_platform.storage.queues.dead_letters import DeadLetter, DeadLetters
from analytics_platform.storage.queues.sqs import QueueError

LEFT = 1
REFUSED = 2
_SHOWN = 200
_LONG_AGO = timedelta(days=14)
"""SQS keeps no message longer."""

Judge = Callable[[str, str], tuple[bool, str]]
"""Tells of a body and a landing zone whether it can ever be read, and why it is where it is."""


def run_redrive(queues: Sequence[str], *, dry_run: bool, limit: int, discard: Sequence[str]) -> int:
    """Go through the dead letters of some queues.

    Parameters
    ----------
    queues : sequence of str
        Of ``uploads`` and ``requests``.
    dry_run : bool
        Only print.
    limit : int
        Most messages of a queue.
    discard : sequence of str
        Ids of messages that are deleted.

    Returns
    -------
    int
        0 if no message is left, 1 if there is, 2 if a queue cannot be used.
    """
    of, console = settings(), Console(soft_wrap=True)
    addresses = {"uploads": of.uploads_queue_url, "requests": of.requests_queue_url}
    asked = {name: url for name in queues if (url := addresses[name])}
    if not asked:
        names = " or ".join(f"ANALYTICS_{name.upper()}_QUEUE_URL" for name in queues)
        _say(console, f"no queue is set: set {names}; without one the landing zone is listed", "red")
        return REFUSED
    work = _Redrive(of, console, dry_run=dry_run, discard=frozenset(discard))
    codes = [work.one_queue(name, url, limit) for name, url in asked.items()]
    for unknown in sorted(work.discard - work.seen):
        _say(
            console,
            f"there is no dead letter {shown(unknown)}; `analytics redrive --dry-run` prints them",
            "red",
        )
        codes.append(LEFT)
    return max(codes)


@dataclass
class _Redrive:
    of: Settings
    console: Console
    dry_run: bool
    discard: frozenset[str]
    seen: set[str] = field(default_factory=set)

    def one_queue(self, name: str, url: str, limit: int) -> int:
        """Go through the dead letters of a queue; return the exit code."""
        letters = DeadLetters(url)
        try:
            if letters.url is None:
                told = "has no dead-letter queue: a message that nobody can read comes back for days; set one"
                _say(self.console, f"the queue {name} {told}", "red")
                return REFUSED
            found = letters.take(limit)
            gone = sum(self._settle(letters, each, JUDGES[name]) for each in found)
        except QueueError as error:
            _say(self.console, str(error), "red")
            return REFUSED
        left = len(found) - gone
        end = "`analytics redrive` moves them" if self.dry_run else f"{gone} gone, {left} left"
        _say(self.console, f"{name}: {len(found)} dead letters" + (f"; {end}" if found else ""))
        return LEFT if left else 0

    def _settle(self, letters: DeadLetters, letter: DeadLetter, judge: Judge) -> bool:
        """Tell what a message is and what becomes of it; return whether it is gone from the dead letters."""
        self.seen.add(letter.id)
        is_readable, why = judge(letter.body, self.of.landing_url)
        is_unwanted = letter.id in self.discard
        what = "discarded" if is_unwanted else "moved back" if is_readable else "left"
        verdict = f"would be {what}" if self.dry_run else what
        age = _age(datetime.now(UTC) - letter.sent_at)
        _say(self.console, f"{letter.id}  {age} old, received {letter.received} times: {verdict}; {why}")
        _say(self.console, f"    {shown(letter.body, _SHOWN)}")
        if not is_readable and not is_unwanted:
            _say(self.console, f"    `analytics redrive --discard {letter.id}` deletes it")
        if self.dry_run or not (is_readable or is_unwanted):
            letters.put_back(letter)
            return False
        if is_unwanted:
            _keep(self.of.home / "discarded_messages.jsonl", letter)
            letters.delete(letter)
        else:
            letters.move_back(letter)
        return True


def _keep(file: Path, letter: DeadLetter) -> None:
    """Write a message down before it is deleted."""
    file.parent.mkdir(parents=True, exist_ok=True)
    told = {"id": letter.id, "sent_at": letter.sent_at.isoformat(), "body": letter.body}
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({**told, "discarded_at": datetime.now(UTC).isoformat()}) + "\n")


def _upload(body: str, landing_url: str) -> tuple[bool, str]:
    try:
        hints = hints_of(body)
    except UnreadableEventError as error:
        return False, f"it can never be read: {error}"
    if not hints:
        return True, "it tells of no upload, such as a test event: it does no harm"
    zone = [key for hint in hints if (key := key_in_zone(landing_url, hint.bucket, hint.key)) is not None]
    if not zone:
        where = shown(f"s3://{hints[0].bucket}/{hints[0].key}", _SHOWN)
        return True, f"it tells of {where}, which is not in the landing zone {landing_url}"
    return True, f"it can be read ({shown(zone[0], _SHOWN)}): the sensor or the ledger was away too long"


def _request(body: str, _: str) -> tuple[bool, str]:
    try:
        envelope = envelope_of(body)
    except UnreadableMessageError as error:
        return False, f"it can never be read: {error}"
    try:
        request = request_of(envelope)
    except InvalidRequestError as error:
        return True, f"its task waits for an answer, and is told that it is invalid: {error}"
    return True, f"it can be read (kind {request.kind}): the sensor or the ledger was away too long"


JUDGES: Mapping[str, Judge] = {"uploads": _upload, "requests": _request}


def _age(age: timedelta) -> str:
    if age > _LONG_AGO:
        return "of unknown age"
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
