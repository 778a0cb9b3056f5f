"""The routes of the site under ``/site/``: those that read here, those that act in `action_routes`."""

from fastapi import APIRouter, Request, Response, params

from analytics_platform.api.problems import Problem
from analytics_platform.api.security.identity import identity_of
from analytics_platform.api.site.action_routes import add_forms
from analytics_platform.api.site.html_errors import PageRoute
from analytics_platform.api.site.portfolios import overview
from analytics_platform.api.site.quarantine_routes import add_quarantine
from analytics_platform.api.site.queries import asked
from analytics_platform.api.site.rendering import STATE_WORDS, page, style
from analytics_platform.api.site.result_routes import add_results
from analytics_platform.api.site.site import Site
from analytics_platform.report.pages import BACKTEST_NAME, INDEX_NAME, QUALITY_NAME
from analytics_platform.storage.ledger.tables import State
from analytics_platform.tables.registry import DELIVERED

ROWS_PER_PAGE = 50
_STYLE_SECONDS = 300


def site_router(
    read: params.Depends, site: Site, *, upload: params.Depends, materialize: params.Depends
) -> APIRouter:
    """Return the routes of the site; include them behind all others under ``/site``.

    Parameters
    ----------
    read, upload, materialize : Depends
        Guards of the pages, of the form for files, and of the button.
    site : Site
        What the pages are made over.
    """
    router = APIRouter(prefix="/site", route_class=PageRoute, include_in_schema=False)
    add_style(router)
    _add_readings(router, read, site)
    add_quarantine(router, read, site)
    add_forms(router, site, read=read, upload=upload, materialize=materialize)
    add_results(router, read, site)
    _add_missing(router, read)
    return router


def add_style(router: APIRouter) -> None:
    """Add the style sheet, which the login page needs too: it has no guard."""

    @router.get("/style.css")
    def style_sheet() -> Response:
        headers = {"Cache-Control": f"max-age={_STYLE_SECONDS}"}
        return Response(style(), media_type="text/css", headers=headers)


def _add_readings(router: APIRouter, read: params.Depends, site: Site) -> None:
    @router.get("/", dependencies=[read])
    def home(request: Request) -> Response:
        found = overview(site.tables)
        pages = (
            {}
            if found is None
            else {line.portfolio_id: site.page_of(line.portfolio_id) for line in found.lines}
        )
        risk_pages = [
            (title, site.risk_page(name))
            for title, name in (
                ("Risk table with history", INDEX_NAME),
                ("Data quality", QUALITY_NAME),
                ("Value-at-risk backtest", BACKTEST_NAME),
            )
        ]
        return page(
            "home.html.j2",
            overview=found,
            pages=pages,
            risk_pages=risk_pages,
            backlog=site.ledger.backlog(),
            dagster_url=site.dagster_url,
            is_session=identity_of(request).means == "session",
        )

    @router.get("/deliveries", dependencies=[read])
    def deliveries(request: Request) -> Response:
        query = asked(request, ("dataset", "state", "cursor"))
        dataset, state = query["dataset"], query["state"]
        found = site.ledger.newest(
            ROWS_PER_PAGE,
            dataset=dataset,
            state=None if state is None else _state(state),
            cursor=query["cursor"],
        )
        return page(
            "deliveries.html.j2",
            entries=found.entries,
            next_cursor=found.next_cursor,
            query=query,
            datasets=sorted(DELIVERED),
            states=STATE_WORDS,
            run_url=site.run_url,
        )

    @router.get("/deliveries/version", dependencies=[read])
    def delivery(request: Request) -> Response:
        query = asked(request, ("key", "version"))
        key, version_id = query["key"] or "", query["version"] or ""
        entry = site.ledger.entry(key, version_id)
        if entry is None:
            raise Problem(404, "The ledger knows no such version; the list of deliveries shows all.")
        history = site.ledger.history(key, version_id)
        return page(
            "delivery.html.j2",
            entry=entry,
            history=history,
            is_kept=bool(site.quarantine.kept(entry.version)),
            run_url=site.run_url,
        )


def _state(word: str) -> State:
    try:
        return State(word)
    except ValueError as error:
        known = ", ".join(State)
        raise Problem(422, f"state: there is none of that name; there are {known}", "state") from error


def _add_missing(router: APIRouter, read: params.Depends) -> None:
    @router.get("/{rest:path}", dependencies=[read])
    def missing(rest: str) -> Response:  # noqa: ARG001 - whatever it is
        raise Problem(404, "There is no such page; the links above lead to all that there are.")
