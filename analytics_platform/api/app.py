"""The HTTP application: health, readings of the published extract, figures of the server, static pages."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response, params
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from analytics_platform.api.answers import VERSION_HEADER
from analytics_platform.api.catalogue import ANCHOR, ORDERS
from analytics_platform.api.heads import Heads
from analytics_platform.api.hosts import AllowedHosts
from analytics_platform.api.observations import Observations, Observing, Waiting
from analytics_platform.api.parameters import read_query
from analytics_platform.api.problems import Problem, add_problem_handlers
from analytics_platform.api.published import PublishedTables
from analytics_platform.api.reading import Readings, problem_documented
from analytics_platform.api.security.access import PASSED_ON
from analytics_platform.api.security.headers import SecurityHeaders
from analytics_platform.api.selection import AS_KNOWN_AT, version_of
from analytics_platform.api.stock_metrics import stock_readings
from analytics_platform.api.table_readings import table_readings
from analytics_platform.api.warming import keep_warm, warm
from analytics_platform.calendars.moments import written
from analytics_platform.storage.published.serving import NotPublishedError, ServingStore

__all__ = ["HOSTS", "VERSION_HEADER", "Surroundings", "create_app"]

HOSTS = ("127.0.0.1", "localhost")
"""Names under which this machine may be asked; any other Host header is refused."""


@dataclass(frozen=True)
class Surroundings:
    """What stands around the readings: who may read, what else is served, how it is watched.

    Attributes
    ----------
    guards : sequence of Depends
        Each reading waits for these: the one place where readers are told apart.
    routers : sequence of APIRouter
        Routes besides the readings; they bring their own guards.
    middleware : sequence of Middleware
        Around everything, pages too, the first one outermost; the name of the host was looked at by then.
    hosts : sequence of str
        Host headers that are answered.
    home : str
        Where ``/`` leads.
    manifest : Path, optional
        Parsed dbt project, which describes the columns.
    waiting : callable, optional
        Tells since when the oldest file waits.
    are_figures_open : bool
        Whether ``/internal/metrics`` answers others than this machine.
    """

    guards: Sequence[params.Depends] = ()
    routers: Sequence[APIRouter] = ()
    middleware: Sequence[Middleware] = ()
    hosts: Sequence[str] = HOSTS
    home: str = "/pages/index.html"
    manifest: Path | None = None
    waiting: Waiting | None = None
    are_figures_open: bool = False


def create_app(serving: Path, pages: Path, around: Surroundings | None = None) -> FastAPI:
    """Return the application over the extract in `serving` and the pages in `pages`."""
    around = around or Surroundings()
    tables = PublishedTables(ServingStore(serving), ORDERS)
    observations = Observations()
    # FastAPI's own documentation page would load scripts from outside.
    app = FastAPI(
        title="analytics_platform",
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(tables),
        middleware=[
            Middleware(Observing, observations=observations),
            Middleware(SecurityHeaders),
            Middleware(AllowedHosts, allowed=around.hosts),
            *around.middleware,
            Middleware(Heads),
        ],
    )
    add_problem_handlers(app)
    app.include_router(_health(tables))
    app.include_router(_figures(tables, observations, around))
    readings = (*stock_readings(), *table_readings(around.manifest))
    Readings(tables, observations).serve(app, readings, around.guards)
    for router in around.routers:
        app.include_router(router)

    @app.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse(around.home)

    pages.mkdir(parents=True, exist_ok=True)
    app.mount("/pages", GZipMiddleware(StaticFiles(directory=pages, html=True)), name="pages")
    return app


def _lifespan(tables: PublishedTables) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001 - what FastAPI calls it with
        await run_in_threadpool(warm, tables)
        watch = asyncio.create_task(keep_warm(tables))
        yield
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch

    return lifespan


def _health(tables: PublishedTables) -> APIRouter:
    """Whether the process lives, and what it serves."""
    router = APIRouter(tags=["health"])

    @router.get("/health", responses={422: problem_documented("It takes no parameter")})
    async def health(request: Request) -> dict[str, str]:
        """Tell that the process lives."""
        read_query(request.scope["query_string"], ())
        return {"status": "ok"}

    @router.get(
        "/ready",
        responses={
            404: problem_documented("Nothing was published by then"),
            422: problem_documented("The moment cannot be read"),
            503: problem_documented("Nothing is published yet"),
        },
        openapi_extra={"parameters": [AS_KNOWN_AT.documented()]},
    )
    def ready(request: Request, response: Response) -> dict[str, str | float | None]:
        """Tell which version of the extract is served, or was served at a moment, and how old it is."""
        moment = read_query(request.scope["query_string"], (AS_KNOWN_AT,)).moment(AS_KNOWN_AT.name)
        try:
            publication = tables.publication()
        except NotPublishedError as error:
            raise Problem(404 if moment else 503, str(error)) from error
        version = version_of(tables, publication, moment)
        response.headers[VERSION_HEADER] = version.name
        newest = tables.newest_session(version, ANCHOR) if ANCHOR in version.tables else None
        return {
            "status": "ok",
            "version": version.name,
            "published_at": written(version.published_at),
            "known_at": written(version.known_at),
            "newest_session": None if newest is None else newest.isoformat(),
            "age_seconds": round((datetime.now(UTC) - version.published_at).total_seconds(), 3),
        }

    return router


def _figures(tables: PublishedTables, observations: Observations, around: Surroundings) -> APIRouter:
    """Figures of the server, for this machine only unless they are opened."""
    router = APIRouter()

    @router.get("/internal/metrics", include_in_schema=False)
    def figures(request: Request) -> Response:
        if not around.are_figures_open and not _is_of_this_machine(request):
            raise Problem(404, "there is nothing here")
        return Response(observations.text(tables, around.waiting), media_type=CONTENT_TYPE_LATEST)

    return router


def _is_of_this_machine(request: Request) -> bool:
    if request.client is None or any(name in PASSED_ON for name, _ in request.scope["headers"]):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
