"""Bearer tokens of an OIDC issuer: what a token must hold before its bearer is known."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

import jwt

from analytics_platform.api.security.identity import SCOPES, Identity, Scope
from analytics_platform.api.security.issuer_keys import ALGORITHMS, IssuerKeys

LONGEST_TOKEN = 8192
NAME_PREFIX = "oidc:"
"""Of the name of each bearer: no key can bear such a name, so the two are never taken for one."""

_SCOPE_PREFIX = "analytics:"
_LEEWAY_SECONDS = 30
_REMEMBERED = 1024
_REMEMBERED_SECONDS = 60.0
_LONGEST_SUBJECT = 200
_NEEDED = ("exp", "iat", "iss", "aud", "sub")


class RefusedTokenError(ValueError):
    """A token proves nothing; the message tells its bearer why."""


@dataclass
class Tokens:
    """The tokens that are taken.

    Parameters
    ----------
    keys : IssuerKeys
        Keys of the one issuer.
    audience : str
        What a token must be meant for.
    """

    keys: IssuerKeys
    audience: str
    _known: OrderedDict[bytes, tuple[float, Identity]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def remembered(self, token: str) -> Identity | None:
        """Return who bears a token that was looked at less than a minute ago; none if it has to be."""
        with self._lock:
            until, identity = self._known.get(_mark(token), (0.0, None))
        return identity if time.time() < until else None

    def shown(self, token: str) -> Identity:
        """Return who bears a token. It may ask the issuer, so it is not for the event loop.

        Raises
        ------
        RefusedTokenError
            If the token is not of this issuer, for this audience and of now.
        IssuerUnreachableError
            If the keys of the issuer cannot be had.
        """
        claims = self._claims(token)
        expires = claims["exp"]
        if not isinstance(expires, int | float):
            message = "the token must tell its end (exp) as a number"
            raise RefusedTokenError(message)
        identity = Identity(_name(claims), _scopes(claims), "token")
        with self._lock:
            self._known[_mark(token)] = (min(expires, time.time() + _REMEMBERED_SECONDS), identity)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return identity

    def _claims(self, token: str) -> Mapping[str, object]:
        if len(token) > LONGEST_TOKEN:
            message = f"the token is too long: {LONGEST_TOKEN} characters are taken at most"
            raise RefusedTokenError(message)
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                message = f"the token must be signed with one of {', '.join(ALGORITHMS)}"
                raise RefusedTokenError(message)
            key = self.keys.key(str(header.get("kid", "")))
            if key is None:
                message = "the token must name a signing key (kid) that its issuer publishes"
                raise RefusedTokenError(message)
            claims: Mapping[str, object] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.audience,
                issuer=self.keys.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": list(_NEEDED), "enforce_minimum_key_length": True},
            )
        except jwt.PyJWTError as error:
            raise RefusedTokenError(_told(error)) from error
        return claims


def _mark(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _told(error: jwt.PyJWTError) -> str:
    """Say what is wrong in words of ours: those of the library may hold parts of the token."""
    match error:
        case jwt.ExpiredSignatureError():
            return "the token has expired: ask its issuer for a new one"
        case jwt.ImmatureSignatureError():
            return "the token is of the future: set the clocks of its issuer and of this server"
        case jwt.InvalidAudienceError():
            return "the token is meant for another audience: ask its issuer for one for this API"
        case jwt.InvalidIssuerError():
            return "the token is of another issuer: give one of the issuer that this server trusts"
        case jwt.MissingRequiredClaimError():
            return f"the token must hold {', '.join(_NEEDED)}"
        case _:
            return "the token is damaged or its signature does not hold: give one as the issuer made it"


def _name(claims: Mapping[str, object]) -> str:
    subject = claims["sub"]
    if (
        not isinstance(subject, str)
        or not subject
        or len(subject) > _LONGEST_SUBJECT
        or not subject.isprintable()
    ):
        message = f"the subject of the token must be 1 to {_LONGEST_SUBJECT} printable characters"
        raise RefusedTokenError(message)
    return NAME_PREFIX + subject


def _scopes(claims: Mapping[str, object]) -> frozenset[Scope]:
    """Return the scopes that a token gives; words that mean nothing here are passed over.

    Examples
    --------
    >>> sorted(_scopes({"scope": "openid analytics:read upload"}))
    ['read', 'upload']
    """
    words: set[str] = set()
    for claim in ("scope", "scp"):
        value = claims.get(claim, ())
        listed = value.split() if isinstance(value, str) else value
        if isinstance(listed, list):
            words |= {each.removeprefix(_SCOPE_PREFIX) for each in listed if isinstance(each, str)}
    return frozenset(scope for scope in SCOPES if scope in words)
