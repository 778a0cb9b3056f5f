"""`analytics service ...` as real processes on PostgreSQL: they start, are well, and end when told."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from analytics_platform_tests.integration.dagster_on_ecs.shipped import DOCKER, database_environment
from analytics_platform_tests.integration.postgres import PostgresServer
from analytics_platform_tests.integration.proxy import free_port, launch

LONGEST_SECONDS = 180.0
ANALYTICS = (sys.executable, "-m", "analytics_platform.cli")
REPOSITORIES = b'{"query": "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"}'


def _environment(home: Path, database: str, port: int) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "ANALYTICS_HOME": str(home),
        "ANALYTICS_DAGSTER_TEMPLATE": str(DOCKER / "dagster.compose.yaml"),
        "DAGSTER_HOME": str(home / "dagster"),
        "DAGSTER_CODE_SERVER_HOST": "127.0.0.1",
        "DAGSTER_CODE_SERVER_PORT": str(port),
        **database_environment(database),
    }


def _run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own
        command, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )


@contextmanager
def _service(environment: dict[str, str], log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as told:
        process = subprocess.Popen(  # noqa: S603 - our own
            [*ANALYTICS, "service", *arguments], env=environment, stdout=told, stderr=told
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def _until_well(environment: dict[str, str], log: Path, *check: str) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while _run(environment, sys.executable, *check).returncode != 0:
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.5)


def test_a_service_tells_which_variables_it_lacks(tmp_path: Path) -> None:
    environment = {
        "PATH": os.defpath,
        "ANALYTICS_HOME": str(tmp_path),
        "ANALYTICS_DAGSTER_TEMPLATE": str(DOCKER / "dagster.compose.yaml"),
    }
    done = _run(environment, *ANALYTICS, "service", "daemon")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("set DAGSTER_CODE_SERVER_HOST, DAGSTER_CODE_SERVER_PORT, DAGSTER_POSTGRES_DB,")


@pytest.mark.slow
def test_the_services_start_together_are_well_and_end_when_told(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    code, web = free_port(), free_port()
    environment = _environment(tmp_path, postgres.new_database(), code)
    logs = {name: tmp_path / f"{name}.log" for name in ("code", "daemon", "webserver")}
    with (
        _service(environment, logs["code"], "code-server", "--port", str(code)) as code_server,
        _service(environment, logs["daemon"], "daemon") as daemon,
        _service(environment, logs["webserver"], "webserver", "--port", str(web), "--read-only") as webserver,
    ):
        grpc = ("-m", "dagster", "api", "grpc-health-check", "--host", "127.0.0.1", "--port", str(code))
        _until_well(environment, logs["code"], *grpc)
        _until_well(environment, logs["daemon"], "-m", "dagster._daemon", "liveness-check")
        address = f"http://127.0.0.1:{web}"
        _until_answered(f"{address}/server_info", webserver, logs["webserver"])

        second = _run(environment, *ANALYTICS, "service", "daemon")
        assert second.returncode == 2
        assert "another daemon runs on" in second.stderr
        assert "UnauthorizedError" in _asked(address, launch("analytics_platform.definitions"))
        assert "__repository__" in _asked(address, REPOSITORIES)

        for process in (webserver, daemon, code_server):
            process.send_signal(signal.SIGTERM)
        for process in (webserver, daemon, code_server):
            assert process.wait(timeout=30) in {0, -signal.SIGTERM, 128 + signal.SIGTERM}
    told = [json.loads(line) for line in logs["daemon"].read_text("utf-8").splitlines() if line[:1] == "{"]
    assert told, "one JSON object an event"
    assert _run(environment, *ANALYTICS, "service", "prepare", "--migrate").returncode == 0


def _until_answered(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while True:
        try:
            with urlopen(address, timeout=10):  # noqa: S310 - our own server
                return
        except (URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.3)


def _asked(address: str, body: bytes) -> str:
    request = Request(f"{address}/graphql", body, {"Content-Type": "application/json"})  # noqa: S310 - our own
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
        return str(answer.read().decode())
