"""Objects in S3: listed, read from a manifest, opened and put."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from botocore.exceptions import ClientError

from analytics_platform_tests.integration.redshift_double.errors import RedshiftError

_LARGEST_IN_MEMORY = 4 << 20


@dataclass(frozen=True)
class Listed:
    """An object: its address, size in bytes and what its content is known by."""

    bucket: str
    key: str
    size: int
    etag: str

    @property
    def address(self) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"


class ObjectStore:
    """S3, as Redshift's role sees it.

    Parameters
    ----------
    client
        Of boto3.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 has no types
        self._client = client

    def under(self, address: str) -> list[Listed]:
        """Return every object with content whose address begins so, by key."""
        bucket, prefix = parts(address)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [
            Listed(bucket, one["Key"], one["Size"], one["ETag"])
            for page in pages
            for one in page.get("Contents", ())
            if one["Size"]
        ]

    def named_by(self, manifest: str, *, needs_size: bool) -> list[Listed]:
        """Return what a manifest names, in its order; without those that may lack and do.

        Raises
        ------
        RedshiftError
            If the manifest is none, an object that it demands is not there, or has another size.
        """
        try:
            content = json.loads(self.content(manifest))
            entries = [
                (one["url"], one.get("mandatory", False), one.get("meta", {})) for one in content["entries"]
            ]
        except (ValueError, KeyError, TypeError) as fault:
            message = f"Problem reading manifest file - invalid JSON or no entries: {manifest}"
            raise RedshiftError(message) from fault
        found = []
        for address, mandatory, meta in entries:
            size = meta.get("content_length")
            if needs_size and size is None:
                message = (
                    f"Manifest entry without meta.content_length, which columnar formats need: {address}"
                )
                raise RedshiftError(message)
            listed = self._head(address)
            if listed is None and mandatory:
                message = f"Mandatory url is not present in S3: {address}"
                raise RedshiftError(message, detail=f"named by {manifest}")
            if listed is not None and size is not None and size != listed.size:
                message = f"Manifest says {size} bytes, S3 holds {listed.size}: {address}"
                raise RedshiftError(message)
            found.extend([listed] if listed else [])
        return found

    def content(self, address: str) -> bytes:
        """Return an object."""
        bucket, key = parts(address)
        try:
            return bytes(self._client.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as fault:
            raise _refused(address, fault) from fault

    @contextmanager
    def opened(self, one: Listed) -> Iterator[IO[bytes]]:
        """Hold an object as a file, in memory if it is small."""
        with SpooledTemporaryFile(_LARGEST_IN_MEMORY, prefix="redshift_double_") as file:
            try:
                body = self._client.get_object(Bucket=one.bucket, Key=one.key)["Body"]
                for chunk in body.iter_chunks(1 << 20):
                    file.write(chunk)
            except ClientError as fault:
                raise _refused(one.address, fault) from fault
            file.seek(0)
            yield file

    def put(self, address: str, content: Path | bytes) -> None:
        """Write an object."""
        bucket, key = parts(address)
        if isinstance(content, bytes):
            self._client.put_object(Bucket=bucket, Key=key, Body=content)
            return
        with content.open("rb") as file:
            self._client.put_object(Bucket=bucket, Key=key, Body=file)

    def delete(self, found: list[Listed]) -> None:
        """Delete objects."""
        for one in found:
            self._client.delete_object(Bucket=one.bucket, Key=one.key)

    def _head(self, address: str) -> Listed | None:
        bucket, key = parts(address)
        try:
            told = self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as fault:
            if fault.response["Error"]["Code"] == "404":
                return None
            raise _refused(address, fault) from fault
        return Listed(bucket, key, told["ContentLength"], told["ETag"])


def parts(address: str) -> tuple[str, str]:
    """Return bucket and key of an address.

    Raises
    ------
    RedshiftError
        If it is none of S3.
    """
    scheme, _, rest = address.partition("://")
    bucket, slash, key = rest.partition("/")
    if scheme != "s3" or not slash or not bucket:
        message = f"Invalid S3 address: {address}"
        raise RedshiftError(message)
    return bucket, key


def _refused(address: str, fault: ClientError) -> RedshiftError:
    told = fault.response["Error"]
    status = fault.response["ResponseMetadata"]["HTTPStatusCode"]
    return RedshiftError(
        f"S3ServiceException:{told.get('Message', '')},Status {status},Error {told['Code']}", detail=address
    )
