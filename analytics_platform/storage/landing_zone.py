"""The landing zone: versioned objects that senders put. It knows nothing of what is inside a file."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from analytics_platform.storage import files

_VERSIONS = ".versions"
_STAMP = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True, order=True)
class ObjectVersion:
    """One version of one object.

    Attributes
    ----------
    known_at : datetime
        When the version was put, in UTC.
    key : str
        Name inside the landing zone, ``<dataset>/<file name>``.
    version_id : str
        Name of the version, unique for the key.
    size : int
        Bytes.
    """

    known_at: datetime
    key: str
    version_id: str
    size: int

    @property
    def digest(self) -> str:
        """Digest of the content, as far as the version's name tells it."""
        return self.version_id.partition("_")[2]


class LandingZone(Protocol):
    """Where files arrive; every version of a file stays readable."""

    def put(self, key: str, file: Path) -> ObjectVersion:
        """Store a file as the newest version of `key`; the same content again changes nothing."""

    def versions(self, prefix: str = "") -> Iterator[ObjectVersion]:
        """Return all versions of all objects below `prefix`, in no particular order."""

    def fetch(self, version: ObjectVersion, folder: Path) -> Path:
        """Return a local path with the content of one version, in `folder` if it has to be copied."""


class DiskLandingZone:
    """A folder that people drop files into, with every version of a file kept beside it.

    Parameters
    ----------
    root : Path
        The folder; made when missing.
    settle_seconds : float
        A file that changed less than this ago may still be growing and is left for the next look.
    """

    def __init__(self, root: Path, *, settle_seconds: float = 1.0) -> None:
        self.root = root
        self.settle_seconds = settle_seconds
        root.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, file: Path) -> ObjectVersion:
        """Store a file as the newest version of `key`; the same content again changes nothing."""
        if not _is_safe(key):
            message = f"{key!r} is no name inside the landing zone"
            raise ValueError(message)
        version = self._keep(key, file, datetime.now(UTC))
        newest = self.root / _VERSIONS / key / version.version_id
        files.copy(newest, self.root / key)
        return version

    def versions(self, prefix: str = "") -> Iterator[ObjectVersion]:
        """Return all versions below `prefix`; files dropped by hand become versions first."""
        self._keep_dropped_files(prefix)
        base = self.root / _VERSIONS
        for path in base.rglob("*"):
            key = path.parent.relative_to(base).as_posix()
            if path.is_file() and not path.name.startswith(".") and key.startswith(prefix):
                yield _version(key, path)

    def fetch(self, version: ObjectVersion, folder: Path) -> Path:  # noqa: ARG002 - nothing to copy here
        """Return the path of one version; it is on this disk already."""
        return self.root / _VERSIONS / version.key / version.version_id

    def _keep_dropped_files(self, prefix: str) -> None:
        for path in self.root.rglob("*"):
            relative = path.relative_to(self.root)
            hidden = any(part.startswith(".") for part in relative.parts)
            key = relative.as_posix()
            if hidden or not key.startswith(prefix) or path.is_symlink() or not path.is_file():
                continue
            status = path.stat()
            if time.time() - status.st_ctime < self.settle_seconds:
                continue
            newest = self._newest(key)
            put_at = datetime.fromtimestamp(status.st_ctime, UTC)
            if newest is None or newest.known_at < put_at:
                self._keep(key, path, put_at)

    def _keep(self, key: str, file: Path, known_at: datetime) -> ObjectVersion:
        digest = short_digest(file)
        newest = self._newest(key)
        if newest is not None and newest.digest == digest:
            return newest
        target = self.root / _VERSIONS / key / f"{known_at.strftime(_STAMP)}_{digest}"
        files.copy(file, target)
        return _version(key, target)

    def _newest(self, key: str) -> ObjectVersion | None:
        folder = self.root / _VERSIONS / key
        names = sorted(path.name for path in folder.glob("[!.]*")) if folder.is_dir() else []
        return _version(key, folder / names[-1]) if names else None


def _is_safe(key: str) -> bool:
    """Tell whether a key stays inside the landing zone and apart from its own folders."""
    parts = key.split("/")
    return all(
        part and not part.startswith(".") and "\\" not in part and part.isprintable() for part in parts
    )


def short_digest(file: Path) -> str:
    """Return the digest that names a version on disk."""
    return files.sha256_of(file)[:16]


def _version(key: str, path: Path) -> ObjectVersion:
    known_at = datetime.strptime(path.name.split("_")[0], _STAMP).replace(tzinfo=UTC)
    return ObjectVersion(known_at, key, path.name, path.stat().st_size)
