"""Objects from and to S3 by the AWS CLI, and files. What is in them does not matter here."""  # noqa: INP001 - scripts beside each other

import hashlib
import re
import shutil
import subprocess
import time
from pathlib import Path

from configuration import Archive
from faults import SlimError, TemporaryError, shown, tell

_ATTEMPTS = 4
_UPLOAD_SECONDS = 30
_BLOCK = 1 << 20
_CODE = re.compile(r"An error occurred \((\w+)\)")
_TRANSIENT_CODES = frozenset(
    {
        *("500", "502", "503", "504"),
        *("InternalError", "InternalServerError", "ServiceUnavailable", "SlowDown", "Throttling"),
        *("OperationAborted", "RequestTimeout", "RequestTimeoutException", "ThrottlingException"),
    }
)
_TRANSIENT_TEXT = re.compile(
    r"could not connect|connection (was closed|reset|refused|aborted|broken)|timed? ?out|incompleteread"
    r"|response ended prematurely|broken pipe|checksum.*did not match|temporary failure in name resolution",
    re.IGNORECASE,
)
_CURES = {
    "NoSuchKey": "there is no such object: upload it, or correct the key",
    "NoSuchVersion": "there is no such version: correct versionId",
    "NoSuchBucket": "there is no such bucket: correct its name",
    "AccessDenied": "allow the task role s3:GetObject and s3:GetObjectVersion on it",
    "403": "allow the task role s3:GetObject and s3:GetObjectVersion on it",
    "404": "there is no such object: upload it, or correct the key",
    "InvalidArgument": "versionId is none of S3: correct it",
    "MethodNotAllowed": "this version is a delete marker: name another one",
}


def fetch(archive: Archive, target: Path, *, retry_seconds: float) -> None:
    """Write an archive to a file; only faults that pass are tried again.

    Raises
    ------
    SlimError
        If it cannot be had.
    TemporaryError
        If S3 did not serve it in several attempts.
    """
    if archive.scheme == "file":
        _copy(archive, target)
        return
    command = [*_s3(archive), "get-object", "--bucket", archive.bucket, "--key", archive.key]
    command += ["--version-id", archive.version] if archive.version else []
    command += ["--checksum-mode", "ENABLED", str(target)]
    for attempt in range(1, _ATTEMPTS + 1):
        told = _run(command)
        if told is None:
            return
        code = found[1] if (found := _CODE.search(told)) else ""
        if code not in _TRANSIENT_CODES and (code or not _TRANSIENT_TEXT.search(told)):
            cure = _CURES.get(code, "correct the address, or the credentials of the task")
            message = f"{archive.variable}: {archive} cannot be read: {cure} ({shown(told)})"
            raise SlimError(message)
        tell("download failed", archive=str(archive), attempt=attempt, of=_ATTEMPTS, error=shown(told))
        if attempt < _ATTEMPTS:
            time.sleep(retry_seconds * 2 ** (attempt - 1))
    message = f"{archive.variable}: S3 did not serve {archive} in {_ATTEMPTS} attempts; try again later"
    raise TemporaryError(message)


def put(file: Path, archive: Archive, name: str) -> str:
    """Put a file below a prefix and return its address.

    Raises
    ------
    SlimError
        If that fails; the caller decides whether it matters.
    """
    key = f"{archive.key.rstrip('/')}/{name}" if archive.key.strip("/") else name
    if archive.scheme == "file":
        try:
            target = Path("/", key)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        except OSError as error:
            message = f"{archive.variable}: the log cannot be written: {error.strerror}"
            raise SlimError(message) from error
        return f"file://{target}"
    told = _run(
        [*_s3(archive), "put-object", "--bucket", archive.bucket, "--key", key, "--body", str(file)],
        seconds=_UPLOAD_SECONDS,
    )
    if told is not None:
        message = f"{archive.variable}: the log cannot be written to s3://{archive.bucket}: {shown(told)}"
        raise SlimError(message)
    return f"s3://{archive.bucket}/{key}"


def sha256(file: Path) -> str:
    """Return the digest of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _s3(archive: Archive) -> list[str]:
    return ["aws", *(["--endpoint-url", archive.endpoint] if archive.endpoint else []), "s3api"]


def _copy(archive: Archive, target: Path) -> None:
    try:
        shutil.copyfile(archive.key, target)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        message = f"{archive.variable}: {archive} cannot be read: {error.strerror}; correct the path"
        raise SlimError(message) from error


def _run(command: list[str], seconds: float | None = None) -> str | None:
    """Run the AWS CLI; return what it says is wrong, or None."""
    try:
        done = subprocess.run(  # noqa: S603 - arguments, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as error:
        message = "the AWS CLI is missing from this image: install `aws`"
        raise SlimError(message) from error
    except subprocess.TimeoutExpired:
        return f"it took longer than {seconds} seconds"
    if done.returncode == 0:
        return None
    return done.stderr.decode("utf-8", "replace").strip() or f"aws ended with {done.returncode}"
