"""How large a request may be, told before it is read, or as soon as it is found out."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics_platform.api.problems import problem_response

LARGEST_BODY = 64 * 1024
"""Bytes of a body that is no upload."""

FORM_OVERHEAD = 64 * 1024
"""Bytes that a form puts around a file."""


class _TooLargeError(Exception):
    """More came than may."""


class RequestSize:
    """Middleware that refuses a body that is too large, whether or not it tells its length.

    Parameters
    ----------
    app : ASGI application
        What it stands before.
    larger : mapping of str to int
        Bytes that certain paths take, where they take more than others.
    """

    def __init__(self, app: ASGIApp, larger: Mapping[str, int]) -> None:
        self._app = app
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and with it no more than it may hold."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told: bytes | None = None
        is_chunked = False
        for name, value in scope["headers"]:
            if name == b"content-length":
                told = value
            elif name == b"transfer-encoding":
                is_chunked = True
        if told is None and not is_chunked:
            await self._app(scope, receive, send)  # without either there is no body
            return
        largest = self._larger.get(scope["path"], LARGEST_BODY)
        if told is not None and not is_chunked:
            if not told.isdigit():
                await _refuse(scope, receive, send, 400, "Content-Length: must be a number")
                return
            if int(told[:20]) > largest:
                await _refuse_large(scope, receive, send, largest)
                return
        await self._counting(scope, receive, send, largest)

    async def _counting(self, scope: Scope, receive: Receive, send: Send, largest: int) -> None:
        counted = 0
        is_too_large = has_started = False

        async def counting() -> Message:
            nonlocal counted, is_too_large
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > largest:
                is_too_large = True
                raise _TooLargeError
            return message

        async def sending(message: Message) -> None:
            # The framework makes a 400 of whatever goes wrong while it reads; the sender gets the truth.
            nonlocal has_started
            if is_too_large and not has_started:
                raise _TooLargeError
            has_started = True
            await send(message)

        try:
            await self._app(scope, counting, sending)
        except Exception:
            if not is_too_large or has_started:
                raise
        if is_too_large and not has_started:
            await _refuse_large(scope, receive, send, largest)


async def _refuse_large(scope: Scope, receive: Receive, send: Send, largest: int) -> None:
    await _refuse(scope, receive, send, 413, f"the body is too large: {largest} bytes are taken here at most")


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, detail: str) -> None:
    # What is left of the body is not read, so the connection cannot be used for another request.
    refusal = problem_response(status, detail, path=scope["path"], headers={"Connection": "close"})
    await refusal(scope, receive, send)
