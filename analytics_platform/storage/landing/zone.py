"""The landing zone: versioned objects that senders put. It knows nothing of what is inside a file."""

import heapq
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from analytics_platform.storage import files
from analytics_platform.storage.landing.object_versions import (
    LandingZone,
    LandingZoneError,
    ObjectVersion,
    refuse_unsafe,
)

__all__ = [
    "DiskLandingZone",
    "LandingZone",
    "LandingZoneError",
    "ObjectVersion",
    "open_landing_zone",
    "short_digest",
]

_VERSIONS = ".versions"
_STAMP = "%Y%m%dT%H%M%S%fZ"
_TICK = timedelta(microseconds=1)

Parts = tuple[str, ...]


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
        refuse_unsafe(key)
        dropped = self.root / key
        self._keep_dropped(key, settle_seconds=0.0)  # what lies there unseen would be lost
        version = self._keep(key, file, datetime.now(UTC))
        kept = self._kept(version)
        files.copy(kept, dropped)
        _remember(kept, dropped.stat().st_ctime_ns)
        return version

    def versions(self, prefix: str = "", *, after: str | None = None) -> Iterator[ObjectVersion]:
        """Return all versions below `prefix`; files dropped by hand become versions first.

        Keys come in the order of their parts, those behind `after` only.
        """
        start = () if after is None else tuple(after.split("/"))
        dropped = _keys_with_files(self.root, prefix, start)
        kept = _keys_with_files(self.root / _VERSIONS, prefix, start, files_are_versions=True)
        for parts, _ in groupby(heapq.merge(dropped, kept)):
            key = "/".join(parts)
            self._keep_dropped(key, settle_seconds=self.settle_seconds)
            yield from self._versions_of(key)

    def fetch(self, version: ObjectVersion, folder: Path) -> Path:  # noqa: ARG002 - nothing to copy here
        """Return the path of one version; it is on this disk already."""
        return self._kept(version)

    def _kept(self, version: ObjectVersion) -> Path:
        return self.root / _VERSIONS / version.key / version.version_id

    def _keep_dropped(self, key: str, *, settle_seconds: float) -> None:
        """Make a version of what lies at a key, unless it is known or may still grow.

        A kept version remembers in its own time of modification when the file it was made of was changed:
        so a file is read again only when it was touched.
        """
        path = self.root / key
        if path.is_symlink() or not path.is_file():
            return
        status = path.stat()
        if time.time() - status.st_ctime < settle_seconds:
            return
        put_at = datetime.fromtimestamp(status.st_ctime, UTC)
        newest = self._newest(key)
        if newest is not None:
            is_known = self._kept(newest).stat().st_mtime_ns == status.st_ctime_ns
            if (is_known and newest.size == status.st_size) or newest.known_at >= put_at:
                return
        _remember(self._kept(self._keep(key, path, put_at)), status.st_ctime_ns)

    def _keep(self, key: str, file: Path, known_at: datetime) -> ObjectVersion:
        digest = short_digest(file)
        newest = self._newest(key)
        if newest is not None:
            if newest.digest == digest:
                return newest
            known_at = max(known_at, newest.known_at + _TICK)  # also when the clock was set back
        target = self.root / _VERSIONS / key / f"{known_at.strftime(_STAMP)}_{digest}"
        files.copy(file, target)
        return _version(key, target)

    def _versions_of(self, key: str) -> list[ObjectVersion]:
        folder = self.root / _VERSIONS / key
        if not folder.is_dir():
            return []
        return sorted(_version(key, path) for path in folder.glob("[!.]*") if path.is_file())

    def _newest(self, key: str) -> ObjectVersion | None:
        folder = self.root / _VERSIONS / key
        names = (entry.name for entry in os.scandir(folder) if _is_version(entry)) if folder.is_dir() else ()
        newest = max(names, default=None)
        return None if newest is None else _version(key, folder / newest)


def _is_version(entry: "os.DirEntry[str]") -> bool:
    return not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)


def _keys_with_files(
    base: Path, prefix: str, after: Parts, at: Parts = (), *, files_are_versions: bool = False
) -> Iterator[Parts]:
    """Return the keys below a folder in the order of their parts, those behind `after` only.

    A key is a file; where the versions are kept, a folder with files.
    """
    if not base.is_dir():
        return
    entries = sorted((e for e in os.scandir(base) if not e.name.startswith(".")), key=lambda e: e.name)
    if files_are_versions:
        if at > after and "/".join(at).startswith(prefix) and any(map(_is_version, entries)):
            yield at
        entries = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    for entry in entries:
        parts = (*at, entry.name)
        key = "/".join(parts)
        if entry.is_dir(follow_symlinks=False):
            may_match = key.startswith(prefix) or prefix.startswith(f"{key}/") or prefix == key
            if may_match and parts >= after[: len(parts)]:
                yield from _keys_with_files(
                    Path(entry.path), prefix, after, parts, files_are_versions=files_are_versions
                )
        elif parts > after and key.startswith(prefix):
            yield parts


def _remember(kept: Path, changed_at_ns: int) -> None:
    """Write down in a version's own time when the file that it was made of was changed."""
    os.utime(kept, ns=(changed_at_ns, changed_at_ns))


def open_landing_zone(url: str) -> LandingZone:
    """Open the landing zone at an address.

    Parameters
    ----------
    url : str
        A folder, or ``s3://bucket`` or ``s3://bucket/prefix``.

    Raises
    ------
    LandingZoneError
        If the bucket cannot be used.
    """
    if url.startswith("s3://"):
        from analytics_platform.storage.landing.zone_s3 import S3LandingZone  # noqa: PLC0415 - boto3 only if used

        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        return S3LandingZone(bucket, prefix)
    if "://" in url:
        message = (
            f"the landing zone {url!r} is neither a folder nor s3://bucket/prefix; set ANALYTICS_LANDING_URL"
        )
        raise LandingZoneError(message)
    return DiskLandingZone(Path(url))


def short_digest(file: Path) -> str:
    """Return the digest that names a version on disk."""
    return files.sha256_of(file)[:16]


def _version(key: str, path: Path) -> ObjectVersion:
    known_at = datetime.strptime(path.name.split("_")[0], _STAMP).replace(tzinfo=UTC)
    return ObjectVersion(known_at, key, path.name, path.stat().st_size)
