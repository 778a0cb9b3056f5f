"""Routes of uploads. What is done with a file is not known here."""

from fastapi import APIRouter, Request, Response, params
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from analytics_platform.api.actions.bodies import address_of
from analytics_platform.api.actions.upload_form import DATASET, FILE, received
from analytics_platform.api.actions.upload_states import Upload, UploadState
from analytics_platform.api.actions.uploads import Uploads
from analytics_platform.api.parameters import read_query
from analytics_platform.api.reading import problem_documented
from analytics_platform.api.security.identity import identity_of
from analytics_platform.calendars.moments import written

PATH = "/uploads"
_HEADERS = {"Cache-Control": "no-store"}


def uploads_router(read: params.Depends, upload: params.Depends, uploads: Uploads) -> APIRouter:
    """Return the routes that take files and tell what became of them.

    Parameters
    ----------
    read, upload : Depends
        Guards; they write the identity of the caller.
    uploads : Uploads
        What does the work.
    """
    router = APIRouter(tags=["uploads"])

    @router.post(
        PATH,
        dependencies=[upload],
        status_code=201,
        response_class=Response,
        responses={
            200: _documented("The newest version of that name has this content: nothing was changed"),
            201: _documented("It is in the landing zone; the next run loads it"),
            **_refusals((400, 413, 415, 422, 503)),
        },
        openapi_extra={"requestBody": _BODY},
    )
    async def upload_file(request: Request) -> Response:
        """Put a file into the landing zone if its name and the guard allow it; else nothing is landed."""
        read_query(request.scope["query_string"], ())
        by, from_ = identity_of(request).name, address_of(request)
        async with received(request, uploads.scratch, uploads.max_bytes) as form:
            landed = await run_in_threadpool(uploads.land, form, by=by, from_=from_)
        told = {**upload_told(landed), "is_new": landed.is_new}
        headers = {**_HEADERS, "Location": f"{PATH}/{landed.id}"}
        return JSONResponse(told, 201 if landed.is_new else 200, headers)

    @router.get(
        f"{PATH}/{{upload_id}}",
        dependencies=[read],
        response_class=Response,
        responses={200: _documented("Where it stands"), **_refusals((404, 422, 503))},
    )
    async def read_upload(request: Request, upload_id: str) -> Response:
        """Tell what became of an uploaded file: its state by the ledger, and its rows."""
        read_query(request.scope["query_string"], ())
        found = await run_in_threadpool(uploads.status, upload_id)
        return JSONResponse(upload_told(found), headers=_HEADERS)

    return router


def upload_told(upload: Upload) -> dict[str, object]:
    """Return an upload as readers get it."""
    return {
        "id": upload.id,
        "dataset": upload.dataset,
        "key": upload.key,
        "version_id": upload.version_id,
        "known_at": written(upload.known_at),
        "bytes": upload.size_bytes,
        "sha256": upload.sha256,
        "state": str(upload.state),
        "message": upload.message,
        "rows_read": upload.rows_read,
        "rows_accepted": upload.rows_accepted,
        "rows_rejected": upload.rows_rejected,
        "rows_ignored": upload.rows_ignored,
        "run_id": upload.run_id,
    }


_TEXT_OR_NULL = {"type": ["string", "null"]}
_COUNT_OR_NULL = {"type": ["integer", "null"]}
_UPLOAD = {
    "type": "object",
    "required": ["id", "dataset", "key", "version_id", "known_at", "bytes", "sha256", "state"],
    "properties": {
        "id": {"type": "string"},
        "dataset": {"type": "string", "description": "Table that it fills"},
        "key": {"type": "string", "description": "Name in the landing zone"},
        "version_id": {"type": "string"},
        "known_at": {"type": "string", "format": "date-time", "description": "When it was put"},
        "bytes": {"type": "integer"},
        "sha256": _TEXT_OR_NULL,
        "is_new": {
            "type": "boolean",
            "description": "Of the answer to an upload: false if that version was there before",
        },
        "state": {"type": "string", "enum": [str(state) for state in UploadState]},
        "message": {**_TEXT_OR_NULL, "description": "Why it stands there"},
        "rows_read": _COUNT_OR_NULL,
        "rows_accepted": _COUNT_OR_NULL,
        "rows_rejected": _COUNT_OR_NULL,
        "rows_ignored": _COUNT_OR_NULL,
        "run_id": {**_TEXT_OR_NULL, "description": "Run of Dagster that took it last"},
    },
}
_EXAMPLE = {
    "id": "WyJwcmljZXMvdmVuZG9yXzIwMTMtMDMtMDEuY3N2IiwgInYxIl0",
    "dataset": "prices",
    "key": "prices/vendor_2013-03-01.csv",
    "version_id": "v1",
    "known_at": "2013-03-01T21:30:00Z",
    "bytes": 1024,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "state": "waiting",
    "message": None,
    "rows_read": None,
    "rows_accepted": None,
    "rows_rejected": None,
    "rows_ignored": None,
    "run_id": None,
}
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [FILE],
                "additionalProperties": False,
                "properties": {
                    FILE: {
                        "type": "string",
                        "format": "binary",
                        "description": "Named as <source>_<date>[_<date>].<csv, xlsx, parquet, ...>",
                    },
                    DATASET: {"type": "string", "description": "Table that it fills, such as prices"},
                },
            }
        }
    },
}
_WHY = {
    400: "The connection ended before the file did",
    404: "There is no such upload",
    413: "The file is too large",
    415: "The body is no multipart form",
    422: "Name or content is refused: nothing was landed",
    503: "Landing zone or ledger cannot be used now",
}


def _documented(description: str) -> dict[str, object]:
    content = {"application/json": {"schema": _UPLOAD, "example": _EXAMPLE}}
    return {"description": description, "content": content}


def _refusals(statuses: tuple[int, ...]) -> dict[int | str, dict[str, object]]:
    return {status: problem_documented(_WHY[status]) for status in statuses}
