"""Archives by their content: the file on this disk, the object in S3, the address of it."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from analytics_platform.archives.faults import ArchiveError

_SHORT = 16
_MISSING = {"404", "NoSuchKey", "NotFound"}


@dataclass(frozen=True)
class Built:
    """An archive on this disk.

    Attributes
    ----------
    file : Path
        The archive, called after its content.
    sha256 : str
        Its digest.
    """

    file: Path
    sha256: str

    @property
    def address(self) -> str:
        """The address that the slim container takes on this machine."""
        return f"file://{quote(str(self.file.absolute()))}?sha256={self.sha256}"


def keep(written: Path, kind: str, suffix: str, sha256: str) -> Built:
    """Call a written archive after its content, in the folder where it is."""
    file = written.with_name(f"{kind}-{sha256[:_SHORT]}{suffix}")
    written.replace(file)
    return Built(file, sha256)


def upload(built: Built, prefix: str) -> tuple[str, bool]:
    """Put an archive below ``s3://bucket/prefix`` unless it is there; return its address, and whether it was.

    S3 compares the digest with what it received, and so does this with what is already there.

    Raises
    ------
    ArchiveError
        If the prefix is none, S3 refuses, or another object has the name.
    """
    parts = urlsplit(prefix)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        message = f"{prefix} is no place for archives: give s3://bucket/prefix"
        raise ArchiveError(message)
    key = "/".join(filter(None, [parts.path.strip("/"), built.file.name]))
    try:
        s3 = boto3.client("s3")
        found = _look(s3, parts.netloc, key)
        is_new = found is None
        if found is None:
            found = _put(s3, parts.netloc, key, built)
        elif _digest_of(found) != built.sha256:
            message = (
                f"s3://{parts.netloc}/{key} is another object than {built.file.name}: "
                "find out who put it there"
            )
            raise ArchiveError(message)
    except (BotoCoreError, ClientError) as error:
        message = f"s3://{parts.netloc}/{key} cannot be put: {error}; correct the bucket or the credentials"
        raise ArchiveError(message) from error
    version = found.get("VersionId")
    pinned = f"versionId={quote(version, safe='')}&" if version and version != "null" else ""
    return f"s3://{parts.netloc}/{quote(key)}?{pinned}sha256={built.sha256}", is_new


def _look(s3: Any, bucket: str, key: str) -> dict[str, Any] | None:  # noqa: ANN401 - boto3 has no types
    try:
        found: dict[str, Any] = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
    return found


def _put(s3: Any, bucket: str, key: str, built: Built) -> dict[str, Any]:  # noqa: ANN401 - as above
    with built.file.open("rb") as body:
        put: dict[str, Any] = s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ChecksumSHA256=base64.b64encode(bytes.fromhex(built.sha256)).decode(),
            Metadata={"sha256": built.sha256},
        )
    return put


def _digest_of(found: dict[str, Any]) -> str:
    told = found.get("ChecksumSHA256")
    return base64.b64decode(told).hex() if told else str(found.get("Metadata", {}).get("sha256"))
