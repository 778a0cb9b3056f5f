"""Headers that tell browsers and proxies what they must not do with an answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NO_SCRIPTS = (
    "default-src 'self'; script-src 'none'; object-src 'none'; img-src 'self' data:; base-uri 'none'; "
)
_POLICY = (_NO_SCRIPTS + "form-action 'self'; frame-ancestors 'none'").encode()
_PAGES_POLICY = (
    _NO_SCRIPTS + "style-src 'self' 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'"
).encode()
"""Risk pages bring their style with them, so that a saved one looks as it should; nothing else is inline."""

_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
_EVERYWHERE = [*_ALWAYS, (b"content-security-policy", _POLICY)]
_ON_PAGES = [*_ALWAYS, (b"content-security-policy", _PAGES_POLICY)]
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")
_CACHE = b"cache-control"
_NEVER_KEPT = (_CACHE, b"no-store")
_KEPT_BY_ITS_READER = (_CACHE, b"private, no-cache")
_PAGES = "/pages/"


class SecurityHeaders:
    """Middleware that adds the headers to every answer, refusals too.

    Parameters
    ----------
    app : ASGI application
        What it stands before.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_page = scope["path"].startswith(_PAGES)
        is_secret = scope["scheme"] == "https"

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A new list: that of a reading is kept and sent again.
                headers = [*message["headers"], *(_ON_PAGES if is_page else _EVERYWHERE)]
                if is_secret:
                    headers.append(_HTTPS_ONLY)
                if not any(name == _CACHE for name, _ in message["headers"]):
                    headers.append(_KEPT_BY_ITS_READER if is_page else _NEVER_KEPT)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, adding)
