"""Where a request that changes something comes from: a page elsewhere must not make a browser send one."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from analytics_platform.api.problems import problem_response
from analytics_platform.api.security.gate import SAFE_METHODS

_OF_THIS_SITE = {b"same-origin", b"none"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


class SameOrigin:
    """Middleware that refuses unsafe methods of pages of other origins, whoever the browser is logged in as.

    Browsers tell the origin with every such request; programs tell none and are let through. The ``Host``
    header must have been looked at before.

    Parameters
    ----------
    app : ASGI application
        What it stands before.
    sites : iterable of str
        Addresses of this site as browsers reach it, besides the one that a request names.
    """

    def __init__(self, app: ASGIApp, sites: Iterable[str] = ()) -> None:
        self._app = app
        self._sites = {origin_of(site) for site in sites} - {None}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it only reads, or is not of a page elsewhere."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and self._is_foreign(scope):
            detail = "Origin: a page of another site may not ask for this; use the pages of this one"
            refusal = problem_response(403, detail, path=scope["path"], field="Origin")
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_foreign(self, scope: Scope) -> bool:
        named: dict[bytes, list[bytes]] = {b"origin": [], b"sec-fetch-site": [], b"host": []}
        for name, value in scope["headers"]:
            if name in named:
                named[name].append(value)
        origins = named[b"origin"]
        if not origins:
            return any(value not in _OF_THIS_SITE for value in named[b"sec-fetch-site"])
        host = named[b"host"][0].decode("latin-1") if named[b"host"] else ""
        own = {*self._sites, origin_of(f"{scope['scheme']}://{host}")} - {None}
        return any(origin_of(value.decode("latin-1")) not in own for value in origins)


def origin_of(address: str) -> str | None:
    """Return the origin of an address in one spelling; none if it has none, as that of a sandboxed page.

    Examples
    --------
    >>> origin_of("HTTPS://Risk.example:443/site/"), origin_of("http://[::1]:8000"), origin_of("null")
    ('https://risk.example:443', 'http://::1:8000', None)
    """
    try:
        parts = urlsplit(address)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except (KeyError, ValueError):
        return None
    return f"{parts.scheme}://{parts.hostname}:{port}" if parts.hostname else None
