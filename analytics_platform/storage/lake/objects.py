"""What the lake asks of the place where its objects stand. A folder and a bucket differ in this alone."""

from collections.abc import Collection, Hashable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import polars as pl


class DamagedLakeError(RuntimeError):
    """A published object cannot be read."""


class UnreachableLakeError(RuntimeError):
    """The place where the objects stand does not answer, or refuses."""


def cause(error: Exception) -> str:
    """Return what an error of Polars says, without its advice and the answer of the server."""
    first = str(error).splitlines()[0]
    return first.partition(" (set POLARS")[0].partition(": Error performing")[0]


class Objects(Protocol):
    """Files under keys such as ``prices/first_date=2024-01-02/last_date=2024-01-02/a.parquet``.

    A reader sees a whole file or none. Errors of the place itself are `UnreachableLakeError` or `OSError`.

    Attributes
    ----------
    url : str
        The folder, or ``s3://bucket/prefix``; whatever has the same one holds the same files.
    """

    @property
    def url(self) -> str:
        """The folder, or ``s3://bucket/prefix``."""

    def address(self, key: str) -> str:
        """Return the whole path or URL of a key."""

    def has(self, key: str) -> bool:
        """Tell whether there is a file under a key."""

    def digest(self, key: str) -> str:
        """Return the SHA-256 digest of a file in hexadecimal."""

    def writing(self, key: str) -> AbstractContextManager[Path]:
        """Yield a path to write to; its content stands under the key when the block ends without an error.

        Of an immutable object that another writer has put meanwhile, the first stays where the place can
        tell which was the first.
        """

    def replace(self, key: str, file: Path) -> None:
        """Put the content of a file under a key, whatever stands there now."""

    def remove(self, key: str) -> None:
        """Take a file away; one that is not there is no error."""

    def scan(self, keys: Sequence[str], schema: pl.Schema | None = None) -> pl.LazyFrame:
        """Return the rows of Parquet files, unread.

        Columns that a file does not have are null; without a schema all have those of the first file.
        Collecting raises `FileNotFoundError` or a `ComputeError` of Polars for missing and damaged files.
        """

    def rows(self, folder: str, schema: pl.Schema, *, only: str | None = None) -> pl.DataFrame:
        """Return the rows of all Parquet files below a folder: many, small and immutable.

        Parameters
        ----------
        folder : str
            Key of the folder; it may be missing.
        schema : Schema
            Columns of the files.
        only : str, optional
            Of the folders in it only this one, and those of the layout before there was one a table.

        Returns
        -------
        DataFrame
            The same object as before, if nothing has come since.
        """

    def identity(self, key: str) -> Hashable | None:
        """Return what is another when the content under a key is replaced; None if there is no file."""

    def load(self, key: str) -> bytes:
        """Return the content under a key."""

    def store(self, key: str, content: bytes, *, instead_of: Hashable | None) -> bool:
        """Put a small file that changes; return False if another writer has replaced it meanwhile.

        Parameters
        ----------
        key : str
            Where to.
        content : bytes
            All of it.
        instead_of : hashable or None
            The `identity` of what the content was made from. A folder has one writer and does not look.
        """

    def forget(self, folder: str, *, but: Collection[str], older_than_seconds: float) -> None:
        """Delete the Parquet files of a folder that have other names than some, and are old enough."""
