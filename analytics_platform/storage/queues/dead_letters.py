"""The dead-letter queue of a queue: looking, moving back. What a message says is not known here."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from analytics_platform.storage.queues.sqs import WAIT_SECONDS, QueueError

HELD_SECONDS = 300
"""So long what is looked at is hidden from others; a command that is killed leaves it hidden no longer."""

_MOST_AT_ONCE = 10
_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "max_attempts": 3})


@dataclass(frozen=True)
class DeadLetter:
    """A message that was received too often.

    Attributes
    ----------
    id : str
        Name that SQS gave it.
    body : str
        What it says.
    sent_at : datetime
        When it was sent to the queue first, in UTC.
    received : int
        How many times it was received, in both queues.
    receipt : str
        What it is deleted by.
    attributes : dict
        Message attributes, which go with it.
    """

    id: str
    body: str
    sent_at: datetime
    received: int
    receipt: str = field(repr=False)
    attributes: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class DeadLetters:
    """The dead-letter queue of a queue, which its redrive policy names.

    Address and credentials come from the usual variables of the AWS clients.

    Attributes
    ----------
    main_url : str
        URL of the queue itself.
    """

    main_url: str

    @cached_property
    def url(self) -> str | None:
        """URL of the dead-letter queue; None if the queue has none.

        Raises
        ------
        QueueError
            If the queue cannot be asked, or names a queue that there is not.
        """
        with self._told(self.main_url):
            told = self._client.get_queue_attributes(QueueUrl=self.main_url, AttributeNames=["RedrivePolicy"])
            policy = json.loads(told.get("Attributes", {}).get("RedrivePolicy", "{}"))
            arn = str(policy.get("deadLetterTargetArn", ""))
            if not arn:
                return None
            _, _, _, _, account, name = arn.split(":", 5)
            found = self._client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
        return str(found["QueueUrl"])

    def take(self, limit: int) -> list[DeadLetter]:
        """Return some messages, oldest first; each is hidden from others for a while.

        Raises
        ------
        QueueError
            If the queue cannot be asked.
        """
        url = self.url
        found: dict[str, DeadLetter] = {}
        while url is not None and len(found) < limit:
            with self._told(url):
                told = self._client.receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=min(_MOST_AT_ONCE, limit - len(found)),
                    VisibilityTimeout=HELD_SECONDS,
                    WaitTimeSeconds=WAIT_SECONDS,
                    AttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                    MessageAttributeNames=["All"],
                )
            messages = [_dead_letter(raw) for raw in told.get("Messages", [])]
            if not any(each.id not in found for each in messages):
                break
            found |= {each.id: each for each in messages}
        return sorted(found.values(), key=lambda each: (each.sent_at, each.id))

    def move_back(self, letter: DeadLetter) -> None:
        """Send a message to the queue again, and only then delete it: killed in between there are two of it.

        Raises
        ------
        QueueError
            If it cannot be sent or deleted.
        """
        with self._told(self.main_url):
            self._client.send_message(
                QueueUrl=self.main_url, MessageBody=letter.body, MessageAttributes=letter.attributes
            )
        self.delete(letter)

    def delete(self, letter: DeadLetter) -> None:
        """Delete a message.

        Raises
        ------
        QueueError
            If it cannot be deleted.
        """
        with self._told(str(self.url)):
            self._client.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt)

    def put_back(self, letter: DeadLetter) -> None:
        """Let others see a message again that was only looked at.

        Raises
        ------
        QueueError
            If the queue cannot be asked; the message is seen again after a while by itself.
        """
        with self._told(str(self.url)):
            self._client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
            )

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 has no types
        return boto3.client("sqs", config=_CONFIG)

    @contextmanager
    def _told(self, url: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            message = f"the queue {url} failed: {error}; check its URL, region and permissions"
            raise QueueError(message) from error


def _dead_letter(raw: dict[str, Any]) -> DeadLetter:
    told = raw.get("Attributes", {})
    names = ("DataType", "StringValue", "BinaryValue")
    attributes = {
        name: {part: value[part] for part in names if part in value}
        for name, value in raw.get("MessageAttributes", {}).items()
    }
    return DeadLetter(
        id=raw["MessageId"],
        body=raw["Body"],
        sent_at=datetime.fromtimestamp(int(told.get("SentTimestamp", 0)) / 1000, UTC),
        received=int(told.get("ApproximateReceiveCount", 1)),
        receipt=raw["ReceiptHandle"],
        attributes=attributes,
    )
