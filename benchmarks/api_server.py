"""A server in a process of its own: ours, or one bare route of FastAPI."""

import sys
import time
from pathlib import Path

import uvicorn
from fastapi import FastAPI

BARE_PATH = "/bare"
CPU_PATH = "/cpu-of-this-process"


def bare_app() -> FastAPI:
    """Return one route that gives a constant, and nothing around it."""
    app = FastAPI()

    @app.get(BARE_PATH)
    async def bare() -> dict[str, str]:
        return {"status": "ok"}

    return app


def our_app(home: Path) -> FastAPI:
    """Return our application as it is."""
    from analytics_platform.api.app import create_app  # noqa: PLC0415 - the bare server must not load it

    return create_app(home / "serving", home / "pages")


def _cpu_seconds() -> float:
    """Tell what the process has cost: the kernel's ticks are too coarse, one is 30 requests."""
    return time.process_time()


if __name__ == "__main__":
    folder, port = sys.argv[1:]
    chosen = our_app(Path(folder)) if folder else bare_app()
    chosen.add_api_route(CPU_PATH, _cpu_seconds)
    uvicorn.run(chosen, host="127.0.0.1", port=int(port), access_log=False, log_level="warning")
