"""Dagster on the emulated ECS: the shipped instance, and its daemon turned by hand. No test."""

import itertools
import logging
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import PythonFileTarget
from dagster._daemon.auto_run_reexecution.event_log_consumer import EventLogConsumerDaemon
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon
from dagster._daemon.sensor import execute_sensor_iteration

from analytics_platform.local_aws.fargate import MISSING_IMAGE
from analytics_platform_tests.integration.cloud import Cloud
from analytics_platform_tests.integration.dagster_on_ecs.shipped import shipped, write_home

JOBS = Path(__file__).with_name("jobs_under_test.py")
_LOCATION = "jobs_under_test"
_LONGEST_SECONDS = 300.0


class Daemon:
    """What the daemon does, one round at a time: queue, monitoring, retries."""

    def __init__(self, context: WorkspaceProcessContext, cloud: Cloud) -> None:
        self.context, self.cloud = context, cloud
        self.instance = context.instance
        self._queue = QueuedRunCoordinatorDaemon(interval_seconds=1)
        self._retries = EventLogConsumerDaemon()
        self._log = logging.getLogger("daemon under test")

    def turn(self) -> None:
        """Do one round."""
        for faults in (
            self._queue.run_iteration(self.context),
            execute_run_monitoring_iteration(self.context, self._log),
            self._retries.run_iteration(self.context),
        ):
            assert [each for each in faults if each] == []

    def turn_sensors(self) -> None:
        """Let every sensor look once that has not looked for its interval."""
        assert [each for each in execute_sensor_iteration(self.context, self._log, None, None) if each] == []

    def submit(self, job: str, tags: Mapping[str, str] | None = None) -> str:
        """Put a run of a job into the queue; return its id."""
        request = self.context.create_request_context()
        location = request.get_code_location(_LOCATION)
        repository = location.get_repository("__repository__")
        remote = repository.get_full_job(job)
        plan = location.get_execution_plan(
            remote, {}, step_keys_to_execute=None, known_state=None, instance=self.instance
        )
        run = self.instance.create_run(
            job_name=job,
            run_id=None,
            run_config={},
            status=None,
            tags={**remote.tags, **(tags or {})},
            root_run_id=None,
            parent_run_id=None,
            step_keys_to_execute=None,
            execution_plan_snapshot=plan.execution_plan_snapshot,
            job_snapshot=remote.job_snapshot,
            parent_job_snapshot=None,
            resolved_op_selection=None,
            op_selection=None,
            asset_selection=None,
            asset_check_selection=None,
            remote_job_origin=remote.get_remote_origin(),
            job_code_origin=remote.get_python_origin(),
            asset_graph=repository.asset_graph,
        )
        return self.instance.submit_run(run.run_id, request).run_id

    def run(self, run_id: str) -> DagsterRun:
        """Return a run as it is now."""
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run

    def until_finished(self, *run_ids: str) -> None:
        """Turn until all these runs, and the retries of them that are due, have ended."""
        deadline = time.monotonic() + _LONGEST_SECONDS
        while waited_for := [each for each in run_ids if not self._is_over(each)]:
            assert time.monotonic() < deadline, [self.run(each) for each in waited_for]
            self.turn()
            time.sleep(0.3)

    def until_started(self, run_id: str) -> None:
        """Turn until a worker has taken up a run."""
        deadline = time.monotonic() + _LONGEST_SECONDS
        while self.run(run_id).status != dg.DagsterRunStatus.STARTED:
            assert time.monotonic() < deadline
            self.turn()
            time.sleep(0.3)

    def attempts(self, run_id: str) -> list[DagsterRun]:
        """Return a run and its retries, oldest first."""
        group = self.instance.get_run_group(run_id)
        runs = [self.run(run_id)] if group is None else list(group[1])
        return sorted(runs, key=lambda run: int(run.tags.get("dagster/retry_number", "0")))

    def task(self, run_id: str) -> dict[str, Any]:
        """Return what ECS tells of the task of a run."""
        tags = self.run(run_id).tags
        told = self.cloud.client("ecs").describe_tasks(
            cluster=tags["ecs/cluster"], tasks=[tags["ecs/task_arn"]], include=["TAGS"]
        )
        return dict(told["tasks"][0])

    def _is_over(self, run_id: str) -> bool:
        run = self.run(run_id)
        if run.tags.get("dagster/will_retry") == "true":
            retry = run.tags.get("dagster/auto_retry_run_id")
            return retry is not None and self._is_over(retry)
        return run.is_finished


