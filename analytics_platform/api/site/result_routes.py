"""Pages of what became of an upload and of a request; they look again by themselves while it goes on."""

from fastapi import APIRouter, Request, Response, params
from fastapi.responses import RedirectResponse

from analytics_platform.api.actions.uploads import UploadState
from analytics_platform.api.security.identity import identity_of
from analytics_platform.api.site.portfolios import overview
from analytics_platform.api.site.rendering import page
from analytics_platform.api.site.site import Site
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.report.pages import INDEX_NAME

REFRESH_SECONDS = 3
_MOVING = (UploadState.WAITING, UploadState.LOADING)


def add_results(router: APIRouter, read: params.Depends, site: Site) -> None:
    """Add the page of one upload and that of one request."""

    @router.get("/uploads", dependencies=[read])
    @router.get("/materializations", dependencies=[read])
    def elsewhere() -> Response:
        return RedirectResponse("/site/actions", 303)

    @router.get("/uploads/{upload_id}", dependencies=[read])
    def upload(upload_id: str) -> Response:
        found = site.uploads.status(upload_id)
        return page(
            "upload.html.j2",
            upload=found,
            dates=_dates(found.key),
            refresh=REFRESH_SECONDS if found.state in _MOVING else None,
            run_url=site.run_url,
        )

    @router.get("/materializations/{request_id}", dependencies=[read])
    def materialization(request: Request, request_id: str) -> Response:
        found = site.requests.status(request_id)
        served = overview(site.tables)
        lines = [] if served is None else served.lines
        return page(
            "materialization.html.j2",
            ask=found,
            refresh=None if found.has_ended else REFRESH_SECONDS,
            watch_url=site.requests.watch_url(found),
            may_cancel="materialize" in identity_of(request).scopes and not found.has_ended,
            served=served,
            pages=[(line.title, site.page_of(line.portfolio_id)) for line in lines],
            index=site.risk_page(INDEX_NAME),
        )


def _dates(key: str) -> tuple[str, str] | None:
    """Return the dates that the name of a file declares, for the form of the run that follows.

    Examples
    --------
    >>> _dates("prices/vendor_2013-03-01.csv"), _dates("nonsense.csv")
    (('2013-03-01', '2013-03-01'), None)
    """
    try:
        name = parse_file_name(key)
    except DeliveryRefused:
        return None
    return name.first_date.isoformat(), name.last_date.isoformat()
