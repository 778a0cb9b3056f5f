"""The services behind the actions of an installation. Nothing is connected before it is needed."""

import shutil
import time
from dataclasses import replace

from analytics_platform.api.actions.dagster_graphql import DagsterGraphQL
from analytics_platform.api.actions.materialization_requests import MaterializationRequests
from analytics_platform.api.actions.state_machine import StartsByMachine
from analytics_platform.api.actions.uploads import Uploads
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.calendars.sessions import calendar
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.settings import Settings

_LEFT_OVER_SECONDS = 24 * 3600


def open_requests(of: Settings, audit: AuditLog) -> MaterializationRequests:
    """Return what takes requests for materializations."""
    return MaterializationRequests(
        of.ledger_url,
        DagsterGraphQL(of.dagster_url),
        calendar(of.calendar),
        audit,
        public_url=of.dagster_public_url,
        starts=None if of.materialize_machine is None else StartsByMachine(of.materialize_machine),
    )


def open_uploads(of: Settings, audit: AuditLog) -> Uploads:
    """Return what takes files; what killed servers have left of uploads is taken away."""
    scratch = of.home / "uploads"
    for folder in scratch.glob("upload-*"):
        if time.time() - folder.stat().st_mtime > _LEFT_OVER_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
    limits = Limits()
    return Uploads(
        of.landing_url,
        of.ledger_url,
        sources=of.sources,
        scratch=scratch,
        limits=replace(limits, max_file_bytes=min(limits.max_file_bytes, of.upload_mb << 20)),
        audit=audit,
    )
