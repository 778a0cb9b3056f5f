"""What makes moto's SQS slow: at every message it counts the queue, and reads the clock at each it counts."""

from typing import Any

from moto.core.utils import unix_time, unix_time_millis
from moto.sqs.models import Message, Queue, SQSBackend


def install() -> None:
    """Ask the queue how long it keeps messages, and the clock once a count; a second time changes nothing."""
    SQSBackend.is_message_valid_based_on_retention_period = _is_kept  # type: ignore[method-assign]
    Queue.messages = property(_ready)  # type: ignore[assignment, method-assign]
    Queue.approximate_number_of_messages_delayed = property(_delayed)  # type: ignore[assignment, method-assign]
    Queue.approximate_number_of_messages_not_visible = property(_hidden)  # type: ignore[assignment, method-assign]


def _is_kept(self: SQSBackend, queue_name: str, message: Any) -> bool:  # noqa: ANN401 - moto types it wrongly
    queue: Any = self.get_queue(queue_name)
    return bool(message.sent_timestamp / 1000 + int(queue.message_retention_period) > unix_time())


def _ready(queue: Queue) -> list[Message]:
    now = unix_time_millis()
    return [each for each in queue._messages if now > each.visible_at and now >= each.delayed_until]  # noqa: SLF001 - what is patched


def _delayed(queue: Queue) -> int:
    now = unix_time_millis()
    return sum(1 for each in queue._messages if now < each.delayed_until)  # noqa: SLF001 - what is patched


def _hidden(queue: Queue) -> int:
    now = unix_time_millis()
    return sum(1 for each in queue._messages if now <= each.visible_at)  # noqa: SLF001 - what is patched
