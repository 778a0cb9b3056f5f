"""Taking in requests: each token is written down, and only then its message is deleted."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from analytics_platform.defs.triggers.decisions import INVALID
from analytics_platform.defs.triggers.messages import (
    Envelope,
    InvalidRequestError,
    MaterializeRequest,
    UnreadableMessageError,
    UploadRequest,
    as_text,
    envelope_of,
    request_of,
)
from analytics_platform.storage.landing.events import key_in_zone
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.ledger.ledger import Entry
from analytics_platform.storage.ledger.task_tokens import TaskToken
from analytics_platform.storage.ledger.token_store import TokenStore
from analytics_platform.storage.queues.sqs import Message, Queue

_SHOWN = 5
_TOGETHER = 500
"""Messages that are received, looked at and deleted together: some seconds of work."""


@dataclass
class TakenIn:
    """What became of the messages of the queue.

    Attributes
    ----------
    messages : int
        Messages that were received.
    is_at_end : bool
        Whether the queue had no more.
    unreadable : list of str
        Messages without a token: which, and why. They are left for the dead-letter queue.
    """

    messages: int = 0
    is_at_end: bool = False
    unreadable: list[str] = field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        """What a person should know."""
        if not self.unreadable:
            return []
        shown = ", ".join(self.unreadable[:_SHOWN])
        told = "messages name no task to answer; the queue gives them to its dead-letter queue"
        return [f"{len(self.unreadable)} {told}: {shown}"]


@dataclass(frozen=True)
class Reception:
    """Takes in requests.

    Attributes
    ----------
    queue : Queue
        Where they come from.
    store : TokenStore
        Where tokens are written down.
    landing_url : str
        The landing zone; uploads elsewhere are refused.
    open_watch : callable
        Opens what looks at the landing zone; called when there is something to look at.
    check : callable
        Refuses with `InvalidRequestError` what cannot be materialized.
    """

    queue: Queue
    store: TokenStore
    landing_url: str
    open_watch: Callable[[], LandingWatch]
    check: Callable[[MaterializeRequest], None]

    def take_in(self, seconds: float) -> TakenIn:
        """Take in requests until the queue is empty, or until more would not be finished in time."""
        start, found, longest = time.monotonic(), TakenIn(), 0.0
        while not found.is_at_end and (found.messages == 0 or time.monotonic() - start + longest < seconds):
            begun = time.monotonic()
            messages = self.queue.receive(_TOGETHER)
            found.messages += len(messages)
            found.is_at_end = len(messages) < _TOGETHER
            envelopes = list(_read(messages, found))
            self.store.keep(list(self._tokens([envelope for _, envelope in envelopes])))
            self.queue.delete([message for message, _ in envelopes])
            longest = max(longest, time.monotonic() - begun)
        return found

    def _tokens(self, envelopes: Sequence[Envelope]) -> Iterator[TaskToken]:
        """Return the tokens of requests; those of files once the ledger knows what was put."""
        uploads: list[tuple[Envelope, UploadRequest, str]] = []
        for envelope in envelopes:
            try:
                request = request_of(envelope)
                if isinstance(request, UploadRequest):
                    uploads.append((envelope, request, self._key(request)))
                    continue
                self.check(request)
            except InvalidRequestError as error:
                yield _token(envelope, error=INVALID, cause=str(error))
            else:
                yield _token(envelope, run_key=_run_key(envelope))
        if uploads:
            keys = {key for _, _, key in uploads}
            self.open_watch().look_at(keys)
            known = self.store.entries(keys)
            yield from (_of_upload(envelope, request, key, known) for envelope, request, key in uploads)

    def _key(self, request: UploadRequest) -> str:
        key = key_in_zone(self.landing_url, request.bucket, request.key)
        if key is None:
            message = (
                f"s3://{request.bucket}/{request.key} is no file in the landing zone {self.landing_url}; "
                "put it there"
            )
            raise InvalidRequestError(message)
        return key


def _read(messages: Sequence[Message], found: TakenIn) -> Iterator[tuple[Message, Envelope]]:
    """Return the messages that name a task to answer."""
    for message in messages:
        try:
            yield message, envelope_of(message.body)
        except UnreadableMessageError as error:
            found.unreadable.append(f"{message.id} ({error})")


def _of_upload(
    envelope: Envelope, request: UploadRequest, key: str, known: Mapping[tuple[str, str], Entry]
) -> TaskToken:
    """Return the token of a file, tied to the version that was put, or to the newest that is there."""
    versions = [version for name, version in known if name == key]
    wanted = (
        request.version_id if request.version_id not in {None, "", "null"} else next(reversed(versions), None)
    )
    if wanted is None or wanted not in versions:
        which = "no version" if wanted is None else f"no version {wanted}"
        cause = f"the landing zone has {which} of {key}: it was deleted, or never put; put the file again"
        return _token(envelope, error=INVALID, cause=cause)
    return _token(envelope, key=key, version_id=wanted)


def _token(envelope: Envelope, **values: str) -> TaskToken:
    return TaskToken(
        token=envelope.token,
        execution=envelope.execution,
        attempt=envelope.attempt,
        request=as_text(envelope),
        received_at=datetime.now(UTC),
        **values,  # type: ignore[arg-type]  # all that are given are texts
    )


def _run_key(envelope: Envelope) -> str:
    """Return the key of a request's run: of one attempt of one execution there is one."""
    return sha256(f"{envelope.execution}{envelope.attempt}".encode()).hexdigest()
