"""The prefix in S3 through which rows come to Redshift and leave it."""

import logging
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_LISTED = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exchange:
    """Where COPY and UNLOAD exchange files with this process.

    Attributes
    ----------
    url : str
        ``s3://bucket/prefix``; what is left below it by a killed process may be deleted after a day.
    role : str
        On whose behalf Redshift reads and writes there: ``default`` or the ARN of a role.
    """

    url: str
    role: str = "default"

    @contextmanager
    def folder(self, purpose: str) -> Iterator["ExchangeFolder"]:
        """Give a prefix that nobody else has, and delete all below it at the end."""
        import boto3  # noqa: PLC0415 - loading the location needs no AWS

        bucket, _, prefix = self.url.removeprefix("s3://").partition("/")
        below = "/".join(part for part in (prefix.strip("/"), purpose, uuid.uuid4().hex) if part)
        folder = ExchangeFolder(boto3.client("s3"), bucket, below)
        try:
            yield folder
        finally:
            try:
                folder.clear()
            except (BotoCoreError, ClientError) as error:  # must hide no cause, and undo no load
                _log.warning("%s could not be deleted: %s", folder.address(""), error)


@dataclass(frozen=True)
class ExchangeFolder:
    """One prefix for one load or unload.

    Attributes
    ----------
    client
        Of S3.
    bucket, prefix : str
        Where.
    """

    client: Any
    bucket: str
    prefix: str

    def address(self, name: str) -> str:
        """Return the address of an object in it."""
        return f"s3://{self.bucket}/{self.prefix}/{name}"

    def put(self, name: str, content: Path | bytes) -> int:
        """Put an object; return its bytes."""
        if isinstance(content, bytes):
            self.client.put_object(Bucket=self.bucket, Key=f"{self.prefix}/{name}", Body=content)
            return len(content)
        self.client.upload_file(str(content), self.bucket, f"{self.prefix}/{name}")
        return content.stat().st_size

    def names(self, suffix: str) -> list[str]:
        """Return the names of the objects in it that end with a suffix, in order."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=f"{self.prefix}/"
        )
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
        return sorted(key.removeprefix(f"{self.prefix}/") for key in keys if key.endswith(suffix))

    @contextmanager
    def fetched(self, suffix: str) -> Iterator[list[Path]]:
        """Give local copies of the objects that end with a suffix."""
        with tempfile.TemporaryDirectory(prefix="unload_") as name:
            files = []
            for each in self.names(suffix):
                file = Path(name) / each
                self.client.download_file(self.bucket, f"{self.prefix}/{each}", str(file))
                files.append(file)
            yield files

    def clear(self) -> None:
        """Delete everything in it."""
        names = self.names("")
        for start in range(0, len(names), _LISTED):
            keys = [{"Key": f"{self.prefix}/{name}"} for name in names[start : start + _LISTED]]
            self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": keys, "Quiet": True})
