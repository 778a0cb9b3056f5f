"""Keys of the API: what one is, and which one a caller shows. Not how they are given and revoked."""

import hashlib
import hmac
import logging
import re
import secrets
import stat
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from analytics_platform.api.security.identity import Scope

PREFIX = "ap_"
"""Of every key: it tells a key from a token, and lets scanners find one that was committed."""

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_RANDOM_BYTES = 32
_LONGEST = 128
_LOG = logging.getLogger(__name__)


class KeyFileError(RuntimeError):
    """The file of the keys cannot be used."""


@dataclass(frozen=True)
class Key:
    """An entry of the file: everything but the key itself.

    Attributes
    ----------
    name : str
        Under which it stands in the audit log and is revoked.
    digest : str
        SHA-256 of the key, in hexadecimal.
    scopes : frozenset of {"read", "upload", "materialize"}
        What its holder may do.
    created : datetime
        When it was given, UTC.
    expires : datetime, optional
        From when on it is refused, UTC; none if it does not end.
    """

    name: str
    digest: str
    scopes: frozenset[Scope]
    created: datetime
    expires: datetime | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and now >= self.expires


class _Entry(BaseModel):
    """What stands under the name of a key."""

    model_config = ConfigDict(extra="forbid")

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    scopes: frozenset[Scope] = Field(min_length=1)
    created: AwareDatetime
    expires: AwareDatetime | None = None


def random_key() -> str:
    """Return a key that nobody has."""
    return PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def digest_of(key: str) -> str:
    """Return what is kept of a key.

    A plain SHA-256 is enough, where a password would need salt and a slow hash: those make guessing costly,
    and nobody guesses 256 random bits, however fast the hash.
    """
    return hashlib.sha256(key.encode()).hexdigest()


def read_keys(path: Path) -> dict[str, Key]:
    """Return the keys of a file by name; none if there is no file.

    Raises
    ------
    KeyFileError
        If others may write the file, or it does not hold what it must.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            content = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        message = f"{path.name} cannot be read: {error}; restore it, or make keys anew by analytics api-key"
        raise KeyFileError(message) from error
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = f"{path.name} may be written by others: set its mode to 600, then look at who has a key"
        raise KeyFileError(message)
    entries = content.get("keys", {})
    if content.keys() - {"keys"} or not isinstance(entries, dict):
        message = f"{path.name} must hold a table [keys.NAME] for each key and nothing else"
        raise KeyFileError(message)
    return {name: _key(path, name, entry) for name, entry in entries.items()}


def _key(path: Path, name: str, entry: object) -> Key:
    try:
        found = _Entry.model_validate(entry)
        is_good = NAME.fullmatch(name) is not None
    except ValidationError:
        is_good = False
    if not is_good:
        message = (
            f"key {name!r} in {path.name} is damaged: it must hold sha256, scopes, created and at most "
            "expires; revoke it and give a new one"
        )
        raise KeyFileError(message)
    return Key(name, found.sha256, found.scopes, found.created, found.expires)


@dataclass
class Keys:
    """The keys of a running server; the file is read again when it changes, so that a key ends at once.

    Parameters
    ----------
    path : Path
        File that `analytics api-key` writes.
    """

    path: Path
    _mark: object = None
    _by_name: dict[str, Key] = field(default_factory=dict)
    _by_digest: dict[str, Key] = field(default_factory=dict)

    def shown(self, key: str) -> Key | None:
        """Return the entry of a key that a caller shows; none if there is none or its time is over.

        Raises
        ------
        KeyFileError
            If the file cannot be used; then nobody has a key.
        """
        if len(key) > _LONGEST or not key.startswith(PREFIX):
            return None
        self._look()
        # The place in the table is that of a digest: what its timing tells leads back to no key.
        digest = digest_of(key)
        entry = self._by_digest.get(digest)
        if entry is None or not hmac.compare_digest(entry.digest, digest):
            return None
        return None if entry.is_expired(datetime.now(UTC)) else entry

    def named(self, name: str, digest: str) -> Key | None:
        """Return the entry of a key that was shown before, if it still stands as it was.

        Raises
        ------
        KeyFileError
            If the file cannot be used; then nobody has a key.
        """
        self._look()
        entry = self._by_name.get(name)
        if entry is None or not hmac.compare_digest(entry.digest, digest):
            return None
        return None if entry.is_expired(datetime.now(UTC)) else entry

    def _look(self) -> None:
        mark = self._mark_of_file()
        if mark == self._mark:
            return
        self._by_name, self._by_digest, self._mark = {}, {}, None
        try:
            found = read_keys(self.path)
        except KeyFileError:
            _LOG.exception("no key is taken until this is mended")
            raise
        self._by_name = found
        self._by_digest = {key.digest: key for key in found.values()}
        self._mark = mark

    def _mark_of_file(self) -> object:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return "no file"
        return status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode
