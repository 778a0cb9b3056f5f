"""How the runs of Dagster are read: retries, deleted runs, long logs. Its answers are played over HTTP."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from analytics_platform.api.actions import dagster_runs
from analytics_platform.defs import automation, partitions
from analytics_platform.storage.ledger.request_store import RequestStore
from analytics_platform_tests.integration.request_worker import a_request
from analytics_platform_tests.unit.api.actions.installed import Installed, installed

Told = Mapping[str, object]


def _run(run_id: str, status: str, **tags: str) -> Told:
    told = [{"key": key.replace("__", "/"), "value": value} for key, value in tags.items()]
    return {"runId": run_id, "status": status, "parentRunId": None, "tags": told}


def _events(events: Sequence[Told], cursor: str, *, has_more: bool) -> Told:
    return {"cursor": cursor, "hasMore": has_more, "events": list(events)}


class _Played(BaseHTTPRequestHandler):
    """Answers questions about runs and their events from what its server holds."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"data": self._answer(asked["query"], asked["variables"])}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, query: str, variables: Mapping[str, object]) -> Told:
        runs, events = self.server.told  # type: ignore[attr-defined]
        if "query Events" in query:
            return {"logsForRun": events[variables["cursor"]]}
        asked = variables["filter"]
        if not isinstance(asked, dict):
            raise TypeError
        found = [run for run in runs if run["runId"] in asked["runIds"]]
        return {"runsOrError": {"results": found}}

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


@contextmanager
def _played(runs: Sequence[Told], events: Mapping[str | None, Told] | None = None) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Played)
    server.told = runs, events or {}  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _launched(at: Installed, run_id: str = "first") -> str:
    """Return a request that has a run."""
    store, request = RequestStore(at.of.ledger_url), a_request()
    store.keep(request)
    store.start_sending(request)
    store.note_run(request.id, run_id)
    store.close()
    return f"/materializations/{request.id}"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("NOT_STARTED", "queued"),
        ("QUEUED", "queued"),
        ("STARTING", "queued"),
        ("MANAGED", "queued"),
        ("STARTED", "started"),
        ("CANCELING", "started"),
        ("CANCELED", "canceled"),
        ("SUCCESS", "success"),
    ],
)
def test_every_status_of_dagster_is_a_state(tmp_path: Path, status: str, state: str) -> None:
    with _played([_run("first", status)]) as url:
        at = installed(tmp_path, url)
        path = _launched(at)
        assert at.client.get("/materializations").json()["requests"][0]["state"] == state
        assert at.client.get(path).json()["state"] == state


def test_a_run_that_dagster_repeats_has_not_failed(tmp_path: Path) -> None:
    with _played([_run("first", "FAILURE", dagster__will_retry="true")]) as url:
        at = installed(tmp_path, url)
        assert at.client.get(_launched(at)).json()["state"] == "queued"


def test_the_repetition_of_a_run_is_the_one_that_counts(tmp_path: Path) -> None:
    runs = [
        _run("first", "FAILURE", dagster__will_retry="true", dagster__auto_retry_run_id="second"),
        _run("second", "FAILURE", dagster__will_retry="true", dagster__auto_retry_run_id="third"),
        _run("third", "SUCCESS"),
    ]
    with _played(runs) as url:
        at = installed(tmp_path, url)
        path = _launched(at)
        (listed,) = at.client.get("/materializations").json()["requests"]
        told = at.client.get(path).json()
        assert (told["state"], told["run_id"], told["watch"]) == ("success", "third", f"{url}/runs/third")
        assert listed == told


def test_a_run_that_was_deleted_is_not_waited_for(tmp_path: Path) -> None:
    with _played([]) as url:
        at = installed(tmp_path, url)
        told = at.client.get(_launched(at)).json()
        assert (told["state"], "it was deleted" in told["failure"]) == ("failure", True)


def test_the_failed_step_is_found_behind_many_events(tmp_path: Path) -> None:
    cause = {"message": "OSError: no room at /srv/data/lake/prices\n"}
    step = {
        "__typename": "ExecutionStepFailureEvent",
        "stepKey": "prices",
        "error": {"message": "Error occurred while executing op", "causes": [{"message": "middle"}, cause]},
    }
    end = {"__typename": "RunFailureEvent", "message": "Steps failed: ['prices'].", "error": None}
    pages: dict[str | None, Told] = {
        None: _events([{"__typename": "LogMessageEvent"}], "1", has_more=True),
        "1": _events([], "2", has_more=True),
        "2": _events([step, end], "3", has_more=False),
    }
    with _played([_run("first", "FAILURE")], pages) as url:
        at = installed(tmp_path, url)
        told = at.client.get(_launched(at)).json()
        assert (told["state"], told["failed_step"]) == ("failure", "prices")
        assert told["failure"] == "OSError: no room at …/prices"
    again = at.client.get("/materializations").json()["requests"]
    assert again == [told]  # and Dagster, which is gone now, was not needed for it


def test_a_run_that_failed_outside_of_its_steps_tells_why(tmp_path: Path) -> None:
    end = {"__typename": "RunFailureEvent", "message": "the process of the run is gone", "error": None}
    with _played([_run("first", "FAILURE")], {None: _events([end], "1", has_more=False)}) as url:
        at = installed(tmp_path, url)
        told = at.client.get(_launched(at)).json()
        assert (told["failed_step"], told["failure"]) == (None, "the process of the run is gone")


def test_a_running_request_is_known_no_better_while_dagster_is_away(tmp_path: Path) -> None:
    at = installed(tmp_path)
    path = _launched(at)
    assert at.client.get(path).status_code == 503
    (listed,) = at.client.get("/materializations").json()["requests"]
    assert (listed["state"], listed["run_id"]) == ("queued", "first")


def test_jobs_and_tags_are_called_as_the_location_calls_them() -> None:
    assert (dagster_runs.RANGE_START, dagster_runs.RANGE_END) == (
        partitions.RANGE_START,
        partitions.RANGE_END,
    )
    assert set(dagster_runs.JOBS) == {job.name for job in automation.JOBS}
