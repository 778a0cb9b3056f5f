"""A tick of a sensor that kills its process at a named point, as a power cut would; for a forked process."""

import functools
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from analytics_platform.defs.ingestion.landing_sensor import landing_sensor
from analytics_platform.defs.resources import intake_resource
from analytics_platform.defs.triggers.requested_runs import requested_runs_sensor
from analytics_platform.settings import Settings
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform.storage.ledger.token_store import TokenStore
from analytics_platform.storage.queues.sqs import Queue
from analytics_platform.storage.step_functions import TaskTokens

UPLOAD_POINTS = {
    "after the messages are received": (Queue, "receive", "after"),
    "before the ledger is told": (Ledger, "observe_all", "before"),
    "after the ledger is told": (LandingWatch, "look_at", "after"),
    "before the messages are deleted": (Queue, "delete", "before"),
    "after the messages are deleted": (Queue, "delete", "after"),
    "after the run is noted": (Ledger, "note_requests", "after"),
}
REQUEST_POINTS = {
    "after the messages are received": (Queue, "receive", "after"),
    "after the files are looked at": (LandingWatch, "look_at", "after"),
    "after the tokens are kept": (TokenStore, "keep", "after"),
    "before the messages are deleted": (Queue, "delete", "before"),
    "after the messages are deleted": (Queue, "delete", "after"),
    "before a task is told": (TaskTokens, "fail", "before"),
    "after a task is told": (TaskTokens, "fail", "after"),
}
"""Name of the point: whose method, which one, and whether death comes before or after it."""


@dataclass(frozen=True)
class Tick:
    """Which sensor is evaluated, where, and at what point the process dies.

    Attributes
    ----------
    home : Path
        Data home.
    landing_url, queue : str
        The landing zone, and the queue that the sensor follows.
    points : str
        Whose points: uploads or requests.
    point : str
        Where.
    environment : mapping of str to str
        Variables of the emulation: a forked process has those of its server.
    """

    home: Path
    landing_url: str
    queue: str
    points: str
    point: str
    environment: Mapping[str, str]


def evaluate(tick: Tick) -> None:
    """Evaluate a sensor, and die at a point."""
    os.environ.update(tick.environment)  # noqa: TID251 - the emulation is told to every client
    settings = Settings(home=tick.home, sources=tick.home / "sources", landing_url=tick.landing_url)
    if tick.points == "uploads":
        points, sensor = UPLOAD_POINTS, landing_sensor(tick.queue, listing_minutes=60, interval_seconds=30)
    else:
        points, sensor = REQUEST_POINTS, requested_runs_sensor(tick.queue, interval_seconds=30)
    _die_at(*points[tick.point])
    given = {"intake": intake_resource(settings)}
    with dg.build_sensor_context(dg.DagsterInstance.ephemeral(), resources=given) as context:
        sensor.evaluate_tick(context)


def _die_at(owner: type, name: str, moment: str) -> None:
    """Let the process be killed at the first call of a method."""
    method = getattr(owner, name)

    @functools.wraps(method)
    def deadly(*arguments: object, **options: object) -> object:
        if moment == "after":
            method(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    setattr(owner, name, deadly)
