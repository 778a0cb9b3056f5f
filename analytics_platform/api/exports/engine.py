"""What makes exports: started, looked at and stopped, whatever it is. No queue, no route."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from analytics_platform.api.exports.asked import ExportRequest


@dataclass(frozen=True)
class Bounds:
    """How much an export may be.

    Attributes
    ----------
    rows, bytes_ : int
        Most rows, and most bytes of the file.
    seconds : float
        Longest time until it is there; then it is stopped.
    """

    rows: int = 50_000_000
    bytes_: int = 4 << 30
    seconds: float = 900.0


@dataclass(frozen=True)
class Progress:
    """Where an export stands.

    Attributes
    ----------
    state : {"running", "success", "failure"}
        Whether it has ended, and how.
    rows : int
        Rows of the file, once it is there.
    reason : str
        Why it failed, for who asked.
    """

    state: Literal["running", "success", "failure"]
    rows: int = 0
    reason: str = ""


RUNNING = Progress("running")


class EngineError(RuntimeError):
    """An engine cannot do what it was asked for; its message may be shown to who asked."""


class ExportEngine(Protocol):
    """Makes the file of an export outside of the process that answers."""

    def start(self, request: ExportRequest, target: Path, bounds: Bounds) -> str:
        """Begin, and return the name by which it is known; the file comes to stand at `target`."""

    def poll(self, handle: str) -> Progress:
        """Tell where it stands. Does not wait."""

    def cancel(self, handle: str) -> None:
        """End it if it runs, and free what it holds. Again, or of what has ended, does nothing more."""


def too_many_rows(bounds: Bounds) -> str:
    """Return what to tell who asked for more rows than there may be."""
    return f"the export has more than {bounds.rows} rows: ask for fewer days or filter"


def too_many_bytes(bounds: Bounds) -> str:
    """Return what to tell who asked for more bytes than there may be."""
    return f"the export has more than {bounds.bytes_} bytes: ask for fewer days or fields"
