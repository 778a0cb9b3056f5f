"""Errors of the site as pages that tell the cure; `problems` does it for readings."""

import logging
from collections.abc import Callable, Coroutine
from http import HTTPStatus

import sqlalchemy as sa
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from analytics_platform.api.problems import Problem
from analytics_platform.api.site.rendering import page
from analytics_platform.storage.ledger.database import LedgerError
from analytics_platform.storage.ledger.pages import ForeignCursorError
from analytics_platform.storage.published.serving import DamagedVersionError

_LOG = logging.getLogger(__name__)
_FORESEEN = (Problem, HTTPException, RequestValidationError, ForeignCursorError)
_DAMAGED = "A published object is missing or damaged: restore it, or backfill and publish anew."
_NO_LEDGER = "The ledger cannot be read now. Wait a moment and try again; the log of the server tells why."
_FAILED = "The server failed; its log tells why. Try again, and tell the operator if it stays so."

Handler = Callable[[Request], Coroutine[object, object, Response]]


class PageRoute(APIRoute):
    """A route whose errors are pages; who is not known is left to the guard's own handler."""

    def get_route_handler(self) -> Handler:
        """Return the handler of the route, with errors answered as pages."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:
                status, detail = _told(error)
                if status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.UNAUTHORIZED:
                    raise
                if status == HTTPStatus.INTERNAL_SERVER_ERROR or not isinstance(error, _FORESEEN):
                    _LOG.exception("%s failed", request.url.path)
                return error_page(request, status, detail)

        return answer


def _told(error: Exception) -> tuple[int, str]:
    """Return the status and the words of an error; nothing of this machine is told."""
    match error:
        case Problem():
            told = error.status, error.detail
        case HTTPException():
            told = error.status_code, str(error.detail)
        case RequestValidationError():
            first = error.errors()[0]
            told = HTTPStatus.UNPROCESSABLE_ENTITY, f"{first['loc'][-1]}: {first['msg']}"
        case ForeignCursorError():
            told = HTTPStatus.UNPROCESSABLE_ENTITY, str(error)
        case DamagedVersionError():
            told = HTTPStatus.SERVICE_UNAVAILABLE, _DAMAGED
        case LedgerError() | sa.exc.SQLAlchemyError():
            told = HTTPStatus.SERVICE_UNAVAILABLE, _NO_LEDGER
        case _:
            told = HTTPStatus.INTERNAL_SERVER_ERROR, _FAILED
    return told


def error_page(request: Request, status: int, detail: str) -> Response:
    """Return an error as a page."""
    title = HTTPStatus(status).phrase
    is_action = request.method == "POST"
    return page("error.html.j2", status=status, code=status, title=title, detail=detail, is_action=is_action)
