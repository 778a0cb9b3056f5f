"""The state machines on the emulated cloud: start them, answer for Dagster, see how they end."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from analytics_platform.local_aws.bootstrap import Account, Bootstrap
from analytics_platform.settings import Settings
from analytics_platform.triggers.lambda_package import lambda_files
from analytics_platform.triggers.state_machines import definition
from analytics_platform_tests.integration.cloud import Cloud, emulated_cloud

BUCKET = "machines-landing"
ZONE = "incoming"
RULE = "machines-uploads"
_SECONDS = 30.0


@dataclass(frozen=True)
class Ended:
    """How an execution ended."""

    status: str
    output: Any
    error: str
    cause: str


@dataclass(frozen=True)
class Machines:
    """The machines of one account; tests speak to them over HTTP."""

    cloud: Cloud
    account: Account
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:  # noqa: ANN401 - clients have no types
        """Return the client of a service, the same each time."""
        if service not in self._clients:
            self._clients[service] = self.cloud.client(service)
        return self._clients[service]

    def start(self, machine: str, told: object, name: str | None = None) -> str:
        """Start a machine; return the ARN of the execution."""
        made = self.client("stepfunctions").start_execution(
            stateMachineArn=self.account.machines.get(machine, machine),
            name=name or uuid.uuid4().hex,
            input=json.dumps(told),
        )
        return str(made["executionArn"])

    def ended(self, execution: str, seconds: float = _SECONDS) -> Ended:
        """Wait until an execution has ended."""
        client = self.client("stepfunctions")
        for _ in _ticks(seconds):
            told = client.describe_execution(executionArn=execution)
            if told["status"] != "RUNNING":
                output = json.loads(told.get("output") or "null")
                return Ended(told["status"], output, told.get("error", ""), told.get("cause", ""))
        message = f"{execution} runs for more than {seconds} s: {self.entered(execution)}"
        raise AssertionError(message)

    def run(self, machine: str, told: object) -> Ended:
        """Start a machine and wait until it has ended."""
        return self.ended(self.start(machine, told))

    def executions(self, machine: str) -> int:
        """Return how many executions of a machine there have been."""
        client = self.client("stepfunctions")
        told = client.list_executions(stateMachineArn=self.account.machines[machine])
        return len(told["executions"])

    def entered(self, execution: str) -> list[str]:
        """Return the names of the states that an execution entered, in order."""
        told = self.client("stepfunctions").get_execution_history(executionArn=execution)
        details = [event.get("stateEnteredEventDetails") for event in told["events"]]
        return [each["name"] for each in details if each]

    def reach(self, execution: str, state: str) -> None:
        """Wait until an execution enters a state."""
        if not any(state in self.entered(execution) for _ in _ticks()):
            message = f"{execution} never came to {state}: {self.entered(execution)}"
            raise AssertionError(message)

    def request(self) -> dict[str, Any]:
        """Wait for the next request and take it from the queue, as Dagster does."""
        for _ in _ticks():
            for body in self._drained(self.account.requests_queue, 1):
                return dict(json.loads(body))
        message = "no request came"
        raise AssertionError(message)

    def succeed(self, token: str, output: object) -> None:
        """Answer a request."""
        client = self.client("stepfunctions")
        client.send_task_success(taskToken=token, output=json.dumps(output))

    def fail(self, token: str, error: str, cause: str) -> None:
        """Answer a request with a named error."""
        client = self.client("stepfunctions")
        client.send_task_failure(taskToken=token, error=error, cause=cause)

    def told(self) -> list[dict[str, Any]]:
        """Take all notifications that were published; call it when the execution has ended."""
        return [dict(json.loads(body)) for body in self._drained(self.account.notifications_queue)]

    def requests(self) -> list[dict[str, Any]]:
        """Take all requests that are there."""
        return [dict(json.loads(body)) for body in self._drained(self.account.requests_queue)]

    def put(self, key: str) -> None:
        """Put a file into the bucket."""
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x")

    def variant(self, machine: str, **substitutions: str) -> str:
        """Make a machine in which something is wrong; return its ARN."""
        names = {
            "RouteUploadFunctionArn": self._function("route_upload"),
            "ExpectedDeliveriesFunctionArn": self._function("expected_deliveries"),
            "RequestsQueueUrl": self.account.requests_queue,
            "NotificationsTopicArn": self.account.topic,
            "ClusterArn": self.account.cluster,
            "TaskDefinitionArn": self.account.task_definition,
            **dict.fromkeys(("SubnetA", "SubnetB", "SecurityGroup", "ContainerName"), "unused"),
        }
        made = self.client("stepfunctions").create_state_machine(
            name=uuid.uuid4().hex,
            definition=definition(machine, {**names, **substitutions}),
            roleArn="arn:aws:iam::123456789012:role/machines",
        )
        return str(made["stateMachineArn"])

    def clear(self) -> None:
        """Forget what earlier tests left in queues and bucket."""
        self.requests()
        self.told()
        s3 = self.client("s3")
        for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            s3.delete_object(Bucket=BUCKET, Key=each["Key"])

    def _drained(self, queue: str, most: int = 1_000) -> Iterator[str]:
        sqs = self.client("sqs")
        while most and (got := sqs.receive_message(QueueUrl=queue).get("Messages", [])):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=got[0]["ReceiptHandle"])
            most -= 1
            yield str(got[0]["Body"])

    def _function(self, name: str) -> str:
        told = self.client("lambda").get_function(FunctionName=f"machines-{name}")
        return str(told["Configuration"]["FunctionArn"])


@contextmanager
def emulated_machines() -> Iterator[Machines]:
    """Make everything in an emulation of its own; uploads start no machine by themselves."""
    with emulated_cloud() as cloud:
        files = lambda_files(Settings(landing_url=f"s3://{BUCKET}/{ZONE}"))
        container = {"image": "slim", "entryPoint": ["sh", "-c"], "command": ['eval "$COMMAND"']}
        made = Machines(cloud, Bootstrap(cloud.endpoint, cloud.region, "machines").make(files, container))
        cloud.client("events").remove_targets(Rule=RULE, Ids=["machine"])
        yield made


def event(key: str, bucket: str = BUCKET, **more: object) -> dict[str, object]:
    """Return an event of EventBridge as AWS sends it."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "time": "2026-03-02T06:00:00Z",
        "region": "eu-west-1",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": 5, "etag": "b1946ac92492d234", "version-id": "v1"},
            "reason": "PutObject",
        },
        **more,
    }


def _ticks(seconds: float = _SECONDS) -> Iterator[None]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield
        time.sleep(0.05)
