"""A queue of the emulation gives a message without counting all others, and keeps it as long as it says."""

from typing import Any

import pytest
from moto.sqs.models import Message, SQSBackend, sqs_backends

from analytics_platform.local_aws.versions import ACCOUNT
from analytics_platform_tests.integration.local_aws.cluster import Cluster


def test_a_message_is_given_without_a_count_and_not_after_its_time(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs = cluster.cloud.client("sqs")
    queue = sqs.create_queue(QueueName="kept", Attributes={"MessageRetentionPeriod": "60"})["QueueUrl"]
    for body in ("old", "new"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    messages: list[Any] = sqs_backends[ACCOUNT][cluster.cloud.region].queues["kept"]._messages  # noqa: SLF001 - no API goes back
    messages[0].sent_timestamp -= 61_000

    def count(*_: object) -> None:
        pytest.fail("the whole queue is counted")

    with monkeypatch.context() as patched:
        patched.setattr(SQSBackend, "get_queue_attributes", count)
        assert "Messages" not in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        del messages[0]
        (given,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert given["Body"] == "new"


def test_a_count_of_a_queue_reads_the_clock_once_and_tells_what_each_message_is(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs = cluster.cloud.client("sqs")
    queue = sqs.create_queue(QueueName="counted", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    for body in ("hidden", "ready", "ready too"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=60)
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "hidden"

    def ask_each(_: object) -> None:
        pytest.fail("each message is asked")

    with monkeypatch.context() as patched:
        patched.setattr(Message, "visible", property(ask_each))
        patched.setattr(Message, "delayed", property(ask_each))
        told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    counted = {name: told[f"ApproximateNumberOfMessages{name}"] for name in ("", "NotVisible", "Delayed")}
    assert counted == {"": "2", "NotVisible": "1", "Delayed": "1"}
