"""Unpacked archives by digest: made once, whole or not at all, by whichever task comes first."""  # noqa: INP001 - scripts beside each other

import fcntl
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from configuration import Archive
from download import fetch, sha256
from faults import SlimError, TemporaryError, tell
from unpacking import Limits, unpack


@dataclass(frozen=True)
class Cache:
    """A folder of unpacked archives that tasks may share.

    Attributes
    ----------
    folder : Path
        The folder.
    limits : Limits
        What one archive may hold.
    retry_seconds : float
        Wait before the second attempt of a download.
    """

    folder: Path
    limits: Limits
    retry_seconds: float

    def provide(
        self, kind: str, archive: Archive, finish: Callable[[Path], None] | None = None, mark: str = ""
    ) -> Path:
        """Return the folder of an unpacked archive.

        Parameters
        ----------
        kind : str
            Subfolder of the cache.
        archive : Archive
            What to unpack, if it is not there.
        finish : callable
            Last step before the folder counts.
        mark : str
            What besides the digest tells one unpacked form from another.

        Raises
        ------
        SlimError
            If the archive cannot be had, has another digest, or is refused.
        """
        name = _name(archive.sha256, mark) if archive.sha256 else None
        place = self._place(kind)
        if name and (place / name).is_dir():
            tell("cached", kind=kind, archive=str(archive), sha256=archive.sha256)
            return place / name
        lock = name or f"unpinned-{hashlib.sha256(str(archive).encode()).hexdigest()}"
        with _locked(place / f"{lock}.lock"):
            if name and (place / name).is_dir():
                tell("cached", kind=kind, archive=str(archive), sha256=archive.sha256)
                return place / name
            with _partial(place / f"{lock}.partial") as partial:
                return self._make(kind, archive, partial, finish, mark)

    def _place(self, kind: str) -> Path:
        try:
            (self.folder / kind).mkdir(parents=True, exist_ok=True)
            (self.folder / kind / ".writable").touch()
        except OSError as error:
            message = (
                f"SLIM_CACHE: {self.folder} cannot be written ({error.strerror}); "
                "set SLIM_CACHE to a folder that this user may write"
            )
            raise SlimError(message) from error
        return self.folder / kind

    def _make(
        self, kind: str, archive: Archive, partial: Path, finish: Callable[[Path], None] | None, mark: str
    ) -> Path:
        started = time.monotonic()
        file, tree = partial / "archive", partial / "tree"
        fetch(archive, file, retry_seconds=self.retry_seconds)
        fetched = time.monotonic()
        digest = sha256(file)
        if archive.sha256 not in {None, digest}:
            message = (
                f"{archive.variable}: {archive} has the sha256 {digest}, not {archive.sha256}: nothing of it "
                "is unpacked; correct sha256 or versionId, or find out who replaced the object"
            )
            raise SlimError(message)
        final = self.folder / kind / _name(digest, mark)
        size = file.stat().st_size
        tree.mkdir()
        unpacked, entries = unpack(file, tree, self.limits, variable=archive.variable)
        if finish:
            finish(tree)
        if not final.is_dir():
            try:
                tree.rename(final)
            except OSError:
                if not final.is_dir():  # else a task that was told the digest was quicker
                    raise
        tell(
            "unpacked",
            kind=kind,
            archive=str(archive),
            sha256=digest,
            verified=archive.sha256 is not None,
            archive_bytes=size,
            bytes=unpacked,
            entries=entries,
            download_seconds=round(fetched - started, 2),
            unpack_seconds=round(time.monotonic() - fetched, 2),
        )
        return final


def kept(cache: Path, kind: str, sha256: str, mark: str = "") -> Path | None:
    """Return the folder of an archive that is unpacked; make nothing, wait for nobody."""
    folder = cache / kind / _name(sha256, mark)
    return folder if folder.is_dir() else None


def _name(digest: str, mark: str) -> str:
    return f"{digest}-{mark}" if mark else digest


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Wait for the others; the lock ends with its process, however that ends."""
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            message = f"SLIM_CACHE: {file.parent} takes no locks ({error.strerror}); set it to another folder"
            raise SlimError(message) from error
        yield


@contextmanager
def _partial(folder: Path) -> Iterator[Path]:
    """Give an empty folder for the time being; what a killed task has left in it is thrown away."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder
    except OSError as error:
        message = f"SLIM_CACHE: {folder.parent} cannot be written ({error.strerror}): is the disk full?"
        raise TemporaryError(message) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
