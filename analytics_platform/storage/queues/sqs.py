"""A queue in SQS: receive, delete, count. What a message says is not known here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

VISIBILITY_SECONDS = 180
"""So long a received message is hidden from others: several times the longest tick of a sensor."""

WAIT_SECONDS = 1
"""How long a queue is asked for its first message: with no wait SQS asks only some of its servers."""

_MOST_AT_ONCE = 10
_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "max_attempts": 3})


class QueueError(RuntimeError):
    """The queue cannot be used now, or as it is set up."""


@dataclass(frozen=True)
class Message:
    """One message as it was received.

    Attributes
    ----------
    id : str
        Name that SQS gave it; the same each time it is received.
    body : str
        What it says.
    receipt : str
        What it is deleted by.
    received : int
        How many times it was received, with this one.
    """

    id: str
    body: str
    receipt: str
    received: int = 1


@dataclass(frozen=True)
class Waiting:
    """How many messages a queue holds, about.

    Attributes
    ----------
    visible : int
        Messages that anybody can receive.
    hidden : int
        Messages that somebody has received and not deleted.
    """

    visible: int
    hidden: int


@dataclass(frozen=True)
class Queue:
    """A queue.

    Address and credentials come from the usual variables of the AWS clients.

    Attributes
    ----------
    url : str
        Its URL.
    """

    url: str

    def receive(
        self, limit: int = _MOST_AT_ONCE, *, visibility_seconds: int = VISIBILITY_SECONDS
    ) -> list[Message]:
        """Return messages, each hidden from others for a while; fewer than `limit` if there are no more.

        Raises
        ------
        QueueError
            If the queue cannot be asked. What was received before comes back by itself.
        """
        found: list[Message] = []
        wait = WAIT_SECONDS
        while len(found) < limit:
            with self._told():
                told = self._client.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=min(_MOST_AT_ONCE, limit - len(found)),
                    VisibilityTimeout=visibility_seconds,
                    WaitTimeSeconds=wait,
                    AttributeNames=["ApproximateReceiveCount"],
                )
            messages = told.get("Messages", [])
            found += map(_message, messages)
            if not messages:
                break
            wait = WAIT_SECONDS if len(messages) == _MOST_AT_ONCE else 0
        return found

    def delete(self, messages: Sequence[Message]) -> int:
        """Delete messages; return how many are gone. Those that SQS would not delete come back.

        Raises
        ------
        QueueError
            If the queue cannot be asked.
        """
        gone, rest = 0, iter(messages)
        while batch := list(islice(rest, _MOST_AT_ONCE)):
            entries = [{"Id": str(n), "ReceiptHandle": each.receipt} for n, each in enumerate(batch)]
            with self._told():
                told = self._client.delete_message_batch(QueueUrl=self.url, Entries=entries)
            gone += len(told.get("Successful", ()))
        return gone

    def waiting(self) -> Waiting:
        """Return how many messages there are.

        Raises
        ------
        QueueError
            If the queue cannot be asked.
        """
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with self._told():
            told = self._client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        visible, hidden = (int(told[name]) for name in names)
        return Waiting(visible, hidden)

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 has no types
        return boto3.client("sqs", config=_CONFIG)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell errors of the client, which has tried again by itself, in words that name the queue."""
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            message = f"the queue {self.url} failed: {error}; check its URL, region and permissions"
            raise QueueError(message) from error


def _message(raw: dict[str, Any]) -> Message:
    count = raw.get("Attributes", {}).get("ApproximateReceiveCount", 1)
    return Message(raw["MessageId"], raw["Body"], raw["ReceiptHandle"], int(count))
