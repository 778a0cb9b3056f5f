"""What the slim container is asked to do: its variables, checked. Nothing is fetched here."""  # noqa: INP001 - scripts beside each other

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from faults import SlimError

DEFAULT_CACHE = "/var/cache/slim"
_GIB, _MIB = 1 << 30, 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")
_EXAMPLE = "s3://bucket/key?versionId=...&sha256=..."


@dataclass(frozen=True)
class Archive:
    """One archive, and how it is known.

    Attributes
    ----------
    variable : str
        The variable that names it.
    scheme, bucket, key : str
        Where it is; of ``file`` the bucket is empty and the key is a path.
    version : str or None
        Version of the object.
    sha256 : str or None
        Digest that it must have; without one, whatever comes is taken.
    endpoint : str or None
        Address of S3 where it is not that of AWS; older versions of the CLI do not read the variable.
    """

    variable: str
    scheme: str
    bucket: str
    key: str
    version: str | None = None
    sha256: str | None = None
    endpoint: str | None = None

    def __str__(self) -> str:
        """Return the address without its digest."""
        version = f"?versionId={self.version}" if self.version else ""
        return f"{self.scheme}://{self.bucket}{'' if self.scheme == 'file' else '/'}{self.key}{version}"


@dataclass(frozen=True)
class Configuration:
    """All that the container is told.

    Attributes
    ----------
    environment, code : Archive or None
        The virtual environment and the code.
    command : tuple of str
        What is run.
    cache : Path
        Folder of unpacked archives.
    most_bytes, most_entries : int
        Limits of one unpacked archive.
    logs : Archive or None
        Where the log of a failure is put: bucket and prefix, or a folder.
    log_bytes : int
        So much of the output is kept for it.
    retry_seconds : float
        Wait before the second attempt of a download; doubled each time.
    """

    environment: Archive | None
    code: Archive | None
    command: tuple[str, ...]
    cache: Path
    most_bytes: int
    most_entries: int
    logs: Archive | None
    log_bytes: int
    retry_seconds: float


def configuration(environment: Mapping[str, str], arguments: Sequence[str]) -> Configuration:
    """Read the variables; arguments win over COMMAND.

    Raises
    ------
    SlimError
        If one of them is wrong; names it.
    """
    script = environment.get("COMMAND", "")
    if not arguments and not script.strip():
        message = "nothing to run: set COMMAND to a shell script, or give the container a command"
        raise SlimError(message)
    command = tuple(arguments) or ("bash", "-euo", "pipefail", "-c", script)
    if any("\0" in word for word in command):
        message = "COMMAND holds a NUL character, which no program can be given; remove it"
        raise SlimError(message)
    logs = environment.get("LOG_ARCHIVE")
    return Configuration(
        environment=_archive(environment, "ENVIRONMENT_ARCHIVE"),
        code=_archive(environment, "CODE_ARCHIVE"),
        command=command,
        cache=Path(environment.get("SLIM_CACHE") or DEFAULT_CACHE).absolute(),
        most_bytes=_number(environment, "SLIM_MAX_BYTES", 8 * _GIB),
        most_entries=_number(environment, "SLIM_MAX_ENTRIES", 100_000),
        logs=_address(environment, "LOG_ARCHIVE", logs) if logs else None,
        log_bytes=_number(environment, "SLIM_LOG_BYTES", 16 * _MIB),
        retry_seconds=_number(environment, "SLIM_RETRY_MILLISECONDS", 1000) / 1000,
    )


def _number(environment: Mapping[str, str], variable: str, default: int) -> int:
    text = environment.get(variable) or str(default)
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        message = f"{variable} is {text[:40]!r}: set it to a whole number above 0, or unset it"
        raise SlimError(message)
    return int(text)


def _archive(environment: Mapping[str, str], variable: str) -> Archive | None:
    text = environment.get(variable)
    if not text:
        return None
    archive = _address(environment, variable, text)
    if archive.key in {"", "/"} or archive.key.endswith("/"):
        message = f"{variable} names no object: set it to {_EXAMPLE}"
        raise SlimError(message)
    return archive


def _address(environment: Mapping[str, str], variable: str, text: str) -> Archive:
    """Take an address apart; what it holds is not printed where it may be a signed or secret one."""
    try:
        parts = urlsplit(text)
        known = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as error:
        message = f"{variable} is no address: set it to {_EXAMPLE}"
        raise SlimError(message) from error
    if parts.scheme not in {"s3", "file"}:
        message = f"{variable} has the scheme {parts.scheme[:20]!r}: only s3:// and file:// are read"
        raise SlimError(message)
    if "@" in parts.netloc or (parts.scheme == "file") == bool(parts.netloc):
        message = f"{variable} names no bucket, or a host or user: set it to {_EXAMPLE} or file:///path"
        raise SlimError(message)
    unknown = sorted(set(known) - {"versionId", "sha256"})
    if unknown or parts.fragment or any(len(values) != 1 or not values[0] for values in known.values()):
        message = f"{variable} may hold one versionId and one sha256 behind the '?', nothing else"
        raise SlimError(message)
    digest = known.get("sha256", [None])[0]
    if digest is not None and not _DIGEST.fullmatch(digest):
        message = f"{variable} has a sha256 that is not 64 characters of 0-9a-f; copy it whole"
        raise SlimError(message)
    key = unquote(parts.path) if parts.scheme == "file" else unquote(parts.path).removeprefix("/")
    version = known.get("versionId", [None])[0]
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    return Archive(variable, parts.scheme, parts.netloc, key, version, digest, endpoint)
