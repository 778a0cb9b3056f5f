"""What a request shows to be known by: a key, a token or a cookie. Not whether it proves anything."""

from dataclasses import dataclass
from typing import Literal

from starlette.types import Scope

from analytics_platform.api.problems import Problem
from analytics_platform.api.security.keys import PREFIX
from analytics_platform.api.security.sessions import cookie_name

_UNAUTHORIZED = 401


@dataclass(frozen=True)
class Credential:
    """What was shown.

    Attributes
    ----------
    means : {"key", "token", "session"}
        What it is meant to be.
    value : str
        The secret itself: it goes into no log and no answer.
    """

    means: Literal["key", "token", "session"]
    value: str

    def __repr__(self) -> str:
        """Return what may be logged."""
        return f"Credential({self.means!r})"


def shown_by(scope: Scope) -> Credential | None:
    """Return what a request shows in its headers; never its query, which ends up in logs and histories.

    Raises
    ------
    Problem
        If it shows two, so that it is open which one counts, or one of a kind that is not taken.
    """
    found: list[Credential] = []
    cookies: list[bytes] = []
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            found.append(Credential("key", value.decode("latin-1").strip()))
        elif name == b"authorization":
            found.append(_bearer(value))
        elif name == b"cookie":
            cookies.append(value)
    if len(found) > 1:
        message = "give one key or one token: in X-API-Key or in Authorization, once"
        raise Problem(_UNAUTHORIZED, message, "Authorization")
    if found:
        return found[0]
    return session_cookie(scope, cookies) if cookies else None


def session_cookie(scope: Scope, cookies: list[bytes]) -> Credential | None:
    """Return the cookie of this site; none if there are two, for one of them is somebody else's."""
    name = cookie_name(scope["scheme"]).encode()
    pairs = (part.strip().partition(b"=") for line in cookies for part in line.split(b";"))
    values = [value for found, _, value in pairs if found == name]
    return Credential("session", values[0].decode("latin-1")) if len(values) == 1 else None


def _bearer(value: bytes) -> Credential:
    kind, _, rest = value.decode("latin-1").strip().partition(" ")
    secret = rest.strip()
    if kind.lower() != "bearer" or not secret:
        message = "Authorization: must be 'Bearer' and a key or a token"
        raise Problem(_UNAUTHORIZED, message, "Authorization")
    return Credential("key" if secret.startswith(PREFIX) else "token", secret)
