"""HEAD wherever there is GET: the same answer without its body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """Middleware that answers HEAD as GET, and keeps the body back.

    Parameters
    ----------
    app : ASGI application
        What it stands before; it need not know HEAD.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            kept = {**message, "body": b""} if message["type"] == "http.response.body" else message
            await send(kept)

        await self._app({**scope, "method": "GET"}, receive, without_body)
