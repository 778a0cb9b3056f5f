"""What is shipped is what Dagster takes: every configuration is loaded by it, and says what it should."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.launcher import DefaultRunLauncher
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster_aws.ecs import EcsRunLauncher
from dagster_aws.s3 import S3ComputeLogManager
from dagster_postgres import PostgresRunStorage

from analytics_platform.cli.service_start import variables_of
from analytics_platform.defs.instance import prepare_instance
from analytics_platform.defs.instance_storage import StorageError
from analytics_platform_tests.integration.cloud import emulated_cloud
from analytics_platform_tests.integration.dagster_on_ecs.ecs_stack import Stack, ecs_stack
from analytics_platform_tests.integration.dagster_on_ecs.shipped import (
    DOCKER,
    database_environment,
    shipped,
    write_home,
)
from analytics_platform_tests.integration.postgres import PostgresServer

INSTANCES = sorted(path.name for path in DOCKER.glob("dagster*.yaml"))
SERVICES = 4
PREPARE = """
import sys
from pathlib import Path
from analytics_platform.defs.instance import prepare_instance
print("ready", flush=True)
sys.stdin.readline()
prepare_instance(Path(sys.argv[1]), Path(sys.argv[2])).dispose()
"""


@pytest.fixture(scope="module")
def stack(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with (
        emulated_cloud() as cloud,
        ecs_stack(
            cloud, database_environment(postgres.new_database()), tmp_path_factory.mktemp("ecs")
        ) as made,
    ):
        yield made


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("name", INSTANCES)
def test_dagster_loads_what_is_shipped(name: str, tmp_path: Path) -> None:
    with prepare_instance(DOCKER / name, tmp_path) as instance:
        assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_resume_run_attempts == 0
        assert 0 < instance.run_monitoring_start_timeout_seconds <= 600
        assert instance.run_monitoring_max_runtime_seconds > 0
        assert instance.run_retries_enabled
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        concurrency = instance.get_concurrency_config()
        assert concurrency.pool_config.default_pool_limit == 1
        assert concurrency.run_queue_config is not None
        assert 0 < concurrency.run_queue_config.max_concurrent_runs <= 10


def test_the_instance_of_aws_keeps_nothing_on_the_disk_of_a_task(stack: Stack, tmp_path: Path) -> None:
    with prepare_instance(DOCKER / "dagster.aws.yaml", tmp_path) as instance:
        assert isinstance(instance.run_storage, PostgresRunStorage)
        assert isinstance(instance.compute_log_manager, S3ComputeLogManager)
        launcher = instance.run_launcher
        assert isinstance(launcher, EcsRunLauncher)
        assert launcher.task_definition == stack.definition, "by revision: a family could change under a run"
        assert launcher.secrets_tags == []


@pytest.mark.usefixtures("stack")
def test_the_instance_of_compose_runs_in_its_code_server(tmp_path: Path) -> None:
    with prepare_instance(DOCKER / "dagster.compose.yaml", tmp_path) as instance:
        assert isinstance(instance.run_storage, PostgresRunStorage)
        assert isinstance(instance.run_launcher, DefaultRunLauncher)


@pytest.mark.usefixtures("stack")
def test_runs_that_replace_marts_wait_for_each_other(tmp_path: Path) -> None:
    for name in ("dagster.aws.yaml", "dagster.compose.yaml"):
        with prepare_instance(DOCKER / name, tmp_path / name) as instance:
            queue = instance.get_concurrency_config().run_queue_config
            assert queue is not None
            assert queue.tag_concurrency_limits == [{"key": "analytics/writes", "value": "marts", "limit": 1}]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("run_monitoring", "start_timeout_seconds"), {"env": "X"}),
        (("run_monitoring", "start_timeout"), 3),
        (("run_launcher", "config", "task_definitions"), "x"),
    ],
    ids=["a variable for a number", "an unknown name", "an unknown name in the launcher"],
)
@pytest.mark.usefixtures("stack")
def test_dagster_refuses_what_it_does_not_know(path: tuple[str, ...], wrong: object, tmp_path: Path) -> None:
    change: Any = wrong
    for name in reversed(path):
        change = {name: change}
    home = write_home(tmp_path, shipped("dagster.aws.yaml", change))
    with pytest.raises(dg.DagsterInvalidConfigError), dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.run_launcher


@pytest.mark.slow
def test_services_that_start_together_make_one_schema(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.new_database()
    environment = {"PATH": os.defpath, **database_environment(url)}
    template = DOCKER / "dagster.compose.yaml"
    services = [
        subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-c", PREPARE, str(template), str(tmp_path / str(number))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for number in range(SERVICES)
    ]
    for service in services:
        assert service.stdout is not None
        assert service.stdout.readline() == "ready\n"
    for service in services:
        assert service.stdin is not None
        service.stdin.write("go\n")
        service.stdin.flush()
    told = [service.communicate(timeout=120)[1] for service in services]
    assert [service.returncode for service in services] == [0] * SERVICES, told
    assert "Retrying failed database creation" not in "".join(told)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert len(connection.execute(sa.text("select version_num from alembic_version")).all()) == 1
        tables = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    assert tables >= {"runs", "event_logs", "instigators", "secondary_indexes"}


@pytest.mark.slow
def test_a_database_that_does_not_answer_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = {
        **database_environment(f"postgresql://postgres@/nothing?host={tmp_path}"),
        "DAGSTER_POSTGRES_HOST": "127.0.0.1",
        "DAGSTER_POSTGRES_PORT": "1",
    }
    for name, value in nobody.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StorageError, match=r"check the DAGSTER_POSTGRES_\.\.\. variables") as told:
        prepare_instance(DOCKER / "dagster.aws.yaml", tmp_path)
    assert "\n" not in str(told.value)


def test_the_variables_of_a_configuration_are_known() -> None:
    assert variables_of(DOCKER / "dagster.aws.yaml") == {
        "DAGSTER_LOGS_BUCKET",
        "DAGSTER_POSTGRES_DB",
        "DAGSTER_POSTGRES_HOST",
        "DAGSTER_POSTGRES_PASSWORD",
        "DAGSTER_POSTGRES_PORT",
        "DAGSTER_POSTGRES_USER",
        "DAGSTER_RUN_TASK_DEFINITION",
    }
    assert variables_of(DOCKER / "workspace.aws.yaml") == {
        "DAGSTER_CODE_SERVER_HOST",
        "DAGSTER_CODE_SERVER_PORT",
    }
    assert variables_of(DOCKER / "dagster.local.yaml") == set()
