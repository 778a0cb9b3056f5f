"""Who a request is of, and what a route asks of them. Not what is answered to the others."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import anyio
from fastapi import Depends, Request, params
from starlette.types import Scope as AsgiScope

from analytics_platform.api.problems import Problem
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.api.security.credentials import Credential, shown_by
from analytics_platform.api.security.identity import SCOPES, Identity, Scope, identity_of
from analytics_platform.api.security.issuer_keys import IssuerUnreachableError
from analytics_platform.api.security.keys import KeyFileError, Keys
from analytics_platform.api.security.oidc import RefusedTokenError, Tokens
from analytics_platform.api.security.rates import Rates
from analytics_platform.api.security.sessions import Sessions

THIS_MACHINE = Identity("this machine", frozenset(SCOPES), "open")
PASSED_ON = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip"})
"""Headers of a proxy: a request with one comes from elsewhere, though the connection is of this machine."""

_MOST_TOKENS_AT_ONCE = 4
_LONGEST_ABOUT = 200

Guard = Callable[[Request], Coroutine[object, object, None]]


@dataclass(frozen=True)
class Access:
    """How callers are told apart.

    Attributes
    ----------
    keys : Keys
        Keys of this API.
    sessions : Sessions
        Browsers that logged in.
    rates : Rates
        How often each may ask.
    audit : AuditLog
        Where it is written who was refused an action.
    tokens : Tokens, optional
        Bearer tokens of an issuer; none are taken without.
    is_open : bool
        Whether everybody who reaches this server is taken for its own machine.
    """

    keys: Keys
    sessions: Sessions
    rates: Rates
    audit: AuditLog
    tokens: Tokens | None = None
    is_open: bool = False
    _threads: list[anyio.CapacityLimiter] = field(default_factory=list, repr=False)

    async def identify(self, scope: AsgiScope) -> Identity | None:
        """Return who a request is of; none if it shows nothing that it could be known by.

        Raises
        ------
        Problem
            401 if what it shows proves nothing, 503 if that cannot be found out now.
        """
        if self.is_open:
            return _of_this_machine(scope)
        credential = shown_by(scope)
        if credential is None:
            return None
        try:
            match credential:
                case Credential("token", token):
                    return await self._bearer(token)
                case Credential("session", cookie):
                    return self.sessions.shown(cookie)
                case _:
                    return self._holder(credential.value)
        except KeyFileError as error:
            raise Problem(503, "the keys cannot be read now; the log of the server tells why") from error

    def _holder(self, shown: str) -> Identity:
        key = self.keys.shown(shown)
        if key is None:
            raise Problem(401, "the key is unknown, revoked or at its end: ask for a new one", "X-API-Key")
        return Identity(key.name, key.scopes, "key")

    async def _bearer(self, token: str) -> Identity:
        if self.tokens is None:
            raise Problem(401, "no tokens are taken here: give a key", "Authorization")
        if (known := self.tokens.remembered(token)) is not None:
            return known
        try:
            # Few threads of their own: an issuer that is slow must not hold up those who read.
            return await anyio.to_thread.run_sync(self.tokens.shown, token, limiter=self._limiter())
        except RefusedTokenError as error:
            raise Problem(401, str(error), "Authorization") from error
        except IssuerUnreachableError as error:
            raise Problem(503, str(error)) from error

    def _limiter(self) -> anyio.CapacityLimiter:
        """Return the limiter of the running event loop, which it cannot be made before."""
        if not self._threads:
            self._threads.append(anyio.CapacityLimiter(_MOST_TOKENS_AT_ONCE))
        return self._threads[0]

    def requires(self, scope: Scope) -> params.Depends:
        """Return what a route waits for that only callers with a scope may use.

        The gate has told by then who asks; a route without a gate before it fails.
        """

        async def guard(request: Request) -> None:
            identity = identity_of(request)
            if scope in identity.scopes:
                return
            if scope != "read":
                self.audit.write(
                    who=identity.name,
                    what=scope,
                    about=about(request.scope),
                    outcome=f"refused: no scope {scope}",
                    from_=address_of(request.scope),
                )
            raise Problem(403, missing(identity, scope))

        waits: params.Depends = Depends(guard)
        return waits


def missing(identity: Identity, scope: Scope) -> str:
    """Say which scope a caller lacks."""
    has = ", ".join(each for each in SCOPES if each in identity.scopes) or "none"
    return f"this needs the scope {scope}; yours are: {has}. Ask for a key or token that has it"


def about(scope: AsgiScope) -> str:
    """Return what a request is about, as the audit log tells it: never its query."""
    return f"{scope['method']} {scope['path']}"[:_LONGEST_ABOUT]


def address_of(scope: AsgiScope) -> str:
    """Return from where a request comes."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _of_this_machine(scope: AsgiScope) -> Identity:
    if any(name in PASSED_ON for name, _ in scope["headers"]):
        message = (
            "this server answers its own machine only, and a proxy passed this request on: "
            "set ANALYTICS_ACCESS=required"
        )
        raise Problem(403, message)
    return THIS_MACHINE
