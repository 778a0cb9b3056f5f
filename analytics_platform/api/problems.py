"""Errors as readers get them: RFC 9457 problem details that name the field. No route."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from analytics_platform.storage.published.serving import DamagedVersionError, NotPublishedError

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - the name that RFC 9457 gives it
    """A request that cannot be answered, told so that its sender can mend it.

    Parameters
    ----------
    status : int
        HTTP status, 4xx or 5xx.
    detail : str
        What is wrong with this request, and what to do.
    field : str, optional
        Parameter, header or part of the body that is wrong.
    """

    def __init__(self, status: int, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field


def problem_response(
    status: int,
    detail: str,
    *,
    path: str,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem as an answer.

    Examples
    --------
    >>> problem_response(404, "no such page", path="/x").body
    b'{"type":"about:blank","title":"Not Found","status":404,"detail":"no such page","instance":"/x"}'
    """
    told: dict[str, str | int] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": path,
    }
    if field is not None:
        told["field"] = field
    body = json.dumps(told, separators=(",", ":")).encode()
    return Response(
        body, status, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store", **(headers or {})}
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of an application with a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(NotPublishedError, _not_published)
    app.add_exception_handler(DamagedVersionError, _damaged)
    app.add_exception_handler(Exception, _unforeseen)


async def _problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise error
    return problem_response(error.status, error.detail, path=request.url.path, field=error.field)


async def _http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return problem_response(
        error.status_code, str(error.detail), path=request.url.path, headers=error.headers
    )


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return problem_response(422, "body: is no JSON", path=request.url.path, field="body")
    field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return problem_response(422, f"{field}: {first['msg']}", path=request.url.path, field=field)


async def _not_published(request: Request, error: Exception) -> Response:
    return problem_response(404, str(error), path=request.url.path)


async def _damaged(request: Request, error: Exception) -> Response:  # noqa: ARG001 - it names a path of this machine
    detail = "a published object is missing or damaged: restore it, or backfill and publish anew"
    return problem_response(503, detail, path=request.url.path)


async def _unforeseen(request: Request, error: Exception) -> Response:  # noqa: ARG001 - told in the log only
    detail = "the server failed; its log tells why"
    return problem_response(500, detail, path=request.url.path)
