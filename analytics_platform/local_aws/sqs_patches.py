"""What makes moto's SQS slow: for each message that it gives it counts the whole queue, three times."""

from typing import Any

from moto.core.utils import unix_time
from moto.sqs.models import SQSBackend


def install() -> None:
    """Ask the queue alone how long it keeps messages; a second time changes nothing."""
    SQSBackend.is_message_valid_based_on_retention_period = _is_kept  # type: ignore[method-assign]


def _is_kept(self: SQSBackend, queue_name: str, message: Any) -> bool:  # noqa: ANN401 - moto types it wrongly
    queue: Any = self.get_queue(queue_name)
    return bool(message.sent_timestamp / 1000 + int(queue.message_retention_period) > unix_time())
