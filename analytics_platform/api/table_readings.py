"""The readings of the catalogue: one for each published table. No row is chosen here."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from analytics_platform.api.catalogue import ENDPOINTS
from analytics_platform.api.columns import Column, columns_of, read_manifest, row_schema, units_of
from analytics_platform.api.endpoint import Endpoint
from analytics_platform.api.parameters import Query
from analytics_platform.api.published import Publication, PublishedTables
from analytics_platform.api.reading import Reading, Source
from analytics_platform.api.representations import MEDIA_TYPES, Format
from analytics_platform.api.selection import (
    AS_KNOWN_AT,
    FORMAT,
    Page,
    parameters_of,
    read_page,
    version_of,
)


def table_readings(manifest: Path | None) -> tuple[Reading, ...]:
    """Return the readings of all published tables, described by the parsed dbt project and the contracts."""
    models = read_manifest(manifest)
    listing = Reading(
        "/tables",
        "tables",
        "What can be read, and how many rows of it are published",
        (AS_KNOWN_AT, FORMAT),
        _tables,
        shape="list",
        responses=documented({"type": "array", "items": {"type": "object"}}),
    )
    return (listing, *(_reading(endpoint, models) for endpoint in ENDPOINTS))


def documented(schema: Mapping[str, object], example: object = None) -> dict[str, object]:
    """Return an answer with rows as OpenAPI describes it: the three formats, and what its headers tell."""
    text = {"schema": {"type": "string"}}
    shown = {"schema": schema} | ({"example": example} if example is not None else {})
    return {
        "description": "The rows",
        "headers": {
            "X-Published-Version": {"description": "Version that it comes from", **text},
            "ETag": {"description": "For If-None-Match", **text},
            "X-Total-Count": {"description": "Rows of all pages", "schema": {"type": "integer"}},
        },
        "content": {
            MEDIA_TYPES[Format.JSON]: shown,
            "text/csv": text,
            MEDIA_TYPES[Format.PARQUET]: {"schema": {"type": "string", "format": "binary"}},
        },
    }


def _reading(endpoint: Endpoint, models: Mapping[str, tuple[Column, ...]]) -> Reading:
    columns = columns_of(endpoint, models)
    return Reading(
        endpoint.path,
        _name(endpoint),
        endpoint.summary,
        parameters_of(endpoint),
        _source(endpoint),
        responses=documented(_envelope(endpoint, columns), _example(endpoint, columns)),
        units=endpoint.units,
    )


def _name(endpoint: Endpoint) -> str:
    return endpoint.path.strip("/").replace("-", "_")


def _source(endpoint: Endpoint) -> Source:
    def source(tables: PublishedTables, publication: Publication, query: Query) -> Page:
        return read_page(tables, publication, endpoint, query)

    return source


def _tables(tables: PublishedTables, publication: Publication, query: Query) -> Page:
    version = version_of(tables, publication, query.moment(AS_KNOWN_AT.name))
    rows = pl.DataFrame(
        {
            "path": [endpoint.path for endpoint in ENDPOINTS],
            "summary": [endpoint.summary for endpoint in ENDPOINTS],
            "is_published": [endpoint.table in version.tables for endpoint in ENDPOINTS],
            "rows": [
                sum(part.rows for part in version.tables.get(endpoint.table, ())) for endpoint in ENDPOINTS
            ],
        }
    )
    return Page(version, rows, None, rows.height)


def _envelope(endpoint: Endpoint, columns: tuple[Column, ...]) -> dict[str, object]:
    text = {"type": "string"}
    moment = {"type": "string", "format": "date-time"}
    properties: dict[str, object] = {
        "table": text,
        "version": text,
        "published_at": moment,
        "known_at": {**moment, "description": "Deliveries until then are in the numbers"},
        "as_of": {
            "type": ["string", "null"],
            "format": "date",
            "description": "The one session, if it is one",
        },
        "total": {"type": "integer", "description": "Rows of all pages"},
        "count": {"type": "integer", "description": "Rows of this page"},
        "next_cursor": {"type": ["string", "null"], "description": "For the next page; null on the last"},
        "units": {"type": "object", "additionalProperties": text},
        "data": {"type": "array", "items": row_schema(columns, endpoint.units)},
    }
    return {"type": "object", "required": list(properties), "properties": properties}


_EXAMPLES = {"number": 1234.5, "integer": 1, "boolean": True}


def _example(endpoint: Endpoint, columns: tuple[Column, ...]) -> dict[str, object]:
    schema = row_schema(columns, endpoint.units).get("properties")
    properties = schema if isinstance(schema, dict) else {}
    row = {name: _example_value(name, told) for name, told in properties.items()}
    return {
        "table": _name(endpoint),
        "version": "20130301T220507250Z_5f2c1d7e",
        "published_at": "2013-03-01T22:05:07.250Z",
        "known_at": "2013-03-01T22:00:00.000Z",
        "as_of": "2013-03-01" if endpoint.dating == "session" else None,
        "total": 1,
        "count": 1,
        "next_cursor": None,
        "units": units_of(list(row), endpoint.units),
        "data": [row],
    }


def _example_value(name: str, told: Mapping[str, object]) -> object:
    known = {"portfolio_id": "GLOBAL", "instrument_id": "EQ_AAPL", "status": "ok", "reason": None}
    if name in known:
        return known[name]
    if "format" in told:
        return "2013-03-01" if told["format"] == "date" else "2013-03-01T22:00:00Z"
    kinds = told["type"]
    return _EXAMPLES.get(kinds[0], "text") if isinstance(kinds, list) else None
