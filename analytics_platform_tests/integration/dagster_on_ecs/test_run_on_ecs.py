"""Runs that the shipped instance launches on the emulated ECS."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dagster as dg
import pytest

from analytics_platform.defs.run_sizes import RUN_SIZES
from analytics_platform_tests.integration.cloud import emulated_cloud
from analytics_platform_tests.integration.dagster_on_ecs.ecs_stack import Daemon, Stack, ecs_stack
from analytics_platform_tests.integration.dagster_on_ecs.shipped import database_environment
from analytics_platform_tests.integration.postgres import PostgresServer


@pytest.fixture(scope="module")
def stack(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with (
        emulated_cloud() as cloud,
        ecs_stack(
            cloud, database_environment(postgres.new_database()), tmp_path_factory.mktemp("ecs")
        ) as made,
    ):
        yield made


SIZES = ("ingest", "analytics")


@dataclass(frozen=True)
class Finished:
    """Two runs of different sizes, and the task definitions that there were before and after."""

    daemon: Daemon
    runs: Mapping[str, str]
    revisions: tuple[list[str], list[str]]


@pytest.fixture(scope="module")
def finished(stack: Stack) -> Iterator[Finished]:
    with stack.daemon() as daemon:
        before = stack.revisions()
        told = {"analytics/request": "r1"}
        runs = {size: daemon.submit("works", {**RUN_SIZES[size].tags, **told}) for size in SIZES}
        daemon.until_finished(*runs.values())
        yield Finished(daemon, runs, (before, stack.revisions()))


def test_runs_succeed_as_tasks_and_register_no_task_definition(stack: Stack, finished: Finished) -> None:
    for run in finished.runs.values():
        assert finished.daemon.run(run).status == dg.DagsterRunStatus.SUCCESS
        assert finished.daemon.task(run)["taskDefinitionArn"] == stack.definition
    before, after = finished.revisions
    assert after == before


@pytest.mark.parametrize("name", SIZES)
def test_a_task_has_the_size_of_its_job_and_the_network_of_the_daemon(
    name: str, stack: Stack, finished: Finished
) -> None:
    task, size = finished.daemon.task(finished.runs[name]), RUN_SIZES[name]
    overrides = task["overrides"]
    assert (overrides["cpu"], overrides["memory"]) == (str(size.cpu), str(size.memory))
    assert overrides.get("ephemeralStorage", {"sizeInGiB": 20})["sizeInGiB"] == size.storage_gib
    assert (task.get("capacityProviderName") == "FARGATE_SPOT") == size.spot
    assert {"key": "analytics/request", "value": "r1"} in task["tags"]
    network = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    assert network["subnetId"] == stack.subnet


def test_the_command_of_a_run_fits_into_what_ecs_takes(finished: Finished) -> None:
    longest = 8192
    spare = 1500  # for the longer names of a real account
    for run in finished.runs.values():
        assert len(json.dumps(finished.daemon.task(run)["overrides"])) < longest - spare


def test_what_a_run_prints_stands_in_the_bucket(stack: Stack, finished: Finished) -> None:
    s3, run = stack.cloud.client("s3"), finished.runs["ingest"]
    told = s3.list_objects_v2(Bucket=stack.bucket, Prefix="dagster/").get("Contents", [])
    mine = [each["Key"] for each in told if run in each["Key"] and each["Key"].endswith(".out")]
    assert len(mine) == 1
    assert f"worked {run}" in s3.get_object(Bucket=stack.bucket, Key=mine[0])["Body"].read().decode()
