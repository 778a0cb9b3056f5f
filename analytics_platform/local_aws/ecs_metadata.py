"""The metadata endpoint of ECS, version 4: a task learns which task it is. Only what Dagster asks for."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_BEGIN_SECONDS = 2.0
Answers = dict[str, dict[str, object]]
"""What is told at which path."""


class MetadataServer:
    """Tells each task of the local Fargate its cluster, ARN, definition and container."""

    def __init__(self) -> None:
        self._answers: Answers = {}
        self._is_begun = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._answers))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="ecs-metadata")

    def start(self) -> None:
        """Begin to answer."""
        self._is_begun = True
        self._thread.start()

    def stop(self) -> None:
        """Answer no more; also if a signal came while the thread began."""
        until = time.monotonic() + _BEGIN_SECONDS
        while self._is_begun and not self._thread.is_alive() and time.monotonic() < until:
            time.sleep(0.01)
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def tell(self, task: Any, definition: Any, container: str) -> str:  # noqa: ANN401 - of moto
        """Keep what a task will ask; return the address that stands in its environment."""
        path = f"/v4/{task.id}"
        self._answers[path] = {"Name": container, "DockerName": container, "DockerId": task.id}
        self._answers[f"{path}/task"] = {
            "Cluster": task.cluster_arn,
            "TaskARN": task.task_arn,
            "Family": definition.family,
            "Revision": str(definition.revision),
            "DesiredStatus": task.desired_status,
            "LaunchType": "FARGATE",
            "Containers": [self._answers[path]],
        }
        return f"http://127.0.0.1:{self._server.server_port}{path}"


def _handler(answers: Answers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers with JSON what is kept."""

        def do_GET(self) -> None:
            """Answer one question."""
            found = answers.get(self.path.rstrip("/"))
            body = json.dumps(found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Print nothing."""

    return Handler
