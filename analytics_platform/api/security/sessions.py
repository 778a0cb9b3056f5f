"""Cookies of browsers that logged in with a key. Not the page on which they do."""

import secrets
import time
from dataclasses import dataclass, field

import jwt

from analytics_platform.api.security.identity import Identity
from analytics_platform.api.security.keys import Key, Keys

LIFETIME_SECONDS = 8 * 3600
COOKIE = "analytics_session"
SECURE_COOKIE = "__Host-analytics_session"
"""Over https: with this prefix a browser takes the cookie from this very host only, not from its siblings."""

_ALGORITHM = "HS256"
_AUDIENCE = "analytics site"
_LONGEST = 1024
_NEEDED = ("exp", "iat", "aud", "sub", "key", "jti")


def cookie_name(scheme: str) -> str:
    """Return under which name the cookie goes."""
    return SECURE_COOKIE if scheme == "https" else COOKIE


@dataclass(frozen=True)
class Sessions:
    """Signs what a browser brings back; it holds no secret, only the name of the key and its digest.

    Parameters
    ----------
    keys : Keys
        Where the key is looked up each time, so that it ends for browsers too when it is revoked.
    secret : str
        Signs; by default a new one, so that a restart ends every session.
    """

    keys: Keys
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)
    _ended: dict[str, int] = field(default_factory=dict)

    def opened(self, key: Key) -> str:
        """Return the cookie of a key that was just shown."""
        now = int(time.time())
        claims = {
            "aud": _AUDIENCE,
            "sub": key.name,
            "key": key.digest,
            "jti": secrets.token_urlsafe(12),
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
        }
        return jwt.encode(claims, self.secret, _ALGORITHM)

    def shown(self, cookie: str) -> Identity | None:
        """Return who brings a cookie; none if it is not ours, too old, or its key is gone.

        Raises
        ------
        KeyFileError
            If the file of the keys cannot be used.
        """
        claims = self._claims(cookie)
        if claims is None or claims["jti"] in self._ended:
            return None
        key = self.keys.named(claims["sub"], claims["key"])
        return None if key is None else Identity(key.name, key.scopes, "session")

    def end(self, cookie: str) -> None:
        """Refuse a cookie from now on, a copy of it too; this process knows, until it ends."""
        now = int(time.time())
        for ended in [each for each, until in self._ended.items() if until < now]:
            del self._ended[ended]
        if (claims := self._claims(cookie)) is not None:
            self._ended[claims["jti"]] = now + LIFETIME_SECONDS

    def _claims(self, cookie: str) -> dict[str, str] | None:
        if len(cookie) > _LONGEST:
            return None
        try:
            claims: dict[str, str] = jwt.decode(
                cookie, self.secret, [_ALGORITHM], audience=_AUDIENCE, options={"require": list(_NEEDED)}
            )
        except jwt.PyJWTError:
            return None
        return claims
