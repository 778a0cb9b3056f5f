"""The objects of a lake in a bucket of S3."""

import base64
import hashlib
import tempfile
import threading
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from botocore.exceptions import ClientError

from analytics_platform.storage.lake.bucket import LOST_RACE, MISSING, bucket, code, told
from analytics_platform.storage.lake.listing import SmallObjects, keys_below
from analytics_platform.storage.lake.objects import UnreachableLakeError

_TRIES = 5
_NEW = {"IfNoneMatch": "*"}

_known: dict[tuple[str, str], SmallObjects] = {}
_lock = threading.Lock()


class S3Objects:
    """Objects below a prefix of a bucket: the `Objects` of a lake on S3.

    Every object is put whole by one request, so a killed writer leaves nothing behind, and only where there
    is none yet, so of two writers the first stays.

    Parameters
    ----------
    name : str
        The bucket. It need not keep versions.
    prefix : str
        Where in the bucket the lake is.

    Raises
    ------
    UnreachableLakeError
        If the bucket cannot be reached.
    """

    def __init__(self, name: str, prefix: str = "") -> None:
        self._bucket = bucket(name)
        self._name = name
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    @property
    def url(self) -> str:
        """Bucket and prefix: ``s3://bucket/prefix``."""
        return f"s3://{self._name}/{self._prefix}".rstrip("/")

    def address(self, key: str) -> str:
        """Return the URL of a key."""
        return f"s3://{self._name}/{self._prefix}{key}"

    def has(self, key: str) -> bool:
        """Tell whether there is an object under a key."""
        return self._head(key) is not None

    def digest(self, key: str) -> str:
        """Return the SHA-256 digest of an object in hexadecimal, as S3 has verified it when it was put.

        Raises
        ------
        FileNotFoundError
            If there is no object.
        UnreachableLakeError
            If the object was not put by this platform, so that S3 does not know its digest.
        """
        head = self._head(key)
        if head is None:
            message = f"there is no object {self.address(key)}"
            raise FileNotFoundError(message)
        checksum = head.get("ChecksumSHA256")
        if checksum is None:
            message = f"S3 knows no SHA-256 of {self.address(key)}: put it with one, or by this platform"
            raise UnreachableLakeError(message)
        return base64.b64decode(checksum).hex()

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """Yield a path on this disk; its content is put under the key, unless an object stands there by then.

        Raises
        ------
        UnreachableLakeError
            If others put and remove the object all the time.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "object")
            yield path
            for _ in range(_TRIES):
                if self._put(key, path, _NEW) or self.has(key):
                    return
        raise self._busy(key)

    def replace(self, key: str, file: Path) -> None:
        """Put the content of a file under a key.

        Raises
        ------
        UnreachableLakeError
            If others replace the object all the time.
        """
        for _ in range(_TRIES):
            head = self._head(key)
            if self._put(key, file, _NEW if head is None else {"IfMatch": head["ETag"]}):
                return
        raise self._busy(key)

    def remove(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with told(self._name):
            self._bucket.client.delete_object(Bucket=self._name, Key=self._prefix + key)

    def scan(self, keys: Sequence[str], schema: pl.Schema | None = None) -> pl.LazyFrame:
        """Return the rows of Parquet objects, unread; columns that an object does not have are null."""
        return pl.scan_parquet(
            [self.address(key) for key in keys],
            schema=schema,
            missing_columns="insert",
            glob=False,
            hive_partitioning=False,
            storage_options=self._bucket.options,
            credential_provider=self._bucket.credentials,
        )

    def rows(self, folder: str, schema: pl.Schema, *, only: str | None = None) -> pl.DataFrame:
        """Return the rows of all Parquet objects below a folder, each read once a process."""
        whole = f"{self._prefix}{folder}/"
        with _lock:
            known = _known.setdefault((self._name, whole), SmallObjects(self._bucket, whole, schema))
        return known.rows(only)

    def identity(self, key: str) -> Hashable | None:
        """Return the ETag of an object; None if there is none."""
        head = self._head(key)
        return None if head is None else str(head["ETag"])

    def load(self, key: str) -> bytes:
        """Return the content of an object."""
        with told(self._name):
            found = self._bucket.client.get_object(Bucket=self._name, Key=self._prefix + key)
            with found["Body"] as body:
                return bytes(body.read())

    def store(self, key: str, content: bytes, *, instead_of: Hashable | None) -> bool:
        """Put a small object instead of the one of an ETag; return False if there is another by now."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "object")
            path.write_bytes(content)
            return self._put(key, path, _NEW if instead_of is None else {"IfMatch": str(instead_of)})

    def forget(self, folder: str, *, but: Collection[str], older_than_seconds: float) -> None:
        """Delete the Parquet objects of a folder that have other names than some, and are old enough."""
        before = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        for whole in keys_below(self._bucket, f"{self._prefix}{folder}/"):
            key = whole.removeprefix(self._prefix)
            if key.endswith(".parquet") and key.rpartition("/")[2] not in but:
                head = self._head(key)
                if head is not None and head["LastModified"] < before:
                    self.remove(key)

    def _head(self, key: str) -> dict[str, Any] | None:
        """Return what S3 tells of an object; None if there is none."""
        with told(self._name):
            try:
                found: dict[str, Any] = self._bucket.client.head_object(
                    Bucket=self._name, Key=self._prefix + key, ChecksumMode="ENABLED"
                )
            except ClientError as error:
                if code(error) in MISSING:
                    return None
                raise
        return found

    def _put(self, key: str, file: Path, condition: Mapping[str, Hashable]) -> bool:
        """Put an object on a condition; return False if it does not hold."""
        with told(self._name), file.open("rb") as content:
            checksum = base64.b64encode(hashlib.file_digest(content, "sha256").digest()).decode()
            content.seek(0)
            try:
                self._bucket.client.put_object(
                    Bucket=self._name,
                    Key=self._prefix + key,
                    Body=content,
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=checksum,
                    **condition,
                )
            except ClientError as error:
                if code(error) in LOST_RACE | MISSING:
                    return False
                raise
        return True

    def _busy(self, key: str) -> UnreachableLakeError:
        return UnreachableLakeError(f"others replace {self.address(key)} all the time; try again later")
