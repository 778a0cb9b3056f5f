"""A Dagster that does not answer, or not as it should: requests are kept, and told what to do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from analytics_platform.api.actions import dagster_graphql
from analytics_platform_tests.unit.api.actions.installed import CALLER, Installed, installed

BODY = {"job": "analytics", "session": "2013-03-01"}


def _ask(at: Installed, key: str = "k", by: str = "desk", **body: object) -> httpx2.Response:
    headers = {"Idempotency-Key": key, CALLER: by}
    return at.client.post("/materializations", json={**BODY, **body}, headers=headers)


def test_a_request_is_kept_and_its_key_goes_on_with_it(alone: Installed) -> None:
    answers = [_ask(alone), _ask(alone), _ask(alone, by="other"), _ask(alone, "another")]
    assert {answer.status_code for answer in answers} == {503}
    first, again, *_ = (answer.json()["detail"] for answer in answers)
    assert "start it with `analytics dev`" in first
    assert "ask again with the same Idempotency-Key" in first
    assert first == again
    kept = alone.client.get("/materializations").json()["requests"]
    assert [(each["requested_by"], each["state"], each["run_id"]) for each in kept] == [
        ("desk", "requested", None),
        ("other", "requested", None),
        ("desk", "requested", None),
    ]
    assert kept[-1]["id"] in first
    assert alone.client.get(f"/materializations/{kept[-1]['id']}").json() == kept[-1]


def test_a_key_stands_for_one_body(alone: Installed) -> None:
    _ask(alone)
    other = _ask(alone, session="2013-02-28")
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    assert len(alone.client.get("/materializations").json()["requests"]) == 1


def test_a_request_that_was_canceled_is_not_sent_any_more(alone: Installed) -> None:
    _ask(alone)
    (kept,) = alone.client.get("/materializations").json()["requests"]
    for _ in range(2):
        canceled = alone.client.post(f"/materializations/{kept['id']}/cancel")
        assert (canceled.status_code, canceled.json()["state"]) == (202, "canceled")
    again = _ask(alone)
    assert (again.status_code, again.json()["state"]) == (200, "canceled")


def test_requests_are_listed_in_pages_the_newest_first(alone: Installed) -> None:
    for number in range(5):
        _ask(alone, f"key-{number}")
    whole = alone.client.get("/materializations").json()
    assert whole["next_cursor"] is None
    page = alone.client.get("/materializations?limit=2").json()
    found = page["requests"]
    while page["next_cursor"]:
        page = alone.client.get(
            "/materializations", params={"limit": 2, "cursor": page["next_cursor"]}
        ).json()
        found += page["requests"]
    assert found == whole["requests"]
    times = [each["requested_at"] for each in found]
    assert (len(times), times) == (5, sorted(times, reverse=True))


def test_every_action_is_written_down_with_its_outcome(alone: Installed) -> None:
    _ask(alone)
    _ask(alone, session="2013-03-02")
    (kept,) = alone.client.get("/materializations").json()["requests"]
    alone.client.post(f"/materializations/{kept['id']}/cancel")
    told = [(line["who"], line["what"], line["outcome"].split()[0]) for line in alone.audited()]
    assert told == [
        ("desk", "materialize", "503"),
        ("desk", "materialize", "422"),
        ("desk", "cancel", "canceled"),
    ]


class _Odd(BaseHTTPRequestHandler):
    """Answers with what its server was told to."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.server.told  # type: ignore[attr-defined]
        if status == 0:
            self.server.hangs.wait(30)  # type: ignore[attr-defined]
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


@contextmanager
def _odd_dagster(status: int, body: bytes) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Odd)
    hangs = threading.Event()
    server.told, server.hangs = (status, body), hangs  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    hangs.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>log in</html>"),
        (200, b"[]"),
        (200, b'{"data": null}'),
        (200, b'{"data": {"repositoriesOrError": {"nodes": [{"name": 1}]}}}'),
        (200, b'{"data": {"repositoriesOrError": {"nodes": []}}}'),
        (200, b'{"data": {}, "errors": [{"message": "/srv/secret/place"}]}'),
        (302, b""),
        (401, b"log in"),
        (500, b"Traceback"),
    ],
)
def test_what_is_no_answer_of_dagster_is_told_as_such(tmp_path: Path, status: int, body: bytes) -> None:
    with _odd_dagster(status, body) as url:
        at = installed(tmp_path, url)
        answer = _ask(at)
        assert answer.status_code == 503
        assert "ask again with the same Idempotency-Key" in answer.json()["detail"]
        assert "secret" not in answer.text
        (kept,) = at.client.get("/materializations").json()["requests"]
        assert kept["state"] == "requested"


def test_a_dagster_that_hangs_is_not_waited_for() -> None:
    assert dagster_graphql.ANSWER_SECONDS <= 30
    with _odd_dagster(0, b"") as url:
        graphql = dagster_graphql.DagsterGraphQL(url, seconds=0.2)
        with pytest.raises(dagster_graphql.DagsterUnansweredError, match="did not answer in time"):
            graphql.ask("query { version }", {}, dagster_graphql.Data)
