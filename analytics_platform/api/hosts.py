"""Which names of this server are answered: a page elsewhere must not reach it by a name of its own."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from analytics_platform.api.problems import problem_response

ANY = "*"
HEALTH = "/health"
"""Load balancers ask for it by the address of the machine, and it tells nothing of anybody."""


class AllowedHosts:
    """Middleware that refuses a foreign ``Host`` header, with any port allowed.

    Parameters
    ----------
    app : ASGI application
        What it stands before.
    allowed : iterable of str
        Names and addresses that are answered; ``*`` for all.
    """

    def __init__(self, app: ASGIApp, allowed: Iterable[str]) -> None:
        self._app = app
        self._allowed = {name.lower().encode() for name in allowed}
        self._is_open = ANY.encode() in self._allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it names this server, once."""
        if scope["type"] in {"http", "websocket"} and not self._is_open and scope["path"] != HEALTH:
            named = [value for name, value in scope["headers"] if name == b"host"]
            if len(named) != 1 or _without_port(named[0]) not in self._allowed:
                refusal = problem_response(
                    400, "Host: is no name of this server", path=scope["path"], field="Host"
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _without_port(host: bytes) -> bytes:
    """Return the name of a host.

    Examples
    --------
    >>> _without_port(b"LocalHost:8000"), _without_port(b"[::1]:8000"), _without_port(b"localhost:x")
    (b'localhost', b'::1', b'localhost:x')
    """
    name, colon, port = host.lower().rpartition(b":")
    if not colon or not (port.isdigit() or port == b""):
        name = host.lower()
    return name[1:-1] if name.startswith(b"[") and name.endswith(b"]") else name
