"""Who asks and what they may do, once it is known. Not how it is found out."""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

Scope = Literal["read", "upload", "materialize"]
Means = Literal["open", "key", "token", "session"]

SCOPES: tuple[Scope, ...] = ("read", "upload", "materialize")


@dataclass(frozen=True)
class Identity:
    """A caller that is known.

    Attributes
    ----------
    name : str
        Name of the key, subject of the token, or ``this machine``; goes into the audit log.
    scopes : frozenset of {"read", "upload", "materialize"}
        What the caller may do.
    means : {"open", "key", "token", "session"}
        How the caller was told apart.
    """

    name: str
    scopes: frozenset[Scope]
    means: Means


def identity_of(request: Request) -> Identity:
    """Return who asks, as a guard wrote it into the state of the request.

    Raises
    ------
    LookupError
        If the route has no guard, which is a fault of the program.
    """
    try:
        identity: Identity = request.state.identity
    except AttributeError:
        message = f"{request.url.path} has no guard: the gate must stand before it"
        raise LookupError(message) from None
    return identity
