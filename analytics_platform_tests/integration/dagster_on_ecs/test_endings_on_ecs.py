"""Every way in which the task of a run can end: a known state, told once, repeated if a worker was lost."""

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dagster as dg
import pytest
from dagster import DagsterEventType

from analytics_platform_tests.integration.cloud import emulated_cloud
from analytics_platform_tests.integration.dagster_on_ecs.ecs_stack import Daemon, Stack, ecs_stack
from analytics_platform_tests.integration.dagster_on_ecs.jobs_under_test import LAST_WORDS
from analytics_platform_tests.integration.dagster_on_ecs.shipped import database_environment
from analytics_platform_tests.integration.postgres import PostgresServer

pytestmark = pytest.mark.slow

SUCCESS, FAILURE, CANCELED = (
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
)
SENSOR_SECONDS = 31.0
QUICK_START = {"run_monitoring": {"start_timeout_seconds": 2}}


@dataclass(frozen=True)
class Aftermath:
    """What is left when all the runs have ended."""

    daemon: Daemon
    runs: Mapping[str, str]
    alerts: list[dict[str, str]]
    revisions: tuple[list[str], list[str]]

    def states(self, case: str) -> list[dg.DagsterRunStatus]:
        """List how the attempts ended, first to last."""
        return [run.status for run in self.daemon.attempts(self.runs[case])]

    def told(self, case: str) -> list[str]:
        """List the errors that were told of all attempts."""
        ids = {run.run_id for run in self.daemon.attempts(self.runs[case])}
        return [alert["error"] for alert in self.alerts if alert["run_id"] in ids]

    def message(self, case: str) -> str:
        """Return why the first attempt is said to have failed."""
        events = self.daemon.instance.all_logs(self.runs[case], of_type=DagsterEventType.RUN_FAILURE)
        return " ".join(event.message for event in events)


@pytest.fixture(scope="module")
def stack(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with (
        emulated_cloud() as cloud,
        ecs_stack(
            cloud, database_environment(postgres.new_database()), tmp_path_factory.mktemp("ecs")
        ) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def aftermath(stack: Stack) -> Iterator[Aftermath]:
    with stack.daemon() as daemon:
        before = stack.revisions()
        daemon.turn()
        daemon.turn_sensors()
        looked = time.monotonic()
        runs = {job: daemon.submit(job) for job in ("dies_at_first", "dies_always", "fails", "leaves")}
        runs |= {case: daemon.submit("waits") for case in ("canceled", "taken away")}
        for case in ("canceled", "taken away"):
            daemon.until_started(runs[case])
        assert daemon.instance.run_launcher.terminate(runs["canceled"])
        ecs, tags = stack.cloud.client("ecs"), daemon.run(runs["taken away"]).tags
        ecs.stop_task(cluster=tags["ecs/cluster"], task=tags["ecs/task_arn"], reason="Spot interruption")
        daemon.until_finished(*runs.values())
        with stack.daemon(QUICK_START) as impatient:
            kwargs = json.dumps({"taskDefinition": stack.broken})
            told = {"ecs/run_task_kwargs": kwargs, "dagster/max_retries": "0"}
            runs["never started"] = impatient.submit("works", told)
            impatient.until_finished(runs["never started"])
        for _ in range(2):  # the second look finds nothing new
            time.sleep(max(0.0, looked + SENSOR_SECONDS - time.monotonic()))
            looked = time.monotonic()
            daemon.turn_sensors()
        lines = stack.alerts.read_text("utf-8").splitlines()
        yield Aftermath(daemon, runs, [json.loads(line) for line in lines], (before, stack.revisions()))


def test_a_killed_worker_is_a_failure_with_its_last_words_and_is_run_again_once(aftermath: Aftermath) -> None:
    assert aftermath.states("dies_at_first") == [FAILURE, SUCCESS]
    assert "exit code 137" in aftermath.message("dies_at_first")
    assert LAST_WORDS in aftermath.message("dies_at_first")
    assert aftermath.told("dies_at_first") == []


def test_a_worker_that_dies_every_time_is_told_once_when_no_retry_is_left(aftermath: Aftermath) -> None:
    assert aftermath.states("dies_always") == [FAILURE, FAILURE]
    (told,) = aftermath.told("dies_always")
    assert "exit code 137" in told


def test_a_failed_step_is_told_and_not_repeated(aftermath: Aftermath) -> None:
    assert aftermath.states("fails") == [FAILURE]
    (told,) = aftermath.told("fails")
    assert "row 3 of prices.csv has no date" in told


def test_a_worker_that_leaves_without_an_end_is_failed_after_the_longest_time(aftermath: Aftermath) -> None:
    assert aftermath.states("leaves") == [FAILURE]
    assert len(aftermath.told("leaves")) == 1


def test_a_canceled_run_is_canceled_and_neither_told_nor_repeated(aftermath: Aftermath) -> None:
    assert aftermath.states("canceled") == [CANCELED]
    assert aftermath.told("canceled") == []
    task = aftermath.daemon.task(aftermath.runs["canceled"])
    assert task["lastStatus"] == "STOPPED"


def test_a_task_that_is_taken_away_is_run_again(aftermath: Aftermath) -> None:
    assert aftermath.states("taken away") == [FAILURE, SUCCESS]
    assert aftermath.told("taken away") == []


def test_a_task_that_never_starts_is_failed_after_the_start_timeout(aftermath: Aftermath) -> None:
    assert aftermath.states("never started") == [FAILURE]
    assert "taking longer than 2 seconds to start" in aftermath.message("never started")
    assert len(aftermath.told("never started")) == 1


def test_a_new_daemon_takes_up_what_the_old_one_left(stack: Stack) -> None:
    with stack.daemon() as old:
        old.turn()
        started = old.submit("waits")
        old.until_started(started)
        queued = old.submit("works")
        worker = stack.cloud.fargate.process_of(old.run(started).tags["ecs/task_arn"])
    assert worker is not None
    os.kill(worker, signal.SIGKILL)  # while no daemon is there to see it
    with stack.daemon() as new:
        new.until_finished(started, queued)
        assert [run.status for run in new.attempts(started)] == [FAILURE, SUCCESS]
        assert [run.status for run in new.attempts(queued)] == [SUCCESS]


def test_no_run_and_no_retry_has_registered_a_task_definition(aftermath: Aftermath) -> None:
    before, after = aftermath.revisions
    assert after == before
