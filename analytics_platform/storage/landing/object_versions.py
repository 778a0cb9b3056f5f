"""What a landing zone holds and offers, wherever it is. The zones themselves are in `landing_zone`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol


class LandingZoneError(RuntimeError):
    """The landing zone cannot be used as it is set up."""


@dataclass(frozen=True, order=True)
class ObjectVersion:
    """One version of one object.

    Attributes
    ----------
    known_at : datetime
        When the version was put, in UTC. Of two versions of a key the later one has the later time.
    key : str
        Name inside the landing zone, ``<dataset>/<file name>``.
    version_id : str
        Name of the version, unique for the key.
    size : int
        Bytes.
    etag : str
        Mark that a store gives to the content; empty if it gives none.
    """

    known_at: datetime
    key: str
    version_id: str
    size: int
    etag: str = field(default="", compare=False)

    @property
    def digest(self) -> str:
        """Digest of the content, as far as the version's name tells it."""
        return self.version_id.partition("_")[2]


class LandingZone(Protocol):
    """Where files arrive; every version of a file stays readable."""

    def put(self, key: str, file: Path) -> ObjectVersion:
        """Store a file as the newest version of `key`; the same content again changes nothing."""

    def versions(self, prefix: str = "", *, after: str | None = None) -> Iterator[ObjectVersion]:
        """Return all versions of all objects below `prefix`, key by key, from the one behind `after` on.

        Keys come in an order of the zone's own, the same at every call; all versions of one key come
        together, oldest first. So a look that stopped after a whole key goes on from there.
        """

    def fetch(self, version: ObjectVersion, folder: Path) -> Path:
        """Return a local path with the content of one version, in `folder` if it has to be copied."""


_LONGEST_NAME = 180
"""Bytes of a name: file systems end at 255, and temporary files add to it."""


def refuse_unsafe(key: str) -> None:
    """Refuse a key that leads out of the landing zone, or into the zone's own folders.

    Raises
    ------
    ValueError
        If it does.
    """
    for part in key.split("/"):
        if not part or part.startswith(".") or "\\" in part or not part.isprintable():
            message = f"{key!r} is no name inside the landing zone"
            raise ValueError(message)
        if len(part.encode()) > _LONGEST_NAME:
            message = f"the name {part[:40]}... is too long; give it one of at most {_LONGEST_NAME} bytes"
            raise ValueError(message)
