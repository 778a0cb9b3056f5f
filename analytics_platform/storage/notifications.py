"""Publishing notifications to a topic of SNS. What they tell, and when, is decided elsewhere."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_CONFIG = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
_LONGEST_SUBJECT = 99
_LONGEST_BYTES = 200_000


class NotificationError(RuntimeError):
    """A notification could not be published; publish it again later."""


@dataclass(frozen=True)
class Topic:
    """A topic that people, or what wakes them, subscribe to.

    Credentials come from the usual variables of the AWS clients.

    Attributes
    ----------
    arn : str
        Its ARN.
    """

    arn: str

    def publish(self, subject: str, message: str, *, id_: str) -> None:
        """Publish a notification.

        Parameters
        ----------
        subject : str
            Its heading; cut, and without what SNS does not take in one.
        message : str
            What it tells; cut if it is longer than SNS takes.
        id_ : str
            Name of what it tells of: a subscriber that gets it twice sees that by the attribute ``id``, and a
            FIFO topic drops the second one itself.

        Raises
        ------
        NotificationError
            If it is not certain that it was published.
        """
        heading = "".join(each if " " <= each <= "~" else "?" for each in subject)[:_LONGEST_SUBJECT]
        text = message.encode()[:_LONGEST_BYTES].decode(errors="ignore")
        fifo = {"MessageGroupId": "alerts", "MessageDeduplicationId": id_} if self._is_fifo else {}
        try:
            self._client.publish(
                TopicArn=self.arn,
                Subject=heading,
                Message=text,
                MessageAttributes={"id": {"DataType": "String", "StringValue": id_}},
                **fifo,
            )
        except (BotoCoreError, ClientError) as error:
            told = (
                f"the topic {self.arn} failed: {error}; check ANALYTICS_NOTIFICATIONS_TOPIC, its region "
                "and the permission sns:Publish"
            )
            raise NotificationError(told) from error

    @property
    def _is_fifo(self) -> bool:
        return self.arn.endswith(".fifo")

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 has no types
        return boto3.client("sns", region_name=self.arn.split(":")[3], config=_CONFIG)
