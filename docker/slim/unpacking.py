"""Unpacking a tar.gz that nobody has to trust: limits, and nothing outside the folder."""  # noqa: INP001 - scripts beside each other

import errno
import gzip
import os
import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from faults import SlimError, TemporaryError

_LARGEST_READ = 1 << 20
_BYTES_AN_ENTRY = 4096
_SHOWN = 120
_UNSAFE_BITS = 0o7000


@dataclass(frozen=True)
class Limits:
    """What an archive may hold.

    Attributes
    ----------
    most_bytes, most_entries : int
        Of all that is unpacked.
    """

    most_bytes: int
    most_entries: int


class _Unzipped:
    """A gzip stream that is read forward only, and never more of it than the limits allow.

    tarfile reads contents in small blocks, but the text of an extended header at once, however long it
    claims to be: a read that is too large is such a header.
    """

    def __init__(self, content: gzip.GzipFile, limits: Limits) -> None:
        self._content = content
        self._left = limits.most_bytes + limits.most_entries * _BYTES_AN_ENTRY
        self._at = 0
        self.last = b""

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        if size > _LARGEST_READ:
            message = "a header of it is larger than 1 MiB"
            raise SlimError(message)
        block = self._content.read(size)
        self._at += len(block)
        self._left -= len(block)
        self.last = block
        if self._left < 0:
            message = "it unpacks to more than SLIM_MAX_BYTES and SLIM_MAX_ENTRIES allow"
            raise SlimError(message)
        return block

    def tell(self) -> int:
        """Return how much was read."""
        return self._at

    def seek(self, to: int) -> int:
        """Read on to a place."""
        if to < self._at:
            message = "its entries overlap"
            raise SlimError(message)
        while self._at < to and self.read(min(to - self._at, _LARGEST_READ)):
            pass
        return self._at

    def finish(self) -> None:
        """Read to the end, where gzip compares its checksum; a broken header ends a tar for tarfile, too."""
        is_end = bool(self.last) and not any(self.last)
        while rest := self.read(_LARGEST_READ):
            is_end &= not any(rest)
        if not is_end:
            message = "it ends in the midst, or is broken"
            raise SlimError(message)


def unpack(file: Path, folder: Path, limits: Limits, *, variable: str) -> tuple[int, int]:
    """Unpack an archive into an empty folder; return bytes and entries.

    Only directories, files and symbolic links are unpacked. No path is absolute, climbs, occurs twice or
    leads through a link, and no link ends outside the folder.

    Raises
    ------
    SlimError
        If the archive is broken, too large or hostile; names the variable that names it.
    TemporaryError
        If the disk is full.
    """
    with _explained(variable), gzip.open(file) as content:
        stream = _Unzipped(content, limits)
        with tarfile.open(fileobj=cast("BinaryIO", stream), mode="r:") as archive:
            counted = _Unpacked(folder, limits).take_all(archive)
        stream.finish()
    return counted


@contextmanager
def _explained(variable: str) -> Iterator[None]:
    """Name the archive and the cure in whatever goes wrong with it."""
    cure = "pack it anew with `analytics package`"
    try:
        yield
    except TemporaryError:
        raise
    except SlimError as error:
        message = f"{variable}: the archive is refused: {error}; {cure}"
        raise SlimError(message) from error
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        message = f"{variable}: the archive is refused: it is broken or no tar.gz ({error}); {cure}"
        raise SlimError(message) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            message = f"{variable}: the disk is full; give the task more storage, or empty SLIM_CACHE"
            raise TemporaryError(message) from error
        message = f"{variable}: the archive cannot be unpacked: {error.strerror}; {cure}"
        raise SlimError(message) from error


class _Unpacked:
    """What was unpacked so far, to compare the next entry with."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._bytes = 0
        self._folders: set[str] = {"."}
        self._files: set[str] = set()
        self._links: set[str] = set()

    def take_all(self, archive: tarfile.TarFile) -> tuple[int, int]:
        archive.errorlevel = 2
        entries = 0
        while (entry := archive.next()) is not None:
            entries += 1
            if entries > self._limits.most_entries:
                message = f"it holds more than {self._limits.most_entries} entries (SLIM_MAX_ENTRIES)"
                raise SlimError(message)
            self._take(archive, entry)
        self._look_at_links()
        return self._bytes, entries

    def _take(self, archive: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
        name = self._checked_name(entry)
        if name == ".":
            return
        if entry.isreg():
            self._bytes += entry.size
            if self._bytes > self._limits.most_bytes:
                message = f"it unpacks to more than {self._limits.most_bytes} bytes (SLIM_MAX_BYTES)"
                raise SlimError(message)
        archive.extract(entry, self._folder, set_attrs=not entry.issym(), filter="data")
        if entry.isdir():
            self._folders.add(name)
        else:
            (self._links if entry.issym() else self._files).add(name)

    def _checked_name(self, entry: tarfile.TarInfo) -> str:
        name = posixpath.normpath(entry.name)
        parts = name.split("/")
        seen_before = (
            name in self._files or name in self._links or (name in self._folders and not entry.isdir())
        )
        parents = {"/".join(parts[:length]) for length in range(1, len(parts))}
        wrong = {
            "is absolute": entry.name.startswith("/"),
            "climbs out of the folder": ".." in entry.name.split("/"),
            "is no file, directory or symbolic link": not (entry.isreg() or entry.isdir() or entry.issym()),
            "is a sparse file": entry.issparse(),
            "has the setuid, setgid or sticky bit": bool(entry.mode & _UNSAFE_BITS) and not entry.issym(),
            "is there twice": seen_before,
            "leads through a link or a file": not (
                parents.isdisjoint(self._links) and parents.isdisjoint(self._files)
            ),
        }
        for what, is_so in wrong.items():
            if is_so:
                message = f"the entry {entry.name[:_SHOWN]!a} {what}"
                raise SlimError(message)
        self._folders |= parents
        return name

    def _look_at_links(self) -> None:
        """Follow every link to its end: one may lead through another that came later."""
        root = os.path.realpath(self._folder)
        for name in sorted(self._links):
            end = os.path.realpath(os.path.join(root, name))  # noqa: PTH118 - beside realpath
            if os.path.commonpath([root, end]) != root:
                message = f"the link {name[:_SHOWN]!a} ends outside of the archive"
                raise SlimError(message)
