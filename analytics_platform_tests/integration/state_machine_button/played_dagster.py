"""A Dagster webserver whose runs are made by hand, as far as the button asks it. No test."""

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Told = Mapping[str, object]
ASSETS = ("lake/prices", "lake/fx_rates")
SESSIONS = ("2013-02-28", "2013-03-01")


@dataclass
class PlayedDagster:
    """What Dagster knows, and what it was asked to end."""

    url: str = ""
    runs: list[dict[str, object]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def run(self, request_id: str, status: str = "QUEUED") -> str:
        """Make the run of a request, as the sensor on requests does."""
        run_id = str(uuid.uuid4())
        tags = [{"key": "analytics/request", "value": request_id}]
        self.runs.insert(0, {"runId": run_id, "status": status, "parentRunId": None, "tags": tags})
        return run_id

    def come_to(self, run_id: str, status: str) -> None:
        """Let a run come to a status."""
        for run in self.runs:
            if run["runId"] == run_id:
                run["status"] = status

    def answer(self, query: str, variables: dict[str, object]) -> Told:
        """Answer a question."""
        if "query Locations" in query:
            return {"repositoriesOrError": {"nodes": [_REPOSITORY]}}
        if "query Partitions" in query:
            return {"assetNodes": [{"partitionKeys": list(SESSIONS)}]}
        if "query Together" in query:
            return {"assetNodeAdditionalRequiredKeys": []}
        if "mutation Terminate" in query:
            self.ended.append(str(variables["run"]))
            self.come_to(self.ended[-1], "CANCELED")
            return {"terminateRun": {"__typename": "TerminateRunSuccess"}}
        if "query Runs" in query:
            return {"runsOrError": {"results": self._found(variables["filter"])}}
        message = f"this Dagster does not know {query}"
        raise LookupError(message)

    def _found(self, filter_: object) -> list[dict[str, object]]:
        if not isinstance(filter_, dict):
            raise TypeError
        if "runIds" in filter_:
            return [run for run in self.runs if run["runId"] in filter_["runIds"]]
        return [run for run in self.runs if run["tags"] == filter_["tags"]]


_REPOSITORY = {
    "name": "__repository__",
    "location": {"name": "analytics"},
    "jobs": [{"name": name} for name in ("ingest", "analytics", "end_of_day")],
    "assetNodes": [
        {"assetKey": {"path": asset.split("/")}, "isMaterializable": True, "isPartitioned": True}
        for asset in ASSETS
    ],
}


@contextmanager
def played_dagster() -> Iterator[PlayedDagster]:
    """Serve one."""
    dagster = PlayedDagster()

    class Webserver(BaseHTTPRequestHandler):
        """Answers over HTTP."""

        def do_POST(self) -> None:
            """Answer one question."""
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"data": dagster.answer(asked["query"], asked["variables"])}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Print nothing."""

    with served(Webserver) as url:
        dagster.url = url
        yield dagster


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
