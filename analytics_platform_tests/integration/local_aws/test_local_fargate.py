"""Tasks as processes: they start, end, are stopped and told as on Fargate."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest

from analytics_platform.local_aws.fargate import MISSING_IMAGE
from analytics_platform.local_aws.instance import local_instance
from analytics_platform.settings import Settings
from analytics_platform_tests.integration.cloud import Cloud, emulated_cloud


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_cloud() as started:
        started.client("ecs").create_cluster(clusterName="tasks")
        yield started


def wait_for(found: Callable[[], Any]) -> Any:  # noqa: ANN401 - what is found
    until = time.monotonic() + 30
    while not (value := found()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)
    return value


def run(cloud: Cloud, script: str, **container: object) -> str:
    """Start a script in a task; return the ARN of the task."""
    ecs, ec2 = cloud.client("ecs"), cloud.client("ec2")
    definition = ecs.register_task_definition(
        family=f"t{uuid4().hex[:8]}",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {"name": "run", "image": "slim", "command": ["bash", "-c", script], **container}
        ],
    )["taskDefinition"]["taskDefinitionArn"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    started = ecs.run_task(
        cluster="tasks",
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}},
    )
    return str(started["tasks"][0]["taskArn"])


def told(cloud: Cloud, task: str) -> Any:  # noqa: ANN401 - answers have no types
    return cloud.client("ecs").describe_tasks(cluster="tasks", tasks=[task])["tasks"][0]


def ended(cloud: Cloud, task: str) -> tuple[int | None, str]:
    """Wait for the end of a task; return exit code and stop code."""
    wait_for(lambda: told(cloud, task)["lastStatus"] == "STOPPED")
    end = told(cloud, task)
    return end["containers"][0].get("exitCode"), end["stopCode"]


def started(cloud: Cloud, task: str) -> int:
    return int(wait_for(lambda: cloud.fargate.process_of(task)))


def output(cloud: Cloud, task: str) -> str:
    log = cloud.fargate.logs / f"{task.rpartition('/')[2]}.log"
    return log.read_text("utf-8") if log.exists() else ""


@pytest.mark.parametrize("code", [0, 7], ids=["well", "with an error"])
def test_a_task_ends_with_the_code_of_its_program(cloud: Cloud, code: int) -> None:
    assert ended(cloud, run(cloud, f"exit {code}")) == (code, "EssentialContainerExited")


def test_a_killed_task_tells_the_signal(cloud: Cloud) -> None:
    task = run(cloud, "sleep 60")
    os.kill(started(cloud, task), signal.SIGKILL)
    assert ended(cloud, task) == (137, "EssentialContainerExited")


def test_a_stopped_task_gets_time_to_end_by_itself(cloud: Cloud) -> None:
    task = run(cloud, "trap 'echo gently; exit 5' TERM; echo up; while true; do sleep 0.1; done")
    wait_for(lambda: "up" in output(cloud, task))
    cloud.client("ecs").stop_task(cluster="tasks", task=task, reason="asked")
    wait_for(lambda: "gently" in output(cloud, task))
    assert ended(cloud, task)[1] == "UserInitiated"


def test_a_task_that_does_not_end_is_killed_with_all_it_has_started(cloud: Cloud) -> None:
    task = run(cloud, "trap '' TERM; sleep 61 & echo up; while true; do sleep 0.1; done", stopTimeout=1)
    wait_for(lambda: "up" in output(cloud, task))
    group = os.getpgid(started(cloud, task))
    cloud.client("ecs").stop_task(cluster="tasks", task=task, reason="asked")
    ended(cloud, task)

    def is_gone() -> bool:
        with suppress(ProcessLookupError):
            os.killpg(group, 0)
            return False
        return True

    wait_for(is_gone)


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        pytest.param({"image": MISSING_IMAGE}, "CannotPullContainerError", id="no image"),
        pytest.param({"command": ["no-such-program"]}, "CannotStartContainerError", id="no program"),
    ],
)
def test_a_task_that_cannot_start_says_so(cloud: Cloud, container: dict[str, object], reason: str) -> None:
    task = run(cloud, "true", **container)
    assert ended(cloud, task) == (None, "TaskFailedToStart")
    assert reason in told(cloud, task)["stoppedReason"]


def test_a_task_sees_its_own_metadata_and_no_credentials_of_this_machine(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    task = run(
        cloud,
        'curl -s "$ECS_CONTAINER_METADATA_URI_V4/task"; echo; echo "$AWS_ACCESS_KEY_ID-$AWS_SESSION_TOKEN-"',
    )
    ended(cloud, task)
    assert f'"TaskARN": "{task}"' in output(cloud, task)
    assert output(cloud, task).endswith("nobody--\n")


def test_what_a_task_prints_is_in_the_log_group(cloud: Cloud) -> None:
    options = {"awslogs-group": "/tasks", "awslogs-stream-prefix": "run", "awslogs-region": cloud.region}
    task = run(cloud, "echo one; echo two", logConfiguration={"logDriver": "awslogs", "options": options})
    ended(cloud, task)
    stream = f"run/run/{task.rpartition('/')[2]}"
    events = cloud.client("logs").get_log_events(logGroupName="/tasks", logStreamName=stream)["events"]
    assert [event["message"] for event in events] == ["one", "two"]


def test_the_instance_of_the_emulation_differs_in_its_storage_only() -> None:
    import yaml  # noqa: PLC0415 - used here only

    text = (Settings().dagster_template.parent / "dagster.aws.yaml").read_text("utf-8")
    there, here = yaml.safe_load(text), yaml.safe_load(local_instance(text))
    assert set(there) - set(here) == {"storage"}
    assert set(here) - set(there) == {"event_log_storage"}
    assert all(here[name] == there[name] for name in set(here) & set(there))
