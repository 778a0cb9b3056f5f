"""`analytics redrive`: dead letters of a real queue are told, moved back whole, and never lost."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analytics_platform.cli import redriving
from analytics_platform.cli.redriving import run_redrive
from analytics_platform.settings import Settings
from analytics_platform.storage.queues.dead_letters import DeadLetters
from analytics_platform_tests.integration.cloud import Cloud

MOST_RECEIVES = 3
POISON = "not json"
TOKEN = {"token": "a token", "execution": "arn", "attempt": "Wait/0"}


def _upload(key: str) -> str:
    told = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "files"}, "object": {"key": key}}}
    return json.dumps({"Records": [told]})


GOOD = _upload("landing/prices/vendor_2013-03-01.csv")


@dataclass
class Queues:
    """A queue with its dead-letter queue, and settings that name it."""

    sqs: Any
    url: str
    dead_url: str
    of: Settings

    def kill(self, *bodies: str) -> list[str]:
        """Send messages and receive them until SQS takes them for dead; return their ids."""
        ids = [self.sqs.send_message(QueueUrl=self.url, MessageBody=body)["MessageId"] for body in bodies]
        for _ in range(MOST_RECEIVES + 1):
            self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        assert len(self.bodies(self.dead_url)) == len(bodies)
        return ids

    def bodies(self, url: str) -> list[str]:
        """Return what a queue holds, and leave it there."""
        found: dict[str, str] = {}
        while told := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found |= {each["MessageId"]: each["Body"] for each in told}
            self._held = getattr(self, "_held", []) + [each["ReceiptHandle"] for each in told]
        for receipt in self.__dict__.pop("_held", []):
            self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)
        return sorted(found.values())


@pytest.fixture
def queues(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Queues:
    sqs, name = cloud.client("sqs"), f"q{abs(hash(request.node.name))}"
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": str(MOST_RECEIVES)})
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"]
    of = Settings(
        home=tmp_path, landing_url="s3://files/landing", uploads_queue_url=url, requests_queue_url=url
    )
    monkeypatch.setattr(redriving, "settings", lambda: of)
    return Queues(sqs, url, dead, of)


def _run(
    queue: str = "uploads", *, dry_run: bool = False, limit: int = 100, discard: list[str] | None = None
) -> int:
    return run_redrive([queue], dry_run=dry_run, limit=limit, discard=discard or [])


def test_what_can_be_read_is_moved_back_and_poison_is_left(
    queues: Queues, capsys: pytest.CaptureFixture[str]
) -> None:
    good, poison = queues.kill(GOOD, POISON)
    assert _run() == 1
    told = capsys.readouterr().out
    assert f"{good}  " in told
    assert "it can be read (prices/vendor_2013-03-01.csv)" in told
    assert "it can never be read: no JSON: 'not json'" in told
    assert f"analytics redrive --discard {poison}" in told
    assert queues.bodies(queues.url) == [GOOD]
    assert queues.bodies(queues.dead_url) == [POISON]


def test_a_dry_run_shows_all_and_moves_nothing(queues: Queues, capsys: pytest.CaptureFixture[str]) -> None:
    queues.kill(GOOD, POISON)
    assert _run(dry_run=True) == 1
    told = capsys.readouterr().out
    assert "would be moved back" in told
    assert "would be left" in told
    assert queues.bodies(queues.url) == []
    assert queues.bodies(queues.dead_url) == sorted([GOOD, POISON])


def test_a_discarded_message_is_kept_in_a_file(queues: Queues) -> None:
    (poison,) = queues.kill(POISON)
    assert _run(discard=[poison]) == 0
    assert queues.bodies(queues.dead_url) == []
    kept = json.loads((queues.of.home / "discarded_messages.jsonl").read_text("utf-8"))
    assert (kept["id"], kept["body"]) == (poison, POISON)


@pytest.mark.usefixtures("queues")
def test_a_message_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(discard=["no such id"]) == 1
    assert "there is no dead letter no such id" in capsys.readouterr().out


def test_a_move_that_is_killed_after_sending_loses_nothing(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.kill(GOOD)

    def killed(_: DeadLetters, __: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(DeadLetters, "delete", killed)
    with pytest.raises(KeyboardInterrupt):
        _run()
    assert queues.bodies(queues.url) == [GOOD]
    letters = queues.sqs.get_queue_attributes(QueueUrl=queues.dead_url, AttributeNames=["All"])["Attributes"]
    assert letters["ApproximateNumberOfMessagesNotVisible"] == "1", "it comes back by itself"


def test_many_dead_letters_are_moved_in_batches_up_to_the_limit(queues: Queues) -> None:
    bodies = [_upload(f"landing/prices/vendor_2013-01-{day:02}.csv") for day in range(1, 26)]
    for start in range(0, 25, 10):
        before = len(queues.bodies(queues.dead_url))
        for body in bodies[start : start + 10]:
            queues.sqs.send_message(QueueUrl=queues.url, MessageBody=body)
        for _ in range(MOST_RECEIVES + 1):
            queues.sqs.receive_message(QueueUrl=queues.url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        assert len(queues.bodies(queues.dead_url)) == before + len(bodies[start : start + 10])
    assert _run(limit=12) == 0
    assert len(queues.bodies(queues.url)) == 12
    assert _run() == 0
    assert queues.bodies(queues.url) == sorted(bodies)


@pytest.mark.parametrize(
    ("body", "told", "is_left"),
    [
        pytest.param(json.dumps({"no": "token"}), "it can never be read", True, id="no token"),
        pytest.param(
            json.dumps({**TOKEN, "request": {"kind": "?"}}), "told that it is invalid", False, id="?"
        ),
        pytest.param(
            json.dumps({**TOKEN, "request": {"kind": "upload", "bucket": "b", "key": "k"}}),
            "it can be read (kind upload)",
            False,
            id="an upload",
        ),
    ],
)
def test_requests_are_judged_by_whether_they_can_be_answered(
    queues: Queues,
    capsys: pytest.CaptureFixture[str],
    body: str,
    told: str,
    is_left: bool,  # noqa: FBT001
) -> None:
    queues.kill(body)
    assert _run("requests") == int(is_left)
    assert told in capsys.readouterr().out


def test_message_attributes_go_back_too(queues: Queues) -> None:
    attribute = {"sent-by": {"DataType": "String", "StringValue": "a person"}}
    queues.sqs.send_message(QueueUrl=queues.url, MessageBody=GOOD, MessageAttributes=attribute)
    for _ in range(MOST_RECEIVES + 1):
        queues.sqs.receive_message(QueueUrl=queues.url, VisibilityTimeout=0)
    assert _run() == 0
    (message,) = queues.sqs.receive_message(QueueUrl=queues.url, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["sent-by"]["StringValue"] == "a person"


def test_a_queue_without_dead_letters_is_told(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = cloud.client("sqs").create_queue(QueueName="alone")["QueueUrl"]
    monkeypatch.setattr(redriving, "settings", lambda: Settings(home=tmp_path, requests_queue_url=url))
    assert _run("requests") == 2
    assert "has no dead-letter queue" in capsys.readouterr().out
    assert _run("uploads") == 2
    assert "set ANALYTICS_UPLOADS_QUEUE_URL" in capsys.readouterr().out


def test_a_queue_that_is_not_there_is_told_in_one_line(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{cloud.endpoint}/123456789012/missing"
    monkeypatch.setattr(redriving, "settings", lambda: Settings(home=tmp_path, requests_queue_url=url))
    assert _run("requests") == 2
    assert "missing failed" in capsys.readouterr().out
