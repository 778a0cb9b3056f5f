"""The shipped nginx configuration before real servers on this machine. No test."""

import base64
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import uvicorn
from fastapi import FastAPI

SHIPPED = Path(__file__).parents[2] / "docker" / "proxy"
OPERATORS, VIEWERS, API = "dagster-operators.example", "dagster.example", "analytics.example"
USER, PASSWORD = "ann", "only for this test"
JOB = "say_nothing"

_LONGEST_START_SECONDS = 120.0
_DEFINITIONS = f"""
import dagster as dg

@dg.op
def nothing() -> None:
    pass

@dg.job(executor_def=dg.in_process_executor)
def {JOB}() -> None:
    nothing()

defs = dg.Definitions(jobs=[{JOB}])
"""


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 if the connection was closed without an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Proxy:
    """A running nginx, and who stands behind it."""

    port: int
    webserver_port: int

    def ask(  # noqa: PLR0913 - a request has so many parts
        self,
        path: str,
        *,
        host: str = OPERATORS,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        login: str | None = f"{USER}:{PASSWORD}",
    ) -> Answer:
        """Send one request over TLS, by default as a user who may log in."""
        context = ssl._create_unverified_context()  # noqa: S323, SLF001 - a certificate of our own
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=60)
        sent = {"Host": f"{host}:{self.port}", **(headers or {})}
        if login is not None:
            sent["Authorization"] = f"Basic {_base64(login)}"
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError):
            return Answer(0, {}, b"")
        finally:
            connection.close()

    def origin(self, host: str = OPERATORS) -> str:
        """Return what a page of ours says where it comes from."""
        return f"https://{host}:{self.port}"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@contextmanager
def running_proxy(folder: Path, api: FastAPI) -> Iterator[Proxy]:
    """Start a webserver to change things with, one that only reads, the API, and nginx before all three."""
    with ExitStack() as stack:
        # Each with an instance of its own: two that make the same database at once break one another.
        operators = stack.enter_context(_webserver(_instance(folder / "operators")))
        viewers = stack.enter_context(_webserver(_instance(folder / "viewers"), "--read-only"))
        served = stack.enter_context(_served(api))
        for webserver in (operators, viewers):
            webserver.wait()
        port = free_port()
        configuration = _configuration(
            folder / "nginx", port, {"3000": operators.port, "3001": viewers.port, "8000": served}
        )
        stack.enter_context(_nginx(configuration, port))
        yield Proxy(port, operators.port)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _configuration(folder: Path, port: int, upstreams: Mapping[str, int]) -> Path:
    """Copy what is shipped; only addresses are this machine's."""
    shutil.copytree(SHIPPED, folder)
    site = folder / "site.conf"
    text = site.read_text(encoding="utf-8").replace("listen 8443 ssl", f"listen 127.0.0.1:{port} ssl")
    for shipped, here in upstreams.items():
        text, found = re.subn(rf"server 127\.0\.0\.1:{shipped};", f"server 127.0.0.1:{here};", text)
        assert found == 1, shipped
    site.write_text(text, encoding="utf-8")
    (folder / "tls").mkdir()
    _openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", str(folder / "tls" / "site.key"), "-out", str(folder / "tls" / "site.crt")),
        *("-subj", "/CN=example", "-days", "1"),
    )
    hashed = _openssl("passwd", "-6", PASSWORD).strip()
    for name in ("operators", "viewers"):
        (folder / f"{name}.htpasswd").write_text(f"{USER}:{hashed}\n", encoding="utf-8")
    return folder


def _openssl(*arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True)  # noqa: S603, S607 - fixed
    return done.stdout


@contextmanager
def _nginx(folder: Path, port: int) -> Iterator[None]:
    # As root the workers are nobody, who cannot read the folder of the test.
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    command = [nginx() or "nginx", "-p", f"{folder}/", "-c", str(folder / "nginx.conf"), *user]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        deadline = time.monotonic() + _LONGEST_START_SECONDS
        while not _is_open(port):
            assert process.poll() is None, "nginx ended: its message is above"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def nginx() -> str | None:
    """Return the program, if it is here."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")  # noqa: TID251 - where programs are


def _instance(folder: Path) -> Path:
    folder.mkdir()
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    (folder / "quiet.py").write_text(_DEFINITIONS, encoding="utf-8")
    return folder


@dataclass(frozen=True)
class _Webserver:
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self) -> None:
        """Wait until it answers."""
        _wait(f"http://127.0.0.1:{self.port}/server_info", lambda: self.process.poll() is None, self.log)


@contextmanager
def _webserver(instance: Path, *options: str) -> Iterator[_Webserver]:
    port = free_port()
    program = str(Path(sys.executable).parent / "dagster-webserver")
    where = ("-h", "127.0.0.1", "-p", str(port), "-f", str(instance / "quiet.py"))
    environment = {"PATH": os.defpath, "HOME": str(instance), "DAGSTER_HOME": str(instance)}
    log = instance / "webserver.log"
    with log.open("wb") as told:
        process = subprocess.Popen(  # noqa: S603 - ours
            [program, *where, *options], env=environment, cwd=instance, stdout=told, stderr=told
        )
    try:
        yield _Webserver(port, process, log)
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def _served(app: FastAPI) -> Iterator[int]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        _wait(f"http://127.0.0.1:{port}/health", thread.is_alive)
        yield port
    finally:
        server.should_exit = True
        thread.join(timeout=30)


def _wait(address: str, lives: Callable[[], bool], log: Path | None = None) -> None:
    deadline = time.monotonic() + _LONGEST_START_SECONDS
    while True:
        try:
            with urlopen(address, timeout=10):  # noqa: S310 - our own server
                return
        except (URLError, ConnectionError, TimeoutError):
            if time.monotonic() > deadline or not lives():
                pytest.fail(f"{address} does not answer\n{log.read_text() if log else ''}")
            time.sleep(0.1)


def launch(repository: str) -> bytes:
    """Return the body that launches the job."""
    query = (
        "mutation Launch($of: ExecutionParams!) { launchRun(executionParams: $of) "
        "{ __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"
    )
    selector = {
        "repositoryLocationName": repository,
        "repositoryName": "__repository__",
        "jobName": JOB,
    }
    variables = {"of": {"selector": selector, "runConfigData": "{}"}}
    return json.dumps({"query": query, "variables": variables}).encode()
