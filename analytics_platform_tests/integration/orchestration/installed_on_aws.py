"""An installation with bucket, queues and machines in the emulated cloud, and a daemon that only notes."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote_plus

import dagster as dg
from dagster import DagsterEvent, DagsterEventType, DagsterRunStatus
from dagster._core.storage.tags import RUN_KEY_TAG
from dagster._core.test_utils import create_run_for_test
from moto.sqs.models import sqs_backends

from analytics_platform.definitions import defs
from analytics_platform.defs.ingestion.landing_sensor import landing_sensor
from analytics_platform.defs.resources import intake_resource
from analytics_platform.defs.triggers.requested_runs import requested_runs_sensor
from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.settings import Settings
from analytics_platform.storage.ledger.ledger import Entry, State
from analytics_platform.storage.ledger.token_store import TokenStore
from analytics_platform.storage.queues.sqs import Queue
from analytics_platform_tests.integration.cloud import Cloud

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/states"


@cache
def repository() -> dg.RepositoryDefinition:
    """Return the code location's repository."""
    return defs().get_repository_def()


@dataclass
class Execution:
    """One execution of a machine."""

    cloud: Cloud
    arn: str

    def told(self) -> Mapping[str, str]:
        """Return what Step Functions tells of it."""
        described: Mapping[str, str] = self.cloud.client("stepfunctions").describe_execution(
            executionArn=self.arn
        )
        return described

    def ended(self, seconds: float = 20.0) -> tuple[str, object]:
        """Wait for the end; return the output, or error and cause."""
        over = time.monotonic() + seconds
        while (told := self.told())["status"] == "RUNNING":
            assert time.monotonic() < over, "the execution does not end"
            time.sleep(0.05)
        if told["status"] == "SUCCEEDED":
            return "SUCCEEDED", json.loads(told["output"])
        return told.get("error", told["status"]), told.get("cause", "")


