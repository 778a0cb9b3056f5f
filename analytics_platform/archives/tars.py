"""Tar files that depend on their content only: no times, owners or bytecode. Nothing is uploaded here."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, cast

from analytics_platform.archives.faults import ArchiveError

_LEVEL = 6
_RUNNABLE, _PLAIN = 0o755, 0o644
_BYTECODE = frozenset({"__pycache__"})

Content = Path | bytes
"""A file or a symbolic link on the disk, or bytes that are to be a file."""


class _Digested(io.RawIOBase):
    """A file whose digest is known at its end."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, block: object) -> int:
        piece = bytes(memoryview(cast("bytes", block)))
        self.digest.update(piece)
        return self._out.write(piece)


def files_of(folder: Path) -> dict[str, Content]:
    """Return every file and link below a folder by its path in it, without bytecode."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if _BYTECODE.isdisjoint(path.parts) and (path.is_symlink() or path.is_file())
    }


def write_tar(files: Mapping[str, Content], target: Path) -> str:
    """Write a tar.gz of files in the order of their names; return its sha256.

    A file may be run if its owner may run it; nothing else of its mode, and neither times nor owner count.

    Raises
    ------
    ArchiveError
        If a file is neither a regular one nor a relative link.
    """
    with target.open("wb") as raw:
        digested = _Digested(raw)
        with (
            gzip.GzipFile("", "wb", _LEVEL, cast("IO[bytes]", digested), mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for name in sorted(files):
                _add(archive, name, files[name])
    return digested.digest.hexdigest()


def _add(archive: tarfile.TarFile, name: str, content: Content) -> None:
    entry = tarfile.TarInfo(name)
    if isinstance(content, bytes):
        entry.size, entry.mode = len(content), _RUNNABLE if content.startswith(b"#!") else _PLAIN
        archive.addfile(entry, io.BytesIO(content))
    elif content.is_symlink():
        entry.type, entry.mode, entry.linkname = tarfile.SYMTYPE, 0o777, str(content.readlink())
        if entry.linkname.startswith("/"):
            message = (
                f"{content} is a link to {entry.linkname}, which is elsewhere on another machine; remove it"
            )
            raise ArchiveError(message)
        archive.addfile(entry)
    else:
        entry.size = content.stat().st_size
        entry.mode = _RUNNABLE if content.stat().st_mode & 0o100 else _PLAIN
        with content.open("rb") as opened:
            archive.addfile(entry, opened)
