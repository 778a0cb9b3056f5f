"""Following the hints of a queue: what they name is looked at and written down, then they are deleted."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from analytics_platform.storage.landing.events import UnreadableEventError, hints_of, key_in_zone
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.queues.sqs import Message, Queue

_TOGETHER = 500
"""Messages that are received, looked at and deleted together: some seconds of work."""

_SHOWN = 5


@dataclass
class Followed:
    """What became of the messages of a queue.

    Attributes
    ----------
    messages : int
        Messages that were received.
    is_at_end : bool
        Whether the queue had no more.
    unreadable : list of str
        Messages that tell of no upload: which, and why. They are left for the dead-letter queue.
    foreign : list of str
        What was put elsewhere than into the landing zone: nothing is done about it.
    """

    messages: int = 0
    is_at_end: bool = False
    unreadable: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        """What a person should know."""
        told = []
        if self.unreadable:
            told.append(
                f"{len(self.unreadable)} messages tell of no upload; the queue gives them to its dead-letter "
                f"queue: {_first(self.unreadable)}"
            )
        if self.foreign:
            told.append(
                f"{len(self.foreign)} uploads are not in the landing zone and were passed over; narrow the "
                f"notifications of the bucket: {_first(self.foreign)}"
            )
        return told


def follow(queue: Queue, watch: LandingWatch, landing_url: str, seconds: float) -> Followed:
    """Follow the hints of a queue until it is empty or the time is over.

    A message is deleted when what it names is in the ledger; whoever dies before leaves it to the next.

    Parameters
    ----------
    queue : Queue
        Its messages are notifications of S3 or events of EventBridge.
    watch : LandingWatch
        Looks at the landing zone and tells the ledger.
    landing_url : str
        ``s3://bucket/prefix`` of the landing zone.
    seconds : float
        No more messages are received when they would not be finished in this time, but for the first.
    """
    start, found, longest = time.monotonic(), Followed(), 0.0
    while not found.is_at_end and (found.messages == 0 or time.monotonic() - start + longest < seconds):
        begun = time.monotonic()
        messages = queue.receive(_TOGETHER)
        found.messages += len(messages)
        found.is_at_end = len(messages) < _TOGETHER
        keys, readable = _read(messages, landing_url, found)
        if keys:
            watch.look_at(keys)
        queue.delete(readable)
        longest = max(longest, time.monotonic() - begun)
    return found


def _read(messages: Sequence[Message], landing_url: str, found: Followed) -> tuple[set[str], list[Message]]:
    """Return the keys that messages name, and those messages that can be read."""
    keys, readable = set[str](), list[Message]()
    for message in messages:
        try:
            hints = hints_of(message.body)
        except UnreadableEventError as error:
            found.unreadable.append(f"{message.id} ({error})")
            continue
        readable.append(message)
        for hint in hints:
            key = key_in_zone(landing_url, hint.bucket, hint.key)
            if key is not None:
                keys.add(key)
            elif not hint.key.endswith("/"):
                found.foreign.append(f"s3://{hint.bucket}/{hint.key}")
    return keys, readable


def _first(told: Sequence[str]) -> str:
    more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    return ", ".join([*told[:_SHOWN], *more])
