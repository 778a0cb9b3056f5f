"""What tasks are told is what settings, Dagster and the slim container read, and all that they need."""

import json
import os
import re
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import typer

from analytics_platform.cli.app import app
from analytics_platform.cli.service_start import variables_of
from analytics_platform.defs.run_sizes import RUN_SIZES, RunSize
from analytics_platform.settings import Settings
from infra.tests.conftest import Templates
from infra.tests.task_definitions import Task, is_sold, tasks

ROOT = Path(__file__).resolve().parents[2]
SLIM = ROOT / "docker" / "slim"
INSTANCE, WORKSPACE = ROOT / "docker" / "dagster.aws.yaml", ROOT / "docker" / "workspace.aws.yaml"

ALL = ("run", "code-server", "daemon", "webserver", "viewer", "api")
WITH_WORKSPACE = ("daemon", "webserver", "viewer")
READ_BY_LIBRARIES = {
    "AWS_DEFAULT_REGION": "boto3 and the AWS CLI",
    "HOME": "the AWS CLI",
    "PGPASSWORD": "libpq, for the ledger",
    "PGSSLMODE": "libpq",
    "PGSSLROOTCERT": "libpq",
    "DAGSTER_HOME": "the health check of the daemon",
}
ONLY_THE_API = ("ANALYTICS_SESSION_SECRET",)

every_task = pytest.mark.parametrize("name", ALL)


@pytest.fixture
def told(templates: Templates) -> dict[str, Task]:
    return tasks(templates["orchestration"], templates["api"])


def _given(task: Task) -> dict[str, str]:
    return {**task.environment, **dict.fromkeys(task.secrets, "s" * 40)}


