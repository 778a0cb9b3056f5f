"""A run in the slim container: the launcher's command passes through its entry point."""

import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from analytics_platform.archives.tars import write_tar
from analytics_platform_tests.integration.cloud import emulated_cloud
from analytics_platform_tests.integration.dagster_on_ecs.ecs_stack import Stack, ecs_stack, register
from analytics_platform_tests.integration.dagster_on_ecs.shipped import database_environment
from analytics_platform_tests.integration.local_aws.cluster import until
from analytics_platform_tests.integration.postgres import PostgresServer

ENTRY_POINT = Path(__file__).resolve().parents[3] / "docker" / "slim" / "entry_point.py"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stack(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    database = database_environment(postgres.new_database())
    with emulated_cloud() as cloud, ecs_stack(cloud, database, tmp_path_factory.mktemp("slim")) as made:
        yield made


def test_a_run_goes_through_the_entry_point_and_sees_the_code_of_its_archive(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "code.tar.gz"
    digest = write_tar({"sitecustomize.py": b"print('code of the archive')\n"}, code)
    variables = {
        "CODE_ARCHIVE": f"file://{code}?sha256={digest}",
        "SLIM_CACHE": str(tmp_path / "cache"),
        "COMMAND": "echo arguments win over this",
    }
    slim = register(
        stack.cloud,
        "slim-run",
        {
            "image": "slim",
            "entryPoint": [sys.executable, str(ENTRY_POINT)],
            "environment": [{"name": name, "value": value} for name, value in variables.items()],
        },
    )
    monkeypatch.setenv("DAGSTER_RUN_TASK_DEFINITION", slim)
    with stack.daemon() as daemon:
        runs = [daemon.submit("works") for _ in range(2)]
        daemon.until_finished(*runs)
        until(lambda: all(daemon.task(run)["lastStatus"] == "STOPPED" for run in runs))
        for run in runs:
            assert daemon.run(run).status == dg.DagsterRunStatus.SUCCESS
            assert daemon.task(run)["taskDefinitionArn"] == slim
        told = [
            (stack.cloud.fargate.logs / f"{daemon.task(run)['taskArn'].rpartition('/')[2]}.log").read_text()
            for run in runs
        ]
    assert all("code of the archive" in each for each in told)
    assert all('"slim": "end"' in each and '"exit_code": 0' in each for each in told), told
    assert not any("arguments win" in each for each in told)
    assert sum('"slim": "cached"' in each for each in told) == 1, "one of them found it unpacked"
