"""Between the button and the emulated AWS: what refuses, or loses questions and answers. No test."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler

import pytest
import urllib3

from analytics_platform_tests.integration.state_machine_button.played_dagster import served

Happens = Callable[[str, Callable[[], tuple[int, bytes]]], tuple[int, bytes] | None]
"""What happens to a call: given its name and what passes it on, returns the answer; None for none at all."""


def loses_answers(call: str, pass_on: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes] | None:
    """Start executions, and tell nobody."""
    answer = pass_on()
    return None if call == "StartExecution" else answer


def loses_questions(call: str, pass_on: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes] | None:
    """Start no execution, and answer nothing."""
    return None if call == "StartExecution" else pass_on()


def refuses(code: str, status: int = 400) -> Happens:
    """Return what answers every call with an error of AWS."""

    def happens(call: str, pass_on: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes] | None:  # noqa: ARG001
        return status, json.dumps({"__type": code, "message": "User: arn:… is not authorized"}).encode()

    return happens


@contextmanager
def faulty_aws(endpoint: str, happens: Happens) -> Iterator[None]:
    """Let something happen to every call that clients make which are opened within the block."""

    class Between(BaseHTTPRequestHandler):
        """Passes on what it gets, if it gets that far."""

        def do_POST(self) -> None:
            """Pass one call on."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}

            def pass_on() -> tuple[int, bytes]:
                told = urllib3.request("POST", f"{endpoint}/", body=body, headers=headers, retries=False)
                return told.status, told.data

            answer = happens(self.headers["X-Amz-Target"].rpartition(".")[2], pass_on)
            if answer is None:
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, *arguments: object) -> None:
            """Print nothing."""

    with served(Between) as url, pytest.MonkeyPatch.context() as variables:
        variables.setenv("AWS_ENDPOINT_URL", url)
        yield
