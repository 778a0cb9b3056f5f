"""Materializations as OpenAPI describes them. No route."""

from collections.abc import Iterable

from analytics_platform.api.actions.asks import FIELDS, MOST_ASSETS
from analytics_platform.api.parameters import LONGEST_TEXT, Parameter
from analytics_platform.api.reading import problem_documented
from analytics_platform.storage.ledger.requests import RequestState

PATH = "/materializations"
LISTED = (
    Parameter("limit", "integer", "How many at most", "20", limits=(1, 100)),
    Parameter("cursor", "text", "Where the page before ended: its `next_cursor`"),
)
ASKED = (404, 409, 413, 415, 422, 503)

_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_DAY = {"type": "string", "format": "date"}
_MATERIALIZATION = {
    "type": "object",
    "required": ["id", "state", "first_session", "last_session", "requested_by", "requested_at", "run_id"],
    "properties": {
        "id": {**_TEXT, "description": "Of the request; its run has it in the tag analytics/request"},
        "state": {"type": "string", "enum": [str(state) for state in RequestState]},
        "job": _TEXT_OR_NULL,
        "assets": {"type": "array", "items": _TEXT},
        "first_session": _DAY,
        "last_session": _DAY,
        "requested_by": _TEXT,
        "requested_at": {"type": "string", "format": "date-time"},
        "run_id": {**_TEXT_OR_NULL, "description": "Run of Dagster; null while there is none yet"},
        "watch": {**_TEXT_OR_NULL, "description": "Where to watch the run in the Dagster UI"},
        "failed_step": {**_TEXT_OR_NULL, "description": "First step that failed"},
        "failure": {**_TEXT_OR_NULL, "description": "Why it failed"},
    },
}
_EXAMPLE: dict[str, object] = {
    "id": "0f0d3c6f1b8f4f3f8a5b8c1d2e3f4a5b",
    "state": "queued",
    "job": "analytics",
    "assets": [],
    "first_session": "2013-03-01",
    "last_session": "2013-03-01",
    "requested_by": "desk",
    "requested_at": "2013-03-01T21:30:00Z",
    "run_id": "296f7b69-8d4a-40e1-b39e-bc929913bddb",
    "watch": "http://127.0.0.1:3000/runs/296f7b69-8d4a-40e1-b39e-bc929913bddb",
    "failed_step": None,
    "failure": None,
}
_WHY = {
    404: "There is no such request, job or asset",
    409: "It cannot be canceled, or was just refused",
    413: "The body is too long",
    415: "The body is of another type",
    422: "A field is missing or holds what it must not; a day is no session; the key stands for another body",
    503: "Dagster, Step Functions or the ledger does not answer; the request is kept",
}


def of_status(status: int, description: str) -> dict[int | str, dict[str, object]]:
    """Return an answer that tells a materialization."""
    content = {"application/json": {"schema": _MATERIALIZATION, "example": _EXAMPLE}}
    return {status: {"description": description, "content": content}}


def refusals(statuses: Iterable[int]) -> dict[int | str, dict[str, object]]:
    """Return the errors of a route."""
    return {status: problem_documented(_WHY[status]) for status in statuses}


LISTED_DOCUMENTED: dict[str, object] = {
    "description": "Requests, the newest first",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["requests", "next_cursor"],
                "properties": {
                    "requests": {"type": "array", "items": _MATERIALIZATION},
                    "next_cursor": _TEXT_OR_NULL,
                },
            },
            "example": {"requests": [_EXAMPLE], "next_cursor": None},
        }
    },
}


def documented_body() -> dict[str, object]:
    """Return header and body of a request for a materialization."""
    name = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
    properties = {
        "job": {**name, "description": "ingest, analytics or end_of_day"},
        "assets": {"type": "array", "items": name, "minItems": 1, "maxItems": MOST_ASSETS},
        "session": {**_DAY, "description": "One session"},
        "from": {**_DAY, "description": "First session of a range"},
        "to": {**_DAY, "description": "Last session of a range"},
    }
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {field: properties[field] for field in FIELDS},
        "allOf": [
            {"oneOf": [{"required": ["job"]}, {"required": ["assets"]}]},
            {"oneOf": [{"required": ["session"]}, {"required": ["from", "to"]}]},
        ],
    }
    examples = {
        "a job for a session": {"value": {"job": "analytics", "session": "2013-03-01"}},
        "assets for a range": {
            "value": {"assets": ["lake/prices"], "from": "2013-02-25", "to": "2013-03-01"}
        },
    }
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Made up by the caller for this request: asked again with it, no second run starts",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]([ -~]*[!-~])?$"},
        "example": "close-of-2013-03-01",
    }
    content = {"application/json": {"schema": schema, "examples": examples}}
    return {"parameters": [key], "requestBody": {"required": True, "content": content}}
