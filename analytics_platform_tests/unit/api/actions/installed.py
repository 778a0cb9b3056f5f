"""An installation with its actions, behind guards that let everyone in, mostly without a Dagster. No test."""

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import Depends, Request
from fastapi.testclient import TestClient

from analytics_platform.api.actions.materialization_requests import MaterializationRequests
from analytics_platform.api.actions.materializations import materializations_router
from analytics_platform.api.actions.opening import open_requests, open_uploads
from analytics_platform.api.actions.upload_routes import uploads_router
from analytics_platform.api.actions.uploads import Uploads
from analytics_platform.api.app import HOSTS, Surroundings, create_app
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.api.security.identity import SCOPES, Identity
from analytics_platform.settings import Settings

CALLER = "X-Caller"


def closed_port() -> int:
    """Return a port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def let_in(request: Request) -> None:
    """Take every caller for who it says to be."""
    name = request.headers.get(CALLER, "desk")
    request.state.identity = Identity(name, frozenset(SCOPES), "open")


@dataclass(frozen=True)
class Installed:
    """The services, and a client of their routes."""

    of: Settings
    requests: MaterializationRequests
    uploads: Uploads
    client: TestClient

    def audited(self) -> list[dict[str, str]]:
        """Return the lines of the audit log."""
        lines = self.of.audit_log.read_text("utf-8").splitlines() if self.of.audit_log.exists() else []
        return [json.loads(line) for line in lines]


def installed(
    home: Path, dagster_url: str | None = None, *, upload_mb: int = 1, hosts: Sequence[str] = HOSTS
) -> Installed:
    """Return an installation in a folder; without an address nothing listens where Dagster should be."""
    url = dagster_url or f"http://127.0.0.1:{closed_port()}"
    of = Settings(home=home, dagster_url=url, upload_mb=upload_mb)
    audit = AuditLog(of.audit_log)
    requests, uploads, guard = open_requests(of, audit), open_uploads(of, audit), Depends(let_in)
    routers = [materializations_router(guard, guard, requests), uploads_router(guard, guard, uploads)]
    app = create_app(of.serving, of.pages, Surroundings(routers=routers, hosts=hosts))
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    return Installed(of, requests, uploads, client)
