"""Routes of exports. How one is made is not here."""

from typing import Any

from fastapi import APIRouter, Request, Response, params
from fastapi.responses import FileResponse, JSONResponse

from analytics_platform.api.exports.asked import ExportBody, ExportRequest
from analytics_platform.api.exports.exports import Export, Exports
from analytics_platform.api.reading import problem_documented
from analytics_platform.api.representations import MEDIA_TYPES, Format
from analytics_platform.api.security.identity import identity_of
from analytics_platform.calendars.moments import written

_NEVER_KEPT = {"Cache-Control": "no-store"}
_REFUSED: dict[int | str, dict[str, Any]] = {422: problem_documented("The request cannot be read")}
_UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: problem_documented("There is no such export of the caller, or none any longer")
}


def exports_router(read: params.Depends, exports: Exports) -> APIRouter:
    """Return the routes that ask for exports, tell where they stand, and give their files.

    Parameters
    ----------
    read : Depends
        Guard; it writes the identity of the caller.
    exports : Exports
        What does the work.
    """
    router = APIRouter(prefix="/exports", tags=["exports"], dependencies=[read])

    @router.post(
        "",
        status_code=202,
        responses={
            **_REFUSED,
            404: problem_documented("There is no such table"),
            429: problem_documented("Too many exports run or are kept"),
        },
    )
    def ask_for_export(request: Request, body: ExportBody) -> Response:
        """Ask for rows of a table as a file, also of tables that are too large to publish."""
        asked = ExportRequest.of(body)
        made = exports.start(asked, by=identity_of(request).name, from_=_address(request))
        headers = {**_NEVER_KEPT, "Location": f"/exports/{made.id}"}
        return JSONResponse(_told(made), 202, headers)

    @router.get("/{id}", responses=_UNKNOWN)
    def state_of_export(request: Request, id: str) -> Response:  # noqa: A002 - the name in the path
        """Tell where an export stands."""
        return JSONResponse(_told(exports.get(id, by=identity_of(request).name)), headers=_NEVER_KEPT)

    @router.get(
        "/{id}/data",
        response_class=FileResponse,
        responses={
            200: {"content": {MEDIA_TYPES[Format(form)]: {} for form in ("parquet", "csv")}},
            **_UNKNOWN,
            409: problem_documented("It is not there yet, or failed"),
            410: problem_documented("Its file was deleted from outside"),
        },
    )
    def file_of_export(request: Request, id: str) -> Response:  # noqa: A002 - the name in the path
        """Give the file of an export, as it stands on the disk."""
        made, file = exports.file(id, by=identity_of(request).name, from_=_address(request))
        asked = made.request
        name = f"{asked.table}_{asked.first}_{asked.last}.{asked.form}"
        return FileResponse(
            file, media_type=MEDIA_TYPES[Format(asked.form)], filename=name, headers=_NEVER_KEPT
        )

    @router.delete("/{id}", status_code=204, responses=_UNKNOWN)
    def cancel_export(request: Request, id: str) -> Response:  # noqa: A002 - the name in the path
        """End an export if it runs, and delete its file."""
        exports.cancel(id, by=identity_of(request).name, from_=_address(request))
        return Response(status_code=204)

    return router


def _told(made: Export) -> dict[str, str | int | None]:
    is_there = made.state == "success"
    return {
        "id": made.id,
        "state": made.state,
        "table": made.request.table,
        "first_session": made.request.first.isoformat(),
        "last_session": made.request.last.isoformat(),
        "format": made.request.form,
        "asked_at": written(made.asked_at),
        "expires_at": written(made.expires_at),
        "rows": made.rows if is_there else None,
        "bytes": made.bytes_ if is_there else None,
        "data": f"/exports/{made.id}/data" if is_there else None,
        "reason": made.reason or None,
    }


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else "unknown"
