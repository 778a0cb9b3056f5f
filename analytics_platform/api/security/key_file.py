"""Giving and revoking keys: the changes of their file. Not the look-up of a running server."""

import fcntl
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analytics_platform.api.security.identity import SCOPES, Scope
from analytics_platform.api.security.keys import NAME, Key, digest_of, random_key, read_keys
from analytics_platform.storage.files import replacing

_OWNER_ONLY = 0o600
_LONGEST_DAYS = 3660
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEAD = "# Keys of the API: `analytics api-key` writes this file. No key can be found from what stands here."


class KeyRequestError(ValueError):
    """A key cannot be given or revoked as it was asked for."""


def give(path: Path, name: str, scopes: Iterable[str], days: int | None = None) -> str:
    """Add a key to the file and return it, the only time that it is seen; parameters are those of `admit`."""
    key = random_key()
    admit(path, name, digest_of(key), scopes, days)
    return key


def admit(path: Path, name: str, digest: str, scopes: Iterable[str], days: int | None = None) -> None:
    """Add a key that was drawn elsewhere to the file, by its digest.

    Parameters
    ----------
    path : Path
        File of the keys.
    name : str
        Name that nobody has yet: lower-case letters, digits, dot, dash and underscore.
    digest : str
        SHA-256 of the key, in hexadecimal.
    scopes : iterable of {"read", "upload", "materialize"}
        What its holder may do, at least one.
    days : int, optional
        After how many days it ends.

    Raises
    ------
    KeyRequestError
        If the name is taken or none, the digest is none, or a scope is unknown.
    KeyFileError
        If the file cannot be used.
    """
    wanted = _scopes(scopes)
    if NAME.fullmatch(name) is None:
        message = (
            f"{name!r} is no name of a key: give 1 to 64 lower-case letters, digits, dots, dashes and "
            "underscores, the first a letter or digit"
        )
        raise KeyRequestError(message)
    if _DIGEST.fullmatch(digest) is None:
        # Not repeated: it might be the key itself, and this is logged.
        message = "that is no SHA-256: give the digest that `analytics api-key draw` tells, not the key"
        raise KeyRequestError(message)
    if days is not None and not 0 < days <= _LONGEST_DAYS:
        message = f"a key cannot last {days} days: give 1 to {_LONGEST_DAYS}"
        raise KeyRequestError(message)
    now = datetime.now(UTC).replace(microsecond=0)
    with _only_writer(path):
        keys = read_keys(path)
        if name in keys:
            message = f"there is a key {name!r}: give another name, or revoke that one first"
            raise KeyRequestError(message)
        ends = None if days is None else now + timedelta(days=days)
        keys[name] = Key(name, digest, wanted, now, ends)
        _write(path, keys.values())


def revoke(path: Path, name: str) -> None:
    """Take a key out of the file; a running server refuses it from its next request on.

    Raises
    ------
    KeyRequestError
        If there is no such key.
    KeyFileError
        If the file cannot be used.
    """
    with _only_writer(path):
        keys = read_keys(path)
        if keys.pop(name, None) is None:
            known = ", ".join(sorted(keys)) or "none"
            message = f"there is no key {name!r}: known are {known}"
            raise KeyRequestError(message)
        _write(path, keys.values())


def _scopes(given: Iterable[str]) -> frozenset[Scope]:
    asked = list(given)
    unknown = sorted(set(asked) - set(SCOPES))
    if unknown or not asked:
        message = f"scopes {', '.join(unknown) or 'none'}: give one or more of {', '.join(SCOPES)}"
        raise KeyRequestError(message)
    return frozenset(scope for scope in SCOPES if scope in asked)


def _write(path: Path, keys: Iterable[Key]) -> None:
    lines = [_HEAD]
    for key in sorted(keys, key=lambda each: each.name):
        # Every text here was held against a pattern, and JSON writes such texts as TOML does.
        lines += ["", f"[keys.{json.dumps(key.name)}]", f"sha256 = {json.dumps(key.digest)}"]
        lines += [f"scopes = {json.dumps(sorted(key.scopes))}", f"created = {key.created.isoformat()}"]
        if key.expires is not None:
            lines.append(f"expires = {key.expires.isoformat()}")
    with replacing(path) as temporary:
        temporary.touch(_OWNER_ONLY)
        temporary.chmod(_OWNER_ONLY)
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def _only_writer(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / f".{path.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
