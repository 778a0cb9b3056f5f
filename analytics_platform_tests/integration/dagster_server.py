"""Real processes of Dagster and of the actions on one data home, and faults between them. No test."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import urllib3

from analytics_platform_tests.integration.conftest import Installation, installation
from analytics_platform_tests.unit.api.actions.installed import closed_port

PATIENCE = 300.0
_RUNS = """
query Runs($tags: [ExecutionTag!]) {
  runsOrError(filter: {tags: $tags}) { ... on Runs { results { runId status tags { key value } } } }
}
"""

Answer = urllib3.BaseHTTPResponse


def ask(method: str, url: str, **more: object) -> Answer:
    """Put one question over HTTP."""
    return urllib3.request(method, url, retries=False, timeout=60.0, **more)  # type: ignore[arg-type]


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that comes sooner or later."""
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)


def is_up(url: str) -> bool:
    """Tell whether something answers."""
    with suppress(urllib3.exceptions.HTTPError):
        return ask("GET", url).status == 200
    return False


@contextmanager
def process(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command as a group of processes that ends with the block."""
    with log.open("wb") as out:
        started = subprocess.Popen(  # noqa: S603 - our own commands
            command, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            started.wait(5)
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


@dataclass(frozen=True)
class Dagster:
    """Webserver, daemon and code server on a data home of their own."""

    at: Installation
    url: str

    def runs(self, request_id: str) -> list[str]:
        """Return the runs that carry a request."""
        asked = {"query": _RUNS, "variables": {"tags": [{"key": "analytics/request", "value": request_id}]}}
        return [
            run["runId"]
            for run in ask("POST", f"{self.url}/graphql", json=asked).json()["data"]["runsOrError"]["results"]
        ]

    @contextmanager
    def api(self, dagster_url: str | None = None) -> Iterator["Api"]:
        """Serve the actions on the same home in a process of their own."""
        port = str(closed_port())
        home = self.at.settings.home
        module = "analytics_platform_tests.integration.button_server"
        command = [sys.executable, "-m", module, str(home), port, dagster_url or self.url]
        with process(command, self.at.environment(), home / f"api-{port}.log") as started:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: is_up(f"{url}/health"))
            yield Api(url, started)


@dataclass(frozen=True)
class Api:
    """The actions, served."""

    url: str
    process: subprocess.Popen[bytes]

    def materialize(
        self, key: str, *assets: str, job: str | None = None, session: str = "2013-03-01"
    ) -> Answer:
        """Press the button."""
        what: dict[str, object] = {"job": job} if job else {"assets": list(assets)}
        body = {"session": session, **what}
        return ask("POST", f"{self.url}/materializations", json=body, headers={"Idempotency-Key": key})

    def state(self, request_id: str) -> dict[str, str]:
        """Return where a request stands."""
        told = ask("GET", f"{self.url}/materializations/{request_id}")
        assert told.status == 200, told.data
        return dict(told.json())

    def wait_for(self, request_id: str, *states: str) -> dict[str, str]:
        """Return a request when it has come to one of the states."""
        wait_until(lambda: self.state(request_id)["state"] in states)
        return self.state(request_id)


@contextmanager
def running_dagster(home: Path) -> Iterator[Dagster]:
    """Run ``analytics dev`` on an empty data home."""
    at, port = installation(home), closed_port()
    url = f"http://127.0.0.1:{port}"
    with process(at.command("dev", "--port", str(port)), at.environment(), home / "dagster.log"):
        wait_until(lambda: is_up(f"{url}/server_info"))
        yield Dagster(at, url)


Between = Callable[[bytes, Callable[[], bytes]], bytes | None]
"""What happens to a question: given it and what passes it on, returns the answer; None for none at all."""


@contextmanager
def between(url: str, happens: Between) -> Iterator[str]:
    """Stand between the actions and Dagster, and let something happen there."""

    class Proxy(BaseHTTPRequestHandler):
        """Passes on what it gets, if it gets that far."""

        def do_POST(self) -> None:
            """Pass one question on."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {"Content-Type": "application/json"}
            answer = happens(body, lambda: ask("POST", f"{url}/graphql", body=body, headers=headers).data)
            if answer is None:
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            with suppress(OSError):
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, *arguments: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
