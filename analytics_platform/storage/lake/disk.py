"""The objects of a lake in a folder."""

import time
from collections.abc import Collection, Hashable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl

from analytics_platform.storage import files
from analytics_platform.storage.lake.small_files import small_files


class DiskObjects:
    """Files below a folder: the `Objects` of a lake on disk.

    Parameters
    ----------
    root : Path
        The folder; it may be missing until something is put.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def url(self) -> str:
        """The folder."""
        return str(self.root)

    def address(self, key: str) -> str:
        """Return the path of a key."""
        return f"{self.root}/{key}"

    def has(self, key: str) -> bool:
        """Tell whether there is a file under a key."""
        return (self.root / key).exists()

    def digest(self, key: str) -> str:
        """Return the SHA-256 digest of a file in hexadecimal."""
        return files.sha256_of(self.root / key)

    def writing(self, key: str) -> AbstractContextManager[Path]:
        """Yield a path beside that of the key, which takes its place when the block ends without an error."""
        return files.replacing(self.root / key)

    def replace(self, key: str, file: Path) -> None:
        """Put a copy of a file under a key."""
        files.copy(file, self.root / key)

    def remove(self, key: str) -> None:
        """Take a file away; one that is not there is no error."""
        (self.root / key).unlink(missing_ok=True)

    def scan(self, keys: Sequence[str], schema: pl.Schema | None = None) -> pl.LazyFrame:
        """Return the rows of Parquet files, unread; columns that a file does not have are null."""
        return pl.scan_parquet(
            [self.address(key) for key in keys],
            schema=schema,
            missing_columns="insert",
            glob=False,
            hive_partitioning=False,
        )

    def rows(self, folder: str, schema: pl.Schema, *, only: str | None = None) -> pl.DataFrame:
        """Return the rows of all Parquet files below a folder, each read once a process."""
        return small_files(self.root / folder, schema, only=only)

    def identity(self, key: str) -> Hashable | None:
        """Return inode, time of change and size of a file; None if there is none."""
        try:
            status = (self.root / key).stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def load(self, key: str) -> bytes:
        """Return the content of a file."""
        return (self.root / key).read_bytes()

    def store(self, key: str, content: bytes, *, instead_of: Hashable | None) -> bool:  # noqa: ARG002 - one writer
        """Put a small file; the last writer wins."""
        with files.replacing(self.root / key) as temporary:
            temporary.write_bytes(content)
        return True

    def forget(self, folder: str, *, but: Collection[str], older_than_seconds: float) -> None:
        """Delete the Parquet files of a folder that have other names than some, and are old enough."""
        for path in (self.root / folder).glob("*.parquet"):
            if path.name not in but and time.time() - path.stat().st_mtime > older_than_seconds:
                path.unlink(missing_ok=True)
