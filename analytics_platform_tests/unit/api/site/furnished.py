"""A site over a real ledger, quarantine and extract; a header tells its guard who asks. No test."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
from fastapi import Depends, Request
from fastapi.testclient import TestClient

from analytics_platform.api.actions.opening import open_requests, open_uploads
from analytics_platform.api.app import Surroundings, create_app
from analytics_platform.api.problems import Problem
from analytics_platform.api.security.audit import AuditLog
from analytics_platform.api.security.identity import SCOPES, Identity, Scope
from analytics_platform.api.site.routes import site_router
from analytics_platform.api.site.site import Site
from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.faults import Finding
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.settings import Settings
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.landing.zone import ObjectVersion
from analytics_platform.storage.ledger.ledger import Ledger, State
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.unit.api.actions.installed import closed_port

SESSION = date(2013, 3, 1)
START = datetime(2013, 3, 1, 21, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>"
HOSTILE_KEY = "prices/<script>alert(1)<\N{RIGHT-TO-LEFT OVERRIDE}.csv"
SCOPES_HEADER = "X-Scopes"


@dataclass(frozen=True)
class Furnished:
    """An installation and a client of its site."""

    of: Settings
    client: TestClient


def furnished(home: Path) -> Furnished:
    """Return a site over what was written into a folder; nothing listens where Dagster should be."""
    of = Settings(home=home, dagster_url=f"http://127.0.0.1:{closed_port()}", upload_mb=1)
    audit = AuditLog(of.audit_log)
    read, upload, materialize = (Depends(_Guard(scope)) for scope in SCOPES)
    site = Site.of(of, open_requests(of, audit), open_uploads(of, audit))
    router = site_router(read, site, upload=upload, materialize=materialize)
    app = create_app(of.serving, of.pages, Surroundings(routers=[router]))
    client = TestClient(
        app, base_url="http://127.0.0.1", raise_server_exceptions=False, follow_redirects=False
    )
    return Furnished(of, client)


@dataclass(frozen=True)
class _Guard:
    scope: Scope

    def __call__(self, request: Request) -> None:
        """Let in who has the scope; without the header that is everyone."""
        named = request.headers.get(SCOPES_HEADER, ",".join(SCOPES)).split(",")
        scopes = frozenset(each for each in SCOPES if each in named)
        if not scopes:
            raise Problem(401, "give a key")
        if self.scope not in scopes:
            raise Problem(403, f"this needs the scope {self.scope}")
        request.state.identity = Identity("desk", scopes, "key")


def write_deliveries(of: Settings) -> list[ObjectVersion]:
    """Write versions into the ledger: 60 that wait, one loaded in part, one refused for a hostile name."""
    ledger = Ledger(of.ledger_url)
    waiting = [
        _version(f"positions/custodian-a_{SESSION - timedelta(days=n)}.csv", minute=n) for n in range(60)
    ]
    ledger.observe_all([(version, parse_file_name(version.key)) for version in waiting])
    partly = _version(f"prices/vendor_{SESSION}.csv", minute=90)
    ledger.observe(partly, parse_file_name(partly.key))
    ledger.claim(partly, "run-1")
    counts = RowCounts(read=10, accepted=7, rejected=2, ignored=1)
    ledger.finish(partly, State.LOADED, sha256="0" * 64, counts=counts)
    refused = _version(HOSTILE_KEY, minute=91)
    ledger.refuse(refused, f"refused: {HOSTILE}")
    _keep(of, partly, "loaded without 2 of 10 rows")
    _keep(of, refused, "refused: nothing of it was loaded")
    ledger.close()
    return [*waiting, partly, refused]


def publish(of: Settings) -> None:
    """Publish a tree of three portfolios, one with a hostile name."""
    ServingStore(of.serving).publish(
        {"portfolio_risk": _risk(), "limit_utilisation": _limits()},
        run_id="run-1",
        known_at=START,
        code_version="1",
    )
    of.pages.mkdir(parents=True, exist_ok=True)
    (of.pages / "portfolio_GLOBAL.html").write_text("<h1>Global</h1>", "utf-8")


def _version(key: str, minute: int) -> ObjectVersion:
    return ObjectVersion(START + timedelta(minutes=minute), key, f"v{minute}", 1536)


def _keep(of: Settings, version: ObjectVersion, verdict: str) -> None:
    content, rows = of.home / "content", of.home / "rows.parquet"
    content.write_text(HOSTILE, "utf-8")
    pl.DataFrame({"Name": ["=1+1"]}).write_parquet(rows)
    finding = Finding(file=version.key, sheet=HOSTILE, row=3, message="this is no number", cure="Mend it")
    Quarantine(of.quarantine).keep(version, file=content, verdict=verdict, findings=[finding], rejected=rows)


def _risk() -> pl.DataFrame:
    parents = {"GLOBAL": None, "EQUITY": "GLOBAL", "EQ_US": "EQUITY"}
    return pl.DataFrame(
        [
            {
                "business_date": day,
                "portfolio_id": key,
                "parent_portfolio_id": parent,
                "name": HOSTILE if key == "EQ_US" else key.title(),
                "base_currency": "USD",
                "nav_base": 1_234_567.0 if day == SESSION else 1.0,
                "day_pnl_base": -2_500.0,
                "var_99_base": float("nan") if key == "EQUITY" else 41_000.0,
                "es_975_base": 43_000.0,
                "status": "missing" if key == "EQUITY" else "ok",
                "reason": "no scenarios" if key == "EQUITY" else None,
            }
            for day in (date(2013, 2, 28), SESSION)
            for key, parent in parents.items()
        ]
    )


def _limits() -> pl.DataFrame:
    states = (("EQ_US", "breach"), ("EQ_US", "within"), ("GLOBAL", "within"))
    rows = [{"business_date": SESSION, "portfolio_id": key, "state": state} for key, state in states]
    return pl.DataFrame(rows)
