"""What the functions know of the installation: a file beside them, written when their archive is built."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = "configuration.json"


@dataclass(frozen=True)
class Expected:
    """A delivery that is due for each session.

    Attributes
    ----------
    dataset, source : str
        What its name declares.
    required : bool
        Whether nothing is computed without it.
    """

    dataset: str
    source: str
    required: bool


@dataclass(frozen=True)
class Configuration:
    """What the functions know of the installation.

    Attributes
    ----------
    bucket, prefix : str
        The landing zone; the prefix ends in ``/`` or is empty.
    datasets : dict of str to str
        What is delivered, and of which kind.
    sessions : frozenset of str
        Trading sessions, such as ``2013-03-01``.
    expected : tuple of Expected
        What is due for each session.
    patience_minutes : int
        So long the end of day waits for it.
    look_again_seconds : int
        How often it looks meanwhile.
    """

    bucket: str
    prefix: str
    datasets: dict[str, str]
    sessions: frozenset[str]
    expected: tuple[Expected, ...]
    patience_minutes: int
    look_again_seconds: int


@cache
def configuration() -> Configuration:
    """Read the file that lies at the root of the archive."""
    told = json.loads((Path(__file__).resolve().parents[3] / FILE).read_text("utf-8"))
    return Configuration(
        bucket=told["bucket"],
        prefix=told["prefix"],
        datasets=told["datasets"],
        sessions=frozenset(told["sessions"]),
        expected=tuple(Expected(**each) for each in told["expected"]),
        patience_minutes=told["patience_minutes"],
        look_again_seconds=told["look_again_seconds"],
    )
