"""The button beside its state machine in the emulated cloud. No test."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from analytics_platform.triggers.state_machines import definition
from analytics_platform_tests.integration.cloud import Cloud
from analytics_platform_tests.integration.state_machine_button.played_dagster import PlayedDagster
from analytics_platform_tests.unit.api.actions.installed import Installed, installed

ROLE = "arn:aws:iam::123456789012:role/button"
BODY = {"assets": ["lake/prices"], "session": "2013-03-01"}
ENDS = ("success", "failure", "canceled")


@dataclass
class Button:
    """An installation whose button starts a machine."""

    cloud: Cloud
    dagster: PlayedDagster
    home: Path
    machine: str
    queue: str

    def open(self, dagster_url: str | None = None) -> Installed:
        """Open the services anew, as another server on the same ledger does."""
        return installed(self.home, dagster_url or self.dagster.url)

    def request(self) -> dict[str, Any]:
        """Take the next request from the queue, as the sensor on requests does."""
        sqs = self.cloud.client("sqs")
        found: list[dict[str, Any]] = []

        def has_come() -> bool:
            found.extend(sqs.receive_message(QueueUrl=self.queue).get("Messages", []))
            return bool(found)

        until(has_come)
        return dict(json.loads(found[0]["Body"]))

    def executions(self) -> list[dict[str, Any]]:
        """Return the executions of the machine."""
        told = self.cloud.client("stepfunctions").list_executions(stateMachineArn=self.machine)
        return list(told["executions"])

    def execution(self) -> dict[str, Any]:
        """Return the only execution that there is."""
        (one,) = self.executions()
        return dict(self.cloud.client("stepfunctions").describe_execution(executionArn=one["executionArn"]))


def press(at: Installed, key: str = "close", **body: object) -> httpx2.Response:
    """Press the button."""
    return at.client.post(
        "/materializations", json={**BODY, **body}, headers={"Idempotency-Key": key, "X-Caller": "desk"}
    )


def state(at: Installed, request_id: str) -> dict[str, Any]:
    """Return where a request stands."""
    told = at.client.get(f"/materializations/{request_id}")
    assert told.status_code == 200, told.text
    return dict(told.json())


def ended(at: Installed, request_id: str) -> dict[str, Any]:
    """Wait for the end of a request."""
    until(lambda: state(at, request_id)["state"] in ENDS)
    return state(at, request_id)


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something."""
    over = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < over, "it does not come"
        time.sleep(0.02)


def make_machine(cloud: Cloud, name: str, text: str | None = None) -> tuple[str, str]:
    """Make a machine: that which is shipped, or another; return its ARN and the queue of its requests."""
    queue = cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    topic = cloud.client("sns").create_topic(Name=name)["TopicArn"]
    names = {"RequestsQueueUrl": queue, "NotificationsTopicArn": topic}
    text = text or definition("materialize", names)
    made = cloud.client("stepfunctions").create_state_machine(name=name, definition=text, roleArn=ROLE)
    return str(made["stateMachineArn"]), str(queue)