@dataclass(frozen=True)
class Stack:
    """A cluster, a task definition, a bucket, a database, and a task that stands for the daemon.

    Attributes
    ----------
    cloud : Cloud
        The emulation.
    folder : Path
        Where the instance and the alerts are.
    definition, broken : str
        ARN of the task definition of all runs, and of one whose image is missing.
    subnet, group : str
        Where the daemon is.
    bucket : str
        Of compute logs.
    """

    cloud: Cloud
    folder: Path
    definition: str
    broken: str
    subnet: str
    group: str
    bucket: str

    @property
    def alerts(self) -> Path:
        """File that alerts are appended to."""
        return self.folder / "alerts.jsonl"

    def revisions(self) -> list[str]:
        """List all revisions of all task definitions."""
        return sorted(self.cloud.client("ecs").list_task_definitions()["taskDefinitionArns"])

    @contextmanager
    def daemon(self, changes: Mapping[str, Any] | None = None) -> Iterator[Daemon]:
        """Open the shipped instance, with changes, and the code location."""
        told = {"code_servers": {"wait_for_local_processes_on_shutdown": True}, **(changes or {})}
        home = write_home(self.folder / f"home_{uuid.uuid4().hex[:8]}", shipped("dagster.aws.yaml", told))
        target = PythonFileTarget(
            python_file=str(JOBS), attribute=None, working_directory=None, location_name=_LOCATION
        )
        with (
            dg.DagsterInstance.from_config(str(home)) as instance,
            WorkspaceProcessContext(instance, target) as context,
        ):
            yield Daemon(context, self.cloud)


@contextmanager
def ecs_stack(cloud: Cloud, database: Mapping[str, str], folder: Path) -> Iterator[Stack]:
    """Make what the infrastructure makes, and let this process be the task of the daemon."""
    name = f"dagster-{uuid.uuid4().hex[:8]}"
    ecs, ec2, s3 = map(cloud.client, ("ecs", "ec2", "s3"))
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": cloud.region})
    cluster = ecs.create_cluster(clusterName=name)["cluster"]["clusterArn"]
    definition = register(cloud, name, {"image": "slim"})
    stack = Stack(
        cloud=cloud,
        folder=folder,
        definition=definition,
        broken=register(cloud, f"{name}-broken", {"image": MISSING_IMAGE}),
        subnet=subnet,
        group=group,
        bucket=name,
    )
    told = 'echo "$ECS_CONTAINER_METADATA_URI_V4"; exec sleep 3600'
    service = register(cloud, f"{name}-daemon", {"image": "slim", "command": ["sh", "-c", told]})
    network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
    task = ecs.run_task(
        cluster=cluster, taskDefinition=service, launchType="FARGATE", networkConfiguration=network
    )["tasks"][0]["taskArn"]
    with pytest.MonkeyPatch.context() as variables:
        for variable, value in {
            **database,
            "DAGSTER_LOGS_BUCKET": name,
            "DAGSTER_RUN_TASK_DEFINITION": definition,
            "ALERTS_UNDER_TEST": str(stack.alerts),
            "ECS_CONTAINER_METADATA_URI_V4": _printed(cloud, task),
        }.items():
            variables.setenv(variable, value)
        try:
            yield stack
        finally:
            ecs.stop_task(cluster=cluster, task=task)


def register(cloud: Cloud, family: str, container: Mapping[str, Any]) -> str:
    """Register a task definition of one container; return the ARN of its revision."""
    options = {"awslogs-group": family, "awslogs-stream-prefix": "run", "awslogs-region": cloud.region}
    made = cloud.client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="1024",
        memory="2048",
        containerDefinitions=[
            {
                **container,
                "name": "run",
                "stopTimeout": 20,
                "logConfiguration": {"logDriver": "awslogs", "options": options},
            }
        ],
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def _printed(cloud: Cloud, task: str) -> str:
    """Return the first line that a task has printed."""
    file = cloud.fargate.logs / f"{task.rpartition('/')[2]}.log"
    for _ in itertools.takewhile(lambda seconds: seconds < _LONGEST_SECONDS, itertools.count(0, 0.1)):
        if file.exists() and (text := file.read_text("utf-8")).endswith("\n"):
            return text.splitlines()[0]
        time.sleep(0.1)
    message = "the task of the daemon has not started"
    raise AssertionError(message)