class InstalledOnAws:
    """A bucket that tells a queue, a queue of requests, both sensors, and a ledger of one's own."""

    def __init__(self, cloud: Cloud, home: Path, **changed: object) -> None:
        (home / "sources").mkdir(exist_ok=True)
        self.cloud = cloud
        self.name = uuid.uuid4().hex[:12]
        self.bucket = f"landing-{self.name}"
        s3, self.s3 = cloud.client("s3"), cloud.client("s3")
        s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": cloud.region})
        s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.uploads, self.dead_uploads = self._queue("uploads")
        self.requests, self.dead_requests = self._queue("requests")
        given = Settings(home=home, sources=home / "sources", landing_url=f"s3://{self.bucket}/landing")
        self.settings = given.model_copy(update={"retry_seconds": 0.0, **changed})
        self.instance = dg.DagsterInstance.ephemeral()
        self.intake = intake_resource(self.settings)
        self.watch = self.intake.watch()
        self.ledger = self.watch.ledger
        self.store = TokenStore(self.settings.ledger_url)
        self.cursors: dict[str, str | None] = {}
        self.reason: str | None = None
        self.landing_tick = self._ticks(landing_sensor(self.uploads, listing_minutes=60, interval_seconds=30))
        self.request_tick = self._ticks(requested_runs_sensor(self.requests, interval_seconds=30))

    def close(self) -> None:
        """Close what is open."""
        self.ledger.close()
        self.store.close()

    def _queue(self, purpose: str) -> tuple[str, str]:
        sqs = self.cloud.client("sqs")
        dead = sqs.create_queue(QueueName=f"{purpose}-{self.name}-dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
        url = sqs.create_queue(QueueName=f"{purpose}-{self.name}", Attributes={"RedrivePolicy": redrive})[
            "QueueUrl"
        ]
        return url, dead

    # --- What senders and S3 do ------------------------------------------------------------------------

    def notify(self) -> None:
        """Let the bucket tell the queue of uploads, as infrastructure does; S3 sends a test event first."""
        sqs = self.cloud.client("sqs")
        told = sqs.get_queue_attributes(QueueUrl=self.uploads, AttributeNames=["QueueArn"])
        arn = told["Attributes"]["QueueArn"]
        self.s3.put_bucket_notification_configuration(
            Bucket=self.bucket,
            NotificationConfiguration={
                "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
            },
        )

    def put(self, key: str, content: str = "x\n") -> str:
        """Put a file as a sender does; return its version."""
        put = self.s3.put_object(Bucket=self.bucket, Key=f"landing/{key}", Body=content.encode())
        return str(put["VersionId"])

    def tell_of(self, *keys: str) -> None:
        """Send what S3 sends when files were put."""
        for key in keys:
            self.send(self.uploads, {"Records": [record(self.bucket, f"landing/{key}")]})

    def send(self, queue: str, body: object) -> None:
        """Send a message."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=text)

    def show_again(self, queue: str) -> None:
        """Let what was received and not deleted be received again, as after its time."""
        backend = sqs_backends[ACCOUNT][self.cloud.region]
        for message in backend.queues[queue.rpartition("/")[2]]._messages:  # noqa: SLF001 - no API goes back
            message.change_visibility(0)

    def waiting(self, queue: str) -> list[str]:
        """Return what messages say, and leave them as they are."""
        messages = [message.body for message in Queue(queue).receive(10)]
        self.show_again(queue)
        return messages

    def left(self, queue: str) -> int:
        """Return how many messages a queue holds."""
        waiting = Queue(queue).waiting()
        return waiting.visible + waiting.hidden

    # --- What Step Functions do ------------------------------------------------------------------------

    def machine(self, *, seconds: int = 60) -> str:
        """Make a machine that asks Dagster and waits."""
        definition = {
            "StartAt": "Ask",
            "States": {
                "Ask": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                    "TimeoutSeconds": seconds + 1,
                    "HeartbeatSeconds": seconds,
                    "Parameters": {
                        "QueueUrl": self.requests,
                        "MessageBody": {
                            "token.$": "$$.Task.Token",
                            "execution.$": "$$.Execution.Id",
                            "attempt.$": "States.Format('{}/{}', $$.State.Name, $$.State.RetryCount)",
                            "request.$": "$",
                        },
                    },
                    "End": True,
                }
            },
        }
        made = self.cloud.client("stepfunctions").create_state_machine(
            name=f"ask-{uuid.uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=ROLE
        )
        return str(made["stateMachineArn"])

    def start(self, machine: str, request: object, name: str | None = None) -> Execution:
        """Start an execution, and wait until it has asked."""
        before = self.left(self.requests)
        made = self.cloud.client("stepfunctions").start_execution(
            stateMachineArn=machine, input=json.dumps(request), name=name or uuid.uuid4().hex
        )
        until(lambda: self.left(self.requests) > before)
        return Execution(self.cloud, made["executionArn"])

    def start_upload(self, key: str, version: str | None = None) -> Execution:
        """Put a file, unless its version is told, and start an execution that waits for it."""
        version = version or self.put(key)
        request = {"kind": "upload", "bucket": self.bucket, "key": f"landing/{key}", "version_id": version}
        return self.start(self.machine(), request)

    # --- What Dagster does -----------------------------------------------------------------------------

    def _ticks(self, sensor: dg.SensorDefinition) -> Callable[[], list[dg.RunRequest]]:
        """Return what evaluates a sensor once, as the daemon does."""

        def tick() -> list[dg.RunRequest]:
            given = {"intake": self.intake}
            cursor = self.cursors.get(sensor.name)
            with dg.build_sensor_context(
                self.instance, cursor=cursor, resources=given, repository_def=repository()
            ) as context:
                data = sensor.evaluate_tick(context)
            self.cursors[sensor.name], self.reason = data.cursor, data.skip_message
            return list(data.run_requests or [])

        return tick

    def hurry(self) -> None:
        """Let the sensors have next to no time from now on."""
        self.intake = intake_resource(self.settings.model_copy(update={"sensor_seconds": 1e-9}))

    def run(self, request: dg.RunRequest, status: DagsterRunStatus, **tags: str) -> dg.DagsterRun:
        """Note a run for a request, without the plan of its steps."""
        every = {**request.tags, RUN_KEY_TAG: str(request.run_key), **tags}
        noted: dg.DagsterRun = create_run_for_test(
            self.instance, job_name=str(request.job_name), tags=every, status=status
        )
        return noted

    def finish(self, key: str, state: State, run_id: str, message: str | None = None) -> None:
        """Note in the ledger what a run did with a file."""
        entry = self.entry(key)
        assert self.ledger.claim(entry.version, run_id)
        counts = RowCounts(3, 2, 1, 0) if state is State.LOADED else None
        assert self.ledger.finish(
            entry.version, state, sha256=key, counts=counts, message=message, run_id=run_id
        )

    def entry(self, key: str) -> Entry:
        """Return what the ledger knows of the newest version of a file."""
        entry = self.ledger.entry(key)
        assert entry is not None
        return entry


def record(bucket: str, key: str, event: str = "ObjectCreated:Put") -> dict[str, object]:
    """Return a record as S3 writes it into notifications."""
    place = {"bucket": {"name": bucket}, "object": {"key": quote_plus(key), "size": 2}}
    return {"eventSource": "aws:s3", "eventName": event, "s3": place}


def succeed(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """Note that a run has ended well."""
    event = DagsterEvent(DagsterEventType.RUN_SUCCESS.value, run.job_name, message="done")
    instance.report_dagster_event(event, run.run_id)


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something."""
    over = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < over, "it does not come"
        time.sleep(0.02)
