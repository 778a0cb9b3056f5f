"""``python -m`` this: the actions over HTTP in a process of their own, for whoever asks. No test."""

import sys
from pathlib import Path

import uvicorn

from analytics_platform_tests.unit.api.actions.installed import installed


def serve(home: str, port: str, dagster_url: str) -> None:
    """Serve until killed."""
    app = installed(Path(home), dagster_url).client.app
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    serve(*sys.argv[1:])
