"""Alerts on a topic of the emulated cloud: each is told once, whatever fails in between."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from analytics_platform.defs.alerts import AlertFile, failed_runs, publishing_sensor
from analytics_platform.storage.notifications import NotificationError, Topic
from analytics_platform_tests.integration.cloud import Cloud, emulated_cloud


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_cloud() as emulated:
        yield emulated


@dataclass
class Told:
    """An alert file, its sensor as the daemon ticks it, and a queue that is subscribed to the topic."""

    cloud: Cloud
    file: Path
    topic: str
    queue: str
    cursor: str | None = None
    heard: list[dict[str, str]] = field(default_factory=list)

    def fail(self, run_id: str, *, at: datetime | None = None, error: str = "no room") -> None:
        """Write an alert into the file, as the sensor on failed runs does."""
        at = at or datetime.now(UTC)
        alert = {"at": at.isoformat(), "run_id": run_id, "job": "ingest", "sessions": "", "error": error}
        AlertFile(path=str(self.file)).tell(alert)

    def tick(self) -> str:
        """Let the sensor tick; a tick that fails keeps its cursor, as in the daemon."""
        sensor = publishing_sensor(Topic(self.topic), interval_seconds=30)
        given = {"alerts": AlertFile(path=str(self.file))}
        with dg.build_sensor_context(cursor=self.cursor, resources=given) as context:
            data = sensor.evaluate_tick(context)
        self.cursor = data.cursor
        return str(data.skip_message)

    def messages(self) -> list[dict[str, str]]:
        """Take what came to the queue."""
        sqs = self.cloud.client("sqs")
        found = []
        while got := sqs.receive_message(QueueUrl=self.queue).get("Messages", []):
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=got[0]["ReceiptHandle"])
            found.append(json.loads(got[0]["Body"]))
        return found

    def runs(self) -> list[str]:
        """Return the runs that were told of."""
        return [json.loads(each["Message"])["run_id"] for each in self.messages()]


@pytest.fixture
def told(cloud: Cloud, tmp_path: Path) -> Told:
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = sns.create_topic(Name=tmp_path.name)["TopicArn"]
    queue = sqs.create_queue(QueueName=tmp_path.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return Told(cloud, tmp_path / "alerts.jsonl", topic, queue)


def test_each_alert_is_published_once_with_its_run_as_id(told: Told) -> None:
    assert told.tick() == "0 alerts were published"
    told.fail("one", error="é\nno room")
    told.fail("two")
    assert told.tick() == "2 alerts were published"
    first, second = told.messages()
    assert first["Subject"] == "analytics_platform: a run of ingest has failed"
    assert json.loads(first["Message"])["error"] == "é\nno room"
    ids: list[Mapping[str, Mapping[str, str]]] = [each["MessageAttributes"] for each in (first, second)]  # type: ignore[misc]
    assert [each["id"]["Value"] for each in ids] == ["one", "two"]
    assert told.tick() == "0 alerts were published"
    told.fail("three")
    told.tick()
    assert told.runs() == ["three"]


def test_a_topic_that_is_away_fails_the_tick_and_loses_and_repeats_nothing(told: Told) -> None:
    told.fail("one")
    whole = told.file.read_bytes()
    there, told.topic = told.topic, told.topic + "-gone"
    for _ in range(2):
        with pytest.raises(NotificationError, match="ANALYTICS_NOTIFICATIONS_TOPIC"):
            told.tick()
    told.fail("two")
    assert told.file.read_bytes().startswith(whole)
    told.topic = there
    assert told.tick() == "2 alerts were published"
    assert told.runs() == ["one", "two"]


def test_a_topic_that_goes_away_in_the_middle_keeps_what_was_told(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run_id in ("one", "two", "three"):
        told.fail(run_id)
    real, calls = Topic.publish, []

    def deletes_itself(topic: Topic, subject: str, message: str, *, id_: str) -> None:
        real(topic, subject, message, id_=id_)
        calls.append(id_)
        if len(calls) == 2:
            monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            topic.__dict__.pop("_client")

    with monkeypatch.context() as patched:
        patched.setattr(Topic, "publish", deletes_itself)
        assert told.tick() == "2 alerts were published"
    monkeypatch.undo()
    assert told.tick() == "1 alerts were published"
    assert told.runs() == ["one", "two", "three"]


def test_a_run_is_told_of_once_in_the_file_also_if_the_sensor_was_killed_before_its_cursor(
    told: Told,
) -> None:
    told.fail("one")
    told.fail("one")
    assert len(told.file.read_text().splitlines()) == 1


def test_half_a_line_waits_for_its_end_and_spoils_no_other(told: Told) -> None:
    told.fail("one")
    with told.file.open("a") as file:
        file.write('{"at": "2013-03')
    told.tick()
    assert told.runs() == ["one"]
    told.fail("two")
    assert told.tick() == "2 alerts were published"
    half, whole = told.messages()
    assert (half["Message"], json.loads(whole["Message"])["run_id"]) == ('{"at": "2013-03', "two")


def test_the_past_is_not_told_to_a_new_topic_and_a_new_file_is_read_from_its_beginning(told: Told) -> None:
    told.fail("last year", at=datetime.now(UTC) - timedelta(days=365))
    told.fail("today")
    told.tick()
    assert told.runs() == ["today"]
    told.file.unlink()
    assert told.tick() == "0 alerts were published"
    for run_id in ("a", "b", "c"):
        told.fail(run_id)
    told.tick()
    assert told.runs() == ["a", "b", "c"]


@pytest.mark.parametrize(
    "cursor", ["", "{", "[]", '{"offset": "x"}', '{"offset": 99999999, "beginning": ""}']
)
def test_a_cursor_that_tells_nothing_begins_anew(told: Told, cursor: str) -> None:
    told.fail("one")
    told.cursor = cursor
    told.tick()
    assert told.runs() == ["one"]


def test_a_very_long_error_is_cut_and_told(told: Told) -> None:
    told.fail("one", error="x" * 300_000)
    told.tick()
    (message,) = told.messages()
    assert message["Message"].startswith('{"at": ')
    assert len(message["Message"]) == 200_000


def test_a_failed_run_of_dagster_is_told_on_the_topic(told: Told) -> None:
    @dg.op
    def breaks() -> None:
        message = "the disk is full"
        raise OSError(message)

    @dg.job
    def breaking() -> None:
        breaks()

    with dg.DagsterInstance.ephemeral() as instance:
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        ended = breaking.execute_in_process(instance=instance, raise_on_error=False, run_config=quiet)
        context = dg.build_run_status_sensor_context(
            sensor_name="failed_runs",
            dagster_event=ended.get_run_failure_event(),
            dagster_instance=instance,
            dagster_run=ended.dagster_run,
        ).for_run_failure()
        tell: Callable[..., object] = failed_runs
        for _ in range(2):
            tell(context, alerts=AlertFile(path=str(told.file)))
    told.tick()
    (message,) = told.messages()
    alert = json.loads(message["Message"])
    assert (alert["run_id"], alert["error"]) == (ended.run_id, "breaks: OSError: the disk is full")
