"""The landing zone in a versioned S3 bucket."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from analytics_platform.storage.landing.object_versions import LandingZoneError, ObjectVersion, refuse_unsafe

_CONFIG = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 5})
_TICK = timedelta(microseconds=1)
_TRIES = 5
_BLOCK = 1 << 20

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_LOST_RACE = frozenset({"412", "PreconditionFailed", "409", "ConditionalRequestConflict"})
"""Error codes of S3: the object is not there; somebody else has put one in between."""

Raw = dict[str, Any]
"""What the S3 client returns; it has no types."""


class S3LandingZone:
    """A versioned bucket, or what stands below a prefix of it.

    The bucket tells when a version was put only to the second, but it lists the versions of a key newest
    first, whatever their second. So `known_at` is the second, and one microsecond more for each version of
    the key that was put before it in the same second: later versions have later times.

    Address and credentials come from the usual variables of the AWS clients, also that of an endpoint.

    Parameters
    ----------
    bucket : str
        The bucket; its versioning must be on.
    prefix : str
        Where in the bucket the landing zone is; keys do not show it.

    Raises
    ------
    LandingZoneError
        If the bucket cannot be reached, or keeps no versions.
    """

    def __init__(self, bucket: str, prefix: str = "") -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = boto3.client("s3", config=_CONFIG)
        with self._told():
            status = self._client.get_bucket_versioning(Bucket=bucket).get("Status")
        if status != "Enabled":
            message = (
                f"the bucket {bucket} keeps no versions (versioning is {status or 'off'}): an overwritten "
                f"file would be lost; switch it on with `aws s3api put-bucket-versioning "
                f"--bucket {bucket} --versioning-configuration Status=Enabled`"
            )
            raise LandingZoneError(message)

    def put(self, key: str, file: Path) -> ObjectVersion:
        """Store a file as the newest version of `key`; the same content again changes nothing.

        Of two that put the same content at the same moment one makes a version.

        Raises
        ------
        LandingZoneError
            If others put versions of the same key all the time.
        """
        refuse_unsafe(key)
        with self._told():
            return self._put(key, file, _sha256(file))

    def _put(self, key: str, file: Path, checksum: str) -> ObjectVersion:
        for _ in range(_TRIES):
            newest = self._head(key)
            if newest is not None and newest.get("ChecksumSHA256") == checksum:
                return self._version(key, newest["VersionId"])
            condition = {"IfNoneMatch": "*"} if newest is None else {"IfMatch": newest["ETag"]}
            try:
                with file.open("rb") as content:
                    made = self._client.put_object(
                        Bucket=self.bucket,
                        Key=self.prefix + key,
                        Body=content,
                        ChecksumAlgorithm="SHA256",
                        ChecksumSHA256=checksum,
                        **condition,
                    )
            except ClientError as error:
                if _code(error) not in _LOST_RACE | _MISSING:
                    raise
            else:
                return self._version(key, made["VersionId"])
        message = f"others put versions of {key} all the time; put it again later"
        raise LandingZoneError(message)

    def versions(self, prefix: str = "", *, after: str | None = None) -> Iterator[ObjectVersion]:
        """Return all versions below `prefix`, key by key in the order of their bytes, behind `after` only.

        Delete markers are no versions: a deleted file stays loaded, and the versions before it stay.
        """
        key, versions = "", list[Raw]()
        for raw in self._listed(self.prefix + prefix, after):
            if raw["Key"] != key:
                yield from self._dated(versions)
                key, versions = raw["Key"], []
            versions.append(raw)
        yield from self._dated(versions)

    def deletions(self, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """Return key and time of every delete marker below `prefix`."""
        for page in self._pages(self.prefix + prefix, None):
            for marker in page.get("DeleteMarkers", ()):
                yield marker["Key"].removeprefix(self.prefix), marker["LastModified"].astimezone(UTC)

    def fetch(self, version: ObjectVersion, folder: Path) -> Path:
        """Copy the content of one version into `folder`; its name there says nothing of the key."""
        target = folder / "delivery"
        condition = {"IfMatch": version.etag} if version.etag else {}
        with self._told():
            found = self._client.get_object(
                Bucket=self.bucket, Key=self.prefix + version.key, VersionId=version.version_id, **condition
            )
            with target.open("wb") as file, closing(found["Body"]) as body:
                for block in body.iter_chunks(_BLOCK):
                    file.write(block)
        return target

    def _head(self, key: str) -> Raw | None:
        """Return what S3 tells of the newest version; None if there is none or it was deleted."""
        try:
            found: Raw = self._client.head_object(
                Bucket=self.bucket, Key=self.prefix + key, ChecksumMode="ENABLED"
            )
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise
        return found

    def _version(self, key: str, version_id: str) -> ObjectVersion:
        """Return one version as the listing tells it: its time depends on its neighbours."""
        raws = [raw for raw in self._listed(self.prefix + key, None) if raw["Key"] == self.prefix + key]
        return next(version for version in self._dated(raws) if version.version_id == version_id)

    def _dated(self, newest_first: list[Raw]) -> Iterator[ObjectVersion]:
        """Return the versions of one key, oldest first, each with a time of its own."""
        last: datetime | None = None
        for raw in reversed(newest_first):
            put_at = raw["LastModified"].astimezone(UTC)
            known_at = put_at if last is None or put_at > last else last + _TICK
            last = known_at
            yield ObjectVersion(
                known_at=known_at,
                key=raw["Key"].removeprefix(self.prefix),
                version_id=raw["VersionId"],
                size=raw["Size"],
                etag=raw["ETag"],
            )

    def _listed(self, prefix: str, after: str | None) -> Iterator[Raw]:
        last = "" if after is None else self.prefix + after
        for page in self._pages(prefix, last or None):
            for raw in page.get("Versions", ()):
                # A marker may let older versions of its key through; what ends in / is a console's folder.
                if raw["Key"] > last and not raw["Key"].endswith("/"):
                    yield raw

    def _pages(self, prefix: str, after: str | None) -> Iterator[Raw]:
        markers = {} if after is None else {"KeyMarker": after}
        while True:
            with self._told():
                page: Raw = self._client.list_object_versions(Bucket=self.bucket, Prefix=prefix, **markers)
            yield page
            if not page.get("IsTruncated"):
                return
            markers = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell errors of the client, which has tried again by itself, in words that name the bucket."""
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            message = f"the bucket {self.bucket} failed: {error}; check its name, region and permissions"
            raise LandingZoneError(message) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return base64.b64encode(hashlib.file_digest(content, "sha256").digest()).decode()
