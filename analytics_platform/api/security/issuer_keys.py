"""Public keys of an OIDC issuer, fetched when they are needed and seldom. Not what a token must hold."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import urlsplit

import jwt
import urllib3

ALGORITHMS = ("RS256", "ES256")

_FRESH_SECONDS = 600.0
_LONGEST_SECONDS = 3600.0
_BETWEEN_LOOKS_SECONDS = 30.0
_TIMEOUT = urllib3.Timeout(connect=3.0, read=5.0)
_LARGEST = 256 * 1024
_DISCOVERY = "/.well-known/openid-configuration"
_OK = 200


class IssuerUnreachableError(RuntimeError):
    """The keys of the issuer cannot be had now."""


@dataclass
class IssuerKeys:
    """Keys by their id; an unknown id makes it look again, at most every half minute.

    Parameters
    ----------
    issuer : str
        Address of the issuer, as its tokens name it.
    jwks_url : str, optional
        Where its keys are; by default where its discovery says.
    clock : callable
        Seconds that only go up.
    """

    issuer: str
    jwks_url: str | None = None
    clock: Callable[[], float] = time.monotonic
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    _fetched: float | None = None
    _looked: float | None = None
    _lock: Lock = field(default_factory=Lock)
    _http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def key(self, kid: str) -> jwt.PyJWK | None:
        """Return the key of an id; none if the issuer has no such key.

        Raises
        ------
        IssuerUnreachableError
            If the keys could not be had for an hour.
        """
        with self._lock:
            if self._age() > _FRESH_SECONDS or kid not in self._keys:
                self._look()
            if self._age() > _LONGEST_SECONDS:
                message = "the issuer of the tokens does not answer; try again in a minute"
                raise IssuerUnreachableError(message)
            return self._keys.get(kid)

    def _age(self) -> float:
        return float("inf") if self._fetched is None else self.clock() - self._fetched

    def _look(self) -> None:
        """Fetch the keys, unless that was tried just now: callers must not make this machine ask at will."""
        now = self.clock()
        if self._looked is not None and now - self._looked < _BETWEEN_LOOKS_SECONDS:
            return
        self._looked = now
        try:
            self._keys = _usable(self._fetch(self.jwks_url or self._discovered()))
        except (urllib3.exceptions.HTTPError, ValueError):
            return  # the keys of before stay good until they are too old
        self._fetched = now

    def _discovered(self) -> str:
        told = self._fetch(self.issuer.rstrip("/") + _DISCOVERY)
        url = told.get("jwks_uri")
        if told.get("issuer") != self.issuer or not isinstance(url, str) or not is_safe_url(url):
            message = "the discovery must be that of the issuer and name an address of keys"
            raise ValueError(message)
        return url

    def _fetch(self, url: str) -> dict[str, object]:
        answer = self._http.request("GET", url, timeout=_TIMEOUT, redirect=False, preload_content=False)
        try:
            content = answer.read(_LARGEST + 1)
        finally:
            answer.release_conn()
        told = json.loads(content) if answer.status == _OK and len(content) <= _LARGEST else None
        if not isinstance(told, dict):
            message = f"{url} must answer with an object"
            raise ValueError(message)  # noqa: TRY004 - what a wrong answer is, not a wrong call
        return told


def is_safe_url(url: str) -> bool:
    """Whether an address is asked in secret, or on this machine.

    Examples
    --------
    >>> is_safe_url("https://login.example.com/realm"), is_safe_url("http://login.example.com")
    (True, False)
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.password:
        return False
    is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    return parts.scheme == "https" or is_here


def _usable(told: dict[str, object]) -> dict[str, jwt.PyJWK]:
    """Return the keys that can sign a token of the two algorithms; others of the issuer are passed over."""
    listed = told.get("keys")
    if not isinstance(listed, list):
        message = "the keys of the issuer must be a list"
        raise ValueError(message)  # noqa: TRY004 - what a wrong answer is, not a wrong call
    found: dict[str, jwt.PyJWK] = {}
    for each in listed:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig" or not each.get("kid"):
            continue
        try:
            key = jwt.PyJWK.from_dict(each, _algorithm(each))
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if key.algorithm_name in ALGORITHMS:
            found[str(each["kid"])] = key
    return found


def _algorithm(told: dict[str, object]) -> str:
    """Return what a key signs with; by default what goes with its type, never what a token says."""
    default = {"RSA": "RS256", "EC": "ES256"}.get(str(told.get("kty")), "none")
    return str(told.get("alg", default))
