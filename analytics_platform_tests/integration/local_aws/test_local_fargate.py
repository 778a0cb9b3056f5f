"""The local Fargate: tasks as processes, from their start to their end."""

import json
import os
import signal
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analytics_platform.local_aws.fargate import MISSING_IMAGE, LocalFargate
from analytics_platform.local_aws.server import environment
from analytics_platform_tests.integration.cloud import Cloud
from analytics_platform_tests.integration.local_aws.cluster import Cluster, is_alive, new_cluster, until

ELSEWHERE = "us-east-1"


@contextmanager
def fargate_elsewhere(at: Cluster, logs: Path) -> Iterator[Cluster]:
    """Run another Fargate in another region, to be ended alone."""
    fargate = LocalFargate(ELSEWHERE, environment(at.cloud.endpoint, ELSEWHERE), logs)
    fargate.start()
    try:
        yield new_cluster(Cloud(at.cloud.endpoint, ELSEWHERE, fargate))
    finally:
        fargate.stop()


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137)], ids=["good", "bad", "killed"]
)
def test_a_task_ends_with_the_exit_code_of_its_process(cluster: Cluster, script: str, code: int) -> None:
    arn = cluster.run(cluster.define("sh", "-c", script))
    assert cluster.ended(arn) == (code, "EssentialContainerExited", "Essential container in task exited")


def test_a_task_has_the_command_and_the_variables_of_its_override(cluster: Cluster) -> None:
    variables = [{"name": "KEPT", "value": "kept"}, {"name": "OTHER", "value": "defined"}]
    definition = cluster.define("echo defined", entryPoint=["sh", "-c"], environment=variables)
    command = ['echo "$KEPT $OTHER $(command -v python)"']
    arn = cluster.run(definition, {"command": command, "environment": [{"name": "OTHER", "value": "told"}]})
    assert cluster.ended(arn)[0] == 0
    assert cluster.printed(arn, "\n") == f"kept told {Path(sys.executable).parent / 'python'}\n"


def test_a_task_sees_no_credentials_but_those_of_nobody(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_SESSION_TOKEN", "SOME_TOKEN", "OTHER_PASSWORD"):
        monkeypatch.setenv(name, "of-a-real-account")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-a-real-account")
    arn = cluster.run(cluster.define("env"))
    assert cluster.ended(arn)[0] == 0
    told = cluster.log(arn).read_text("utf-8")
    assert "of-a-real-account" not in told
    assert "AWS_ACCESS_KEY_ID=nobody\n" in told


@pytest.mark.parametrize(
    ("command", "image", "reason"),
    [
        (["no-such-program"], "any", "CannotStartContainerError"),
        ([], "any", "CannotStartContainerError"),
        (["true"], MISSING_IMAGE, "CannotPullContainerError"),
    ],
    ids=["no program", "no command", "no image"],
)
def test_a_task_that_cannot_start_has_no_exit_code(
    cluster: Cluster, command: list[str], image: str, reason: str
) -> None:
    code, kind, told = cluster.ended(cluster.run(cluster.define(*command, image=image)))
    assert (code, kind) == (None, "TaskFailedToStart")
    assert told.startswith(reason)


def test_an_override_of_an_unknown_container_fails_the_task_and_no_other(cluster: Cluster) -> None:
    wrong = cluster.run(cluster.define("true"), {"name": "other"})
    assert "names the container other" in cluster.ended(wrong)[2]
    assert cluster.ended(cluster.run(cluster.define("true")))[0] == 0


def test_a_stopped_task_is_asked_to_end_and_is_stopping_until_it_has(cluster: Cluster) -> None:
    script = "trap 'sleep 0.5; exit 7' TERM; echo ready; while :; do sleep 0.05; done"
    arn = cluster.run(cluster.define("bash", "-c", script))
    cluster.printed(arn, "ready")
    assert cluster.task(arn)["lastStatus"] == "RUNNING"
    cluster.stop(arn)
    stopping = cluster.task(arn)
    assert (stopping["lastStatus"], stopping["desiredStatus"]) == ("STOPPING", "STOPPED")
    assert "exitCode" not in stopping["containers"][0]
    assert cluster.ended(arn) == (7, "UserInitiated", "no longer wanted")
    cluster.stop(arn)
    assert cluster.ended(arn) == (7, "UserInitiated", "no longer wanted")


def test_a_task_that_does_not_end_when_asked_is_killed_after_its_stop_timeout(cluster: Cluster) -> None:
    script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    arn = cluster.run(cluster.define("bash", "-c", script, stopTimeout=1))
    cluster.printed(arn, "ready")
    cluster.stop(arn)
    assert cluster.ended(arn)[:2] == (137, "UserInitiated")


def test_what_a_task_has_started_ends_with_it(cluster: Cluster) -> None:
    arn = cluster.run(cluster.define("sh", "-c", "sleep 60 & echo $!"))
    assert cluster.ended(arn)[0] == 0
    child = int(cluster.log(arn).read_text("utf-8"))
    until(lambda: not is_alive(child))


def test_tasks_beyond_the_capacity_wait_and_can_be_stopped(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster.cloud.fargate, "most_tasks", 0)
    definition = cluster.define("true")
    waiting, unwanted = cluster.run(definition), cluster.run(definition)
    cluster.stop(unwanted)
    assert cluster.ended(unwanted)[:2] == (None, "UserInitiated")
    task = cluster.task(waiting)
    assert task["lastStatus"] == "PROVISIONING"
    assert "exitCode" not in task["containers"][0]
    monkeypatch.undo()
    assert cluster.ended(waiting)[0] == 0


def test_what_a_task_prints_is_in_its_log_stream_also_a_last_line_without_end(cluster: Cluster) -> None:
    group = f"/tasks/{uuid.uuid4().hex}"
    options = {"awslogs-group": group, "awslogs-stream-prefix": "prefix", "awslogs-region": "eu-west-1"}
    definition = cluster.define(
        "printf", "first\n\nthird", logConfiguration={"logDriver": "awslogs", "options": options}
    )
    arn = cluster.run(definition)
    cluster.ended(arn)
    told = cluster.client("logs").get_log_events(
        logGroupName=group, logStreamName=f"prefix/run/{arn.rpartition('/')[2]}"
    )
    assert [each["message"] for each in told["events"]] == ["first", " ", "third"]


def test_a_task_learns_which_it_is(cluster: Cluster) -> None:
    script = (
        "import json, os, urllib.request as r; at = os.environ['ECS_CONTAINER_METADATA_URI_V4'];"
        "print(json.dumps([json.load(r.urlopen(at + path)) for path in ('', '/task')]))"
    )
    definition = cluster.define("python", "-c", script)
    arn = cluster.run(definition)
    assert cluster.ended(arn)[0] == 0
    container, task = json.loads(cluster.log(arn).read_text("utf-8"))
    family, _, revision = definition.rpartition("/")[2].partition(":")
    assert container["Name"] == "run"
    assert task["TaskARN"] == arn
    assert task["Cluster"].endswith(f"cluster/{cluster.name}")
    assert (task["Family"], task["Revision"]) == (family, revision)


def test_the_end_of_the_fargate_ends_every_process_and_tells_it(cluster: Cluster, tmp_path: Path) -> None:
    with fargate_elsewhere(cluster, tmp_path) as elsewhere:
        arn = elsewhere.run(elsewhere.define("sh", "-c", "sleep 60 & echo $! $$; wait"))
        elsewhere.printed(arn, "\n")
    processes = [int(each) for each in elsewhere.log(arn).read_text("utf-8").split()]
    assert len(processes) == 2
    until(lambda: not any(map(is_alive, processes)))
    assert elsewhere.ended(arn)[:2] == (143, "UserInitiated")
    with fargate_elsewhere(cluster, tmp_path):
        assert elsewhere.ended(arn)[:2] == (143, "UserInitiated")


def test_a_service_has_one_task_again_when_that_dies_until_none_is_desired(
    cluster: Cluster, tmp_path: Path
) -> None:
    with fargate_elsewhere(cluster, tmp_path) as elsewhere:
        ecs = elsewhere.client("ecs")
        service = {"cluster": elsewhere.name, "service": "sleeper"}
        ecs.create_service(
            cluster=elsewhere.name,
            serviceName="sleeper",
            taskDefinition=elsewhere.define("sleep", "60"),
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration=elsewhere.network,
        )

        def running() -> list[int]:
            arns = ecs.list_tasks(cluster=elsewhere.name)["taskArns"]
            found = [elsewhere.cloud.fargate.process_of(arn) for arn in arns]
            return [pid for pid in found if pid is not None and is_alive(pid)]

        (first,) = until(running)
        os.kill(first, signal.SIGKILL)
        (second,) = until(lambda: [pid for pid in running() if pid != first])
        changed = elsewhere.define("sleep", "61")
        ecs.update_service(**service, taskDefinition=changed)
        until(lambda: not is_alive(second) and len(running()) == 1)
        ecs.update_service(**service, desiredCount=0)
        until(lambda: not running())
        told = ecs.describe_services(cluster=elsewhere.name, services=["sleeper"])["services"][0]
        assert (told["runningCount"], told["pendingCount"]) == (0, 0)
