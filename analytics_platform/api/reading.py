"""One route for each reading: from a request to an answer, mostly one that was made before."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from fastapi import FastAPI, Request, Response, params
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from analytics_platform.api.answers import Answer, Answers, Key, body_of, envelope_of, headers_of, tag_of
from analytics_platform.api.observations import Observations
from analytics_platform.api.parameters import Parameter, Query, read_query
from analytics_platform.api.problems import Problem
from analytics_platform.api.published import Publication, PublishedTables
from analytics_platform.api.representations import LONGEST_ACCEPT, Format, accepted, json_rows
from analytics_platform.api.routing import RoutesByPath
from analytics_platform.api.selection import AS_KNOWN_AT, Page
from analytics_platform.storage.published.serving import NotPublishedError

Shape = Literal["envelope", "list", "object"]
Source = Callable[[PublishedTables, Publication, Query], Page]


@dataclass(frozen=True)
class Reading:
    """One thing that can be read.

    Attributes
    ----------
    path, name, summary : str
        Of the route; the name stands in file names.
    parameters : tuple of Parameter
        All that may be asked; anything else is refused.
    source : callable
        Gives the page of rows that answers a query.
    shape : {"envelope", "list", "object"}
        What stands around the rows as JSON: an object that tells version, session and units; a list; nothing
        around a single row.
    responses : mapping
        The answer of status 200 as OpenAPI describes it.
    units : mapping of str to str
        Units that the name of a column does not tell.
    is_documented : bool
        Whether it stands in the OpenAPI document; an alias does not.
    """

    path: str
    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    source: Source
    shape: Shape = "envelope"
    responses: Mapping[str, object] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    is_documented: bool = True


class _Asked(NamedTuple):
    """What of a request decides its answer."""

    query: bytes
    accept: str
    takes_gzip: bool
    if_none_match: bytes | None

    @classmethod
    def of(cls, request: Request) -> "_Asked":
        accept, takes_gzip, if_none_match = "", False, None
        for name, value in request.scope["headers"]:
            if name == b"accept":
                accept = value[:LONGEST_ACCEPT].decode("latin-1")
            elif name == b"accept-encoding":
                takes_gzip = b"gzip" in value and b"gzip;q=0" not in value.replace(b" ", b"")
            elif name == b"if-none-match":
                if_none_match = value
        return cls(request.scope["query_string"], accept, takes_gzip, if_none_match)


class Readings:
    """Answers readings from the published tables; one answer is made once, however many ask for it."""

    def __init__(self, tables: PublishedTables, observations: Observations) -> None:
        self._tables = tables
        self._observations = observations
        self._answers = Answers()
        self._made: dict[tuple[object, ...], asyncio.Task[Answer]] = {}

    def serve(self, app: FastAPI, readings: Sequence[Reading], guards: Sequence[params.Depends] = ()) -> None:
        """Add the routes of readings to an application, behind what guards them."""
        for reading in readings:
            app.add_api_route(
                reading.path,
                self._endpoint(reading),
                methods=["GET"],
                name=reading.name,
                operation_id=f"read_{reading.name}",
                summary=reading.summary,
                tags=["reading"],
                response_class=Response,
                responses={200: dict(reading.responses), **_OTHERS},
                openapi_extra={"parameters": [each.documented() for each in reading.parameters]},
                dependencies=list(guards),
                include_in_schema=reading.is_documented,
            )
        paths = {reading.path for reading in readings}
        routes = [each for each in app.routes if isinstance(each, APIRoute) and each.path in paths]
        app.router.routes.insert(0, RoutesByPath(routes))

    def _endpoint(self, reading: Reading) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            asked = _Asked.of(request)
            publication = self._publication(reading, asked)
            key = (reading.path, asked.query, asked.accept)
            answer = self._answers.get(publication.mark, key)
            if answer is None:
                answer = await self._make_once(reading, asked, publication, key)
            response = answer.response(takes_gzip=asked.takes_gzip, if_none_match=asked.if_none_match)
            if response.body:
                self._observations.count_rows(reading.path, answer.rows)
            return response

        return endpoint

    def _publication(self, reading: Reading, asked: _Asked) -> Publication:
        try:
            return self._tables.publication()
        except NotPublishedError as error:
            is_of_the_past = read_query(asked.query, reading.parameters).moment(AS_KNOWN_AT.name)
            raise Problem(404 if is_of_the_past else 503, str(error)) from error

    async def _make_once(self, reading: Reading, asked: _Asked, publication: Publication, key: Key) -> Answer:
        """Make an answer in a thread, once for all who wait for it."""
        whole = (publication.mark, *key)
        task = self._made.get(whole)
        if task is None:
            task = asyncio.create_task(run_in_threadpool(self._make, reading, asked, publication, key))
            self._made[whole] = task
            task.add_done_callback(lambda done: self._forget(whole, done))
        return await asyncio.shield(task)

    def _forget(self, whole: tuple[object, ...], done: asyncio.Task[Answer]) -> None:
        del self._made[whole]
        if not done.cancelled():
            done.exception()  # told to those who wait; nobody may be left

    def _make(self, reading: Reading, asked: _Asked, publication: Publication, key: Key) -> Answer:
        query = read_query(asked.query, reading.parameters)
        named = query.text("format")
        form = Format(named) if named else accepted(asked.accept)
        page = reading.source(self._tables, publication, query)
        moment = query.moment(AS_KNOWN_AT.name)
        answer = Answer(
            _body(reading, page, form),
            headers_of(page, form, reading.name, moment),
            tag_of(page.version.name, reading.path, asked.query, form),
            page.rows.height,
        )
        self._answers.keep(publication.mark, key, answer)
        return answer


def _body(reading: Reading, page: Page, form: Format) -> bytes:
    if form is Format.JSON and reading.shape == "object":
        return json_rows(page.rows)[0]
    envelope = envelope_of(page, reading.name, reading.units) if reading.shape == "envelope" else None
    return body_of(page, form, envelope)


_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what to do"},
        "instance": {"type": "string"},
        "field": {"type": "string", "description": "The parameter or header that is wrong"},
    },
}


def problem_documented(description: str) -> dict[str, object]:
    """Return an error as OpenAPI describes it."""
    return {"description": description, "content": {"application/problem+json": {"schema": _PROBLEM}}}


_OTHERS: dict[int | str, dict[str, object]] = {
    304: {"description": "The reader has it: the tag in If-None-Match still holds"},
    404: problem_documented("Nothing of that name, session or moment is published"),
    406: problem_documented("None of the three formats is accepted"),
    422: problem_documented("A parameter is unknown, missing, or holds what it must not"),
    503: problem_documented("Nothing is published yet, or what is published is damaged"),
}