def _settings(task: Task, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings that a process of the task reads, from nothing but its environment."""
    for name in [name for name in os.environ if name.startswith("ANALYTICS_")]:  # noqa: TID251 - emptied
        monkeypatch.delenv(name)
    for name, value in _given(task).items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_these_are_all_task_definitions(told: dict[str, Task]) -> None:
    assert set(told) == set(ALL)


@every_task
def test_no_variable_is_given_that_nobody_reads(told: dict[str, Task], name: str) -> None:
    settings = {f"ANALYTICS_{field.upper()}" for field in Settings.model_fields}
    dagster = variables_of(INSTANCE) | variables_of(WORKSPACE)
    slim = set(re.findall(r'"([A-Z_]{4,})"', (SLIM / "configuration.py").read_text("utf-8")))
    assert not set(_given(told[name])) - settings - dagster - slim - set(READ_BY_LIBRARIES)


@every_task
def test_the_settings_are_whole(told: dict[str, Task], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    of = _settings(told[name], monkeypatch)
    assert (of.profile, of.home) == ("aws", Path("/srv/analytics"))
    assert of.has_redshift_credentials
    assert of.landing_url == "s3://analytics-dev-landing-111122223333-eu-central-1"
    ledger = sa.make_url(of.ledger_url)
    assert (ledger.database, ledger.port, ledger.password) == ("ledger", 5432, None)
    assert of.lake_url.endswith("/lake")
    assert of.materialize_machine is not None
    assert of.materialize_machine.endswith(":stateMachine:analytics-dev-materialize")
    assert str(of.dagster_home) == _given(told[name])["DAGSTER_HOME"]


@every_task
def test_the_instance_of_dagster_lacks_no_variable(told: dict[str, Task], name: str) -> None:
    needed = variables_of(INSTANCE) | (variables_of(WORKSPACE) if name in WITH_WORKSPACE else set())
    assert not needed - set(_given(told[name]))


@every_task
def test_the_slim_container_takes_what_it_is_told(
    told: dict[str, Task], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(SLIM)
    slim = import_module("configuration")
    monkeypatch.delitem(sys.modules, "configuration")
    task = told[name]
    # A run is given its command by the launcher, a task of a fan-out by its state machine.
    read = slim.configuration(_given(task), task.container.get("Command", ["dagster"]))
    for archive in (read.environment, read.code):
        assert archive.bucket == "analytics-dev-archives-111122223333-eu-central-1"
        assert archive.key.endswith(f"-{archive.sha256[:16]}.tar.gz"), "named as the packer names it"
    assert (read.logs.bucket, read.logs.key) == ("analytics-dev-logs-111122223333-eu-central-1", "slim")


@every_task
def test_passwords_come_from_secrets_manager_only(told: dict[str, Task], name: str) -> None:
    task = told[name]
    expected = {"PGPASSWORD", "DAGSTER_POSTGRES_PASSWORD", *(ONLY_THE_API if name == "api" else ())}
    assert set(task.secrets) == expected
    assert not [each for each in task.environment if re.search(r"PASSWORD|SECRET|TOKEN|_KEY$", each)]
    assert task.secrets["PGPASSWORD"] == task.secrets["DAGSTER_POSTGRES_PASSWORD"]
    assert task.secrets["PGPASSWORD"].endswith(":password::")


def test_postgresql_is_checked_by_a_file_that_the_image_holds(told: dict[str, Task]) -> None:
    copied = "COPY certificates /opt/slim/certificates" in (SLIM / "Dockerfile").read_text("utf-8")
    assert copied
    for task in told.values():
        assert task.environment["PGSSLMODE"] == "verify-full"
        assert task.environment["PGSSLROOTCERT"] == "/opt/slim/certificates/rds.pem"


def test_every_task_runs_the_one_image_by_its_digest(told: dict[str, Task]) -> None:
    (image,) = {json.dumps(task.container["Image"]) for task in told.values()}
    assert re.search(r"/analytics-dev-slim@sha256:[0-9a-f]{64}", image)


def test_a_container_may_do_no_more_than_its_program_needs(told: dict[str, Task]) -> None:
    for task in told.values():
        linux = task.container["LinuxParameters"]
        assert linux == {"Capabilities": {"Drop": ["ALL"]}, "InitProcessEnabled": True}
        assert not task.container.get("Privileged")
        assert task.properties["NetworkMode"] == "awsvpc"
        assert task.container["StopTimeout"] == 120, "a run tells its end within that"


def test_ecs_takes_the_definitions_and_cloudformation_the_templates(
    templates: Templates, told: dict[str, Task]
) -> None:
    for task in told.values():
        assert len(json.dumps(task.properties)) < 64 * 1024
    for name in ("orchestration", "api"):
        assert len(json.dumps(templates[name])) < 1_000_000
        assert len(templates[name]["Resources"]) < 500


def test_services_launch_one_revision_and_a_run_names_none(
    templates: Templates, told: dict[str, Task]
) -> None:
    run = told["run"]
    for name in ("code-server", *WITH_WORKSPACE):
        (value,) = [
            each["Value"]
            for each in told[name].container["Environment"]
            if each["Name"] == "DAGSTER_RUN_TASK_DEFINITION"
        ]
        assert value == {"Ref": run.resource}, "its revision"
    assert run.resource in templates["orchestration"]["Resources"]
    assert run.environment["DAGSTER_RUN_TASK_DEFINITION"] == run.properties["Family"]


@pytest.mark.parametrize("name", [name for name in ALL if name != "run"])
def test_the_command_of_a_service_is_one_that_the_platform_has(told: dict[str, Task], name: str) -> None:
    words = told[name].container["Command"]
    assert words[:3] == ["python", "-m", "analytics_platform.cli"]
    command: Any = typer.main.get_command(app)
    rest = words[3:]
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    command.make_context(name, rest)  # an option that there is not, or a wrong value, is an error


@pytest.mark.parametrize("name", [name for name in ALL if name != "run"])
def test_a_health_check_is_a_program_of_the_image_and_of_the_environment(
    told: dict[str, Task], name: str
) -> None:
    check = told[name].container["HealthCheck"]
    assert check["Command"][:5] == ["CMD", "/usr/local/bin/python3", "-E", "-s", "/opt/slim/healthy.py"]
    assert (SLIM / "healthy.py").is_file()
    python, flag, module = check["Command"][5:8]
    assert python == "python"
    assert flag == "-c" or find_spec(module) is not None
    port = {"code-server": "4000", "daemon": "", "api": "127.0.0.1:8000/health"}
    assert port.get(name, "127.0.0.1:3000/server_info") in " ".join(check["Command"])
    assert (check["Interval"], check["Timeout"], check["StartPeriod"], check["Retries"]) == (60, 30, 180, 3)


@every_task
def test_fargate_sells_the_size_of_a_task_definition(told: dict[str, Task], name: str) -> None:
    properties = told[name].properties
    assert is_sold(int(properties["Cpu"]), int(properties["Memory"]))


@pytest.mark.parametrize(("job", "size"), RUN_SIZES.items(), ids=RUN_SIZES)
def test_fargate_sells_the_size_of_the_runs_of_a_job(job: str, size: RunSize) -> None:
    assert is_sold(size.cpu, size.memory), job
    assert 20 <= size.storage_gib <= 200


@pytest.mark.parametrize(
    ("cpu", "memory", "is_one"),
    [(256, 2048, True), (256, 1536, False), (512, 512, False), (4096, 16384, True), (2048, 20480, False)],
)
def test_sizes_that_fargate_does_not_sell_are_known(cpu: int, memory: int, *, is_one: bool) -> None:
    assert is_sold(cpu, memory) is is_one
