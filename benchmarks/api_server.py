"""A server in a process of its own: ours, with guards or without, or one bare route of FastAPI."""

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


def guarded_app(home: Path) -> FastAPI:
    """Return what `analytics serve` serves to callers that show a key, its rate limit out of reach."""
    from analytics_platform.cli.serve import application  # noqa: PLC0415 - as above
    from analytics_platform.settings import Settings  # noqa: PLC0415 - as above

    return application(Settings(home=home, access="required", reads_per_minute=10**9))


def _cpu_seconds() -> float:
    """Tell what the process has cost: the kernel's ticks are too coarse, one is 30 requests."""
    return time.process_time()


if __name__ == "__main__":
    kind, folder, port = sys.argv[1:]
    chosen = bare_app() if kind == "bare" else {"plain": our_app, "guarded": guarded_app}[kind](Path(folder))
    chosen.add_api_route(CPU_PATH, _cpu_seconds)
    uvicorn.run(chosen, host="127.0.0.1", port=int(port), access_log=False, log_level="warning")
