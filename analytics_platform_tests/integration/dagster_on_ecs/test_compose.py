"""The layout of one machine, checked without Docker: what is published, who waits for whom, what is run."""

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from typer.testing import CliRunner

from analytics_platform.cli.app import app
from analytics_platform.cli.service_start import variables_of
from analytics_platform.settings import Settings
from analytics_platform_tests.integration.dagster_on_ecs.shipped import DOCKER
from analytics_platform_tests.integration.postgres import PostgresServer

COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
STAYING = [name for name, service in SERVICES.items() if service.get("restart") != "no"]
EXAMPLE = (DOCKER / "compose.env.example").read_text("utf-8")
VARIABLE = re.compile(r"\$\{(\w+)(:[?-][^}]*)?\}")

ours = pytest.mark.parametrize("name", OURS)


def test_the_layout_is_whole() -> None:
    assert SERVICES.keys() == {
        "postgres",
        "prepare",
        "code-server",
        "daemon",
        "webserver",
        "viewer",
        "api",
        "proxy",
    }
    assert set(COMPOSE["volumes"]) == {"database", "home"}
    for service in SERVICES.values():
        assert "image" in service
        assert "privileged" not in service


def test_only_the_proxy_is_published_and_on_loopback_only() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    for port in SERVICES["proxy"]["ports"]:
        assert str(port).startswith("127.0.0.1:")


@pytest.mark.parametrize("name", ["webserver", "viewer", "api"])
def test_what_has_no_login_can_be_reached_through_the_proxy_only(name: str) -> None:
    service = SERVICES[name]
    assert service["network_mode"] == "service:proxy"
    assert "--host" not in service["command"], "it listens on 127.0.0.1"
    port = service["command"][service["command"].index("--port") + 1]
    assert f"server 127.0.0.1:{port};" in (DOCKER / "proxy" / "site.conf").read_text("utf-8")


def test_the_webserver_of_viewers_only_reads() -> None:
    assert "--read-only" in SERVICES["viewer"]["command"]
    assert "--read-only" not in SERVICES["webserver"]["command"]


@ours
def test_a_command_is_one_of_ours(name: str) -> None:
    command = list(SERVICES[name]["command"])
    told = CliRunner().invoke(app, [*_words(command), "--help"])
    assert told.exit_code == 0, told.output
    for option in (word for word in command if word.startswith("--")):
        assert option in told.output


def _words(command: list[str]) -> list[str]:
    return command[: next((n for n, word in enumerate(command) if word.startswith("--")), len(command))]


@pytest.mark.parametrize("name", STAYING)
def test_who_stays_tells_whether_it_is_well(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert check["interval"].endswith("s")
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_nobody_starts_before_what_it_needs() -> None:
    needed = {
        name: {other: told["condition"] for other, told in service.get("depends_on", {}).items()}
        for name, service in SERVICES.items()
    }
    assert needed["prepare"] == {"postgres": "service_healthy"}
    assert needed["code-server"] == {"prepare": "service_completed_successfully"}
    for name in ("daemon", "webserver", "viewer"):
        assert needed[name]["code-server"] == "service_healthy"
    for others in needed.values():
        assert others.keys() <= SERVICES.keys()


def test_there_is_exactly_one_daemon() -> None:
    daemons = [name for name in OURS if SERVICES[name]["command"][:2] == ["service", "daemon"]]
    assert daemons == ["daemon"]
    assert SERVICES["daemon"]["deploy"] == {"replicas": 1}


def test_no_secret_is_written_down() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET", variable):
                assert VARIABLE.fullmatch(value), f"{name}: {variable}"
    for line in EXAMPLE.splitlines():
        if re.match(r"\w*(PASSWORD|SECRET)\w*=", line):
            assert line.endswith("="), "the example holds no secret"


def test_the_example_names_every_variable_that_is_put_in() -> None:
    asked = {match[1] for match in VARIABLE.finditer((DOCKER / "compose.yaml").read_text("utf-8"))}
    told = set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))
    assert asked == told


@ours
def test_a_service_has_what_its_configuration_reads(name: str) -> None:
    told = SERVICES[name]["environment"]
    template = DOCKER / Path(told["ANALYTICS_DAGSTER_TEMPLATE"]).name
    assert variables_of(template) | variables_of(DOCKER / "workspace.aws.yaml") <= told.keys()
    assert told["ANALYTICS_LEDGER_URL"].rpartition("/")[2] != told["DAGSTER_POSTGRES_DB"]


@ours
def test_the_settings_take_what_a_service_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    example = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE, re.MULTILINE))
    for variable, value in SERVICES[name]["environment"].items():
        put_in = VARIABLE.sub(lambda match: example[match[1]] or "s" * 32, value)
        monkeypatch.setenv(variable, put_in)
    of = Settings()
    assert of.ledger_url.startswith("postgresql://")
    if name == "api":
        assert of.access == "required"
        assert of.api_host == "127.0.0.1"
        assert of.session_secret is not None


def test_files_that_are_mounted_are_shipped() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (DOCKER / source).exists(), volume


def test_the_database_of_the_ledger_is_made_beside_that_of_dagster(postgres: PostgresServer) -> None:
    engine = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text((DOCKER / "postgres" / "databases.sql").read_text("utf-8")))
        assert connection.execute(sa.text("select 1 from pg_database where datname = 'ledger'")).scalar() == 1
        connection.execute(sa.text("drop database ledger"))
    engine.dispose()


def test_the_image_of_the_services_is_nobody_special() -> None:
    text = (DOCKER / "platform" / "Dockerfile").read_text("utf-8")
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert stages == ["${PYTHON_IMAGE}", "${PYTHON_IMAGE}"]
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    for source in re.findall(r"^COPY (?!--from)(\S+) ", text, re.MULTILINE):
        assert (DOCKER.parent / source).exists(), source
