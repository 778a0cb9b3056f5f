"""The OpenAPI document of a server that wants to know its callers: how they show who they are."""

from typing import Any

from fastapi import FastAPI

from analytics_platform.api.problems import MEDIA_TYPE
from analytics_platform.api.security.gate import OPEN

_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A key of this server"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key, or a token of the OIDC issuer"},
}
_REFUSALS = {
    "401": "Nobody is known by what was shown",
    "403": "The scope that this needs is missing",
    "429": "Too many requests; Retry-After tells how long to wait",
}
_METHODS = {"get", "post", "delete"}


def document_access(app: FastAPI) -> None:
    """Tell in the document of an application which credentials its gate takes, and how it refuses."""
    undocumented = app.openapi

    def documented() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = undocumented()
            schema.setdefault("components", {})["securitySchemes"] = _SCHEMES
            schema["security"] = [{name: []} for name in _SCHEMES]
            for path, operations in schema["paths"].items():
                for method in _METHODS & operations.keys():
                    _document(operations[method], is_open=path in OPEN)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = documented  # type: ignore[method-assign] # how FastAPI documents that it is done


def _document(operation: dict[str, Any], *, is_open: bool) -> None:
    if is_open:
        operation["security"] = []
    for status, told in _REFUSALS.items():
        if not is_open or status == "429":
            operation["responses"].setdefault(
                status, {"description": told, "content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}
            )
