"""What the site is made over: one object that its routes are given. No HTML, no route."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from analytics_platform.api.actions.materialization_requests import MaterializationRequests
from analytics_platform.api.actions.uploads import Uploads
from analytics_platform.api.catalogue import ORDERS
from analytics_platform.api.published import PublishedTables
from analytics_platform.report.tree import page_name
from analytics_platform.settings import Settings
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.ledger.pages import LedgerPages
from analytics_platform.storage.published.serving import ServingStore

_MEMORY = 64 << 20
"""Bytes of published objects that the home page keeps: it reads one session of two tables."""


@dataclass(frozen=True)
class Site:
    """What the pages are read from, and where their links lead.

    Attributes
    ----------
    tables : PublishedTables
        What is published.
    ledger : LedgerPages
        What was delivered.
    quarantine : Quarantine
        What was refused.
    pages : Path
        Folder of the risk pages, which are served under ``/pages/``.
    dagster_url : str
        Dagster as a browser reaches it.
    requests : MaterializationRequests
        Takes what the button asks for.
    uploads : Uploads
        Takes files.
    """

    tables: PublishedTables
    ledger: LedgerPages
    quarantine: Quarantine
    pages: Path
    dagster_url: str
    requests: MaterializationRequests
    uploads: Uploads

    @classmethod
    def of(cls, settings: Settings, requests: MaterializationRequests, uploads: Uploads) -> "Site":
        """Return the site of an installation."""
        return cls(
            tables=PublishedTables(ServingStore(settings.serving), ORDERS, _MEMORY),
            ledger=LedgerPages(settings.ledger_url),
            quarantine=Quarantine(settings.quarantine),
            pages=settings.pages,
            dagster_url=settings.dagster_public_url.rstrip("/"),
            requests=requests,
            uploads=uploads,
        )

    def page_of(self, portfolio_id: str) -> str | None:
        """Return where the risk page of a portfolio is; None if there is none."""
        return self.risk_page(page_name(portfolio_id))

    def risk_page(self, name: str) -> str | None:
        """Return where a risk page is; None if there is none."""
        return f"/pages/{quote(name)}" if (self.pages / name).is_file() else None

    def run_url(self, run_id: str | None) -> str | None:
        """Return where a run is shown in Dagster."""
        return f"{self.dagster_url}/runs/{quote(run_id, safe='')}" if run_id else None
