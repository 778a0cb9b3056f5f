"""`analytics serve`: the API, the site and the risk pages, behind their guards."""

import sys

import uvicorn
from fastapi import APIRouter, FastAPI

from analytics_platform.api.actions.materializations import materializations_router
from analytics_platform.api.actions.opening import open_requests, open_uploads
from analytics_platform.api.actions.upload_routes import uploads_router
from analytics_platform.api.app import Surroundings, create_app
from analytics_platform.api.backlog import waiting_of
from analytics_platform.api.exports.engine import ExportEngine
from analytics_platform.api.exports.exports import Exports
from analytics_platform.api.exports.lake_export import LakeExport
from analytics_platform.api.exports.routes import exports_router
from analytics_platform.api.security.access import Access
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.api.security.documented import document_access
from analytics_platform.api.security.identity import SCOPES
from analytics_platform.api.security.keys import KeyFileError
from analytics_platform.api.security.login import login_router
from analytics_platform.api.security.starting import StartRefusedError, access_of, middleware_of
from analytics_platform.api.site.routes import site_router
from analytics_platform.api.site.site import Site
from analytics_platform.settings import Settings, settings

REFUSED = 2


def run_server(port: int, host: str | None = None) -> int:
    """Serve until interrupted; return the exit code of a start that is refused."""
    of = settings() if host is None else settings().model_copy(update={"api_host": host})
    try:
        app = application(of)
    except (StartRefusedError, KeyFileError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - told to who starts it
        return REFUSED
    # An access log costs about as much as an answer; /internal/metrics counts instead.
    uvicorn.run(
        app,
        host=of.api_host,
        port=port,
        access_log=False,
        server_header=False,
        proxy_headers=bool(of.api_proxies),
        forwarded_allow_ips=list(of.api_proxies),
    )
    return 0


def application(of: Settings) -> FastAPI:
    """Return the application of an installation.

    Raises
    ------
    StartRefusedError
        If the settings would let in who must stay outside.
    KeyFileError
        If the file of the keys cannot be used.
    """
    audit = AuditLog(of.audit_log)
    access = access_of(of, audit)
    around = Surroundings(
        routers=_routers(of, access, audit),
        middleware=middleware_of(of, access),
        hosts=of.api_names,
        home="/site/",
        manifest=of.dbt_target / "manifest.json",
        waiting=waiting_of(of.ledger_url),
        are_figures_open=of.figures_open,
    )
    app = create_app(of.serving, of.pages, around)
    if not access.is_open:
        document_access(app)
    return app


def _routers(of: Settings, access: Access, audit: AuditLog) -> list[APIRouter]:
    """List what is served besides readings, each route behind the scope that it needs."""
    read, upload, materialize = (access.requires(each) for each in SCOPES)
    requests, uploads = open_requests(of, audit), open_uploads(of, audit)
    site = Site.of(of, requests, uploads)
    return [
        login_router(access),
        materializations_router(read, materialize, requests),
        uploads_router(read, upload, uploads),
        exports_router(read, Exports(_export_engine(of), of.home / "exports", audit)),
        site_router(read, site, upload=upload, materialize=materialize),
    ]


def _export_engine(of: Settings) -> ExportEngine:
    if of.athena_database is None:
        return LakeExport(of.lake_url, **of.lake_options)
    if of.athena_results is None:
        message = "exports by Athena need ANALYTICS_ATHENA_RESULTS: set it to s3://bucket/prefix"
        raise StartRefusedError(message)
    # Only whoever exports by Athena pays for its client.
    from analytics_platform.api.exports.athena_export import AthenaExport  # noqa: PLC0415

    try:
        return AthenaExport(
            of.athena_database,
            of.athena_workgroup,
            of.athena_results,
            iceberg_tables=of.iceberg_tables,
        )
    except ValueError as error:
        raise StartRefusedError(str(error)) from error
