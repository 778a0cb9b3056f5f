"""`analytics serve`: the API and the pages on this machine."""

import uvicorn

from analytics_platform.api.app import Surroundings, create_app
from analytics_platform.api.backlog import waiting_of
from analytics_platform.settings import settings


def run_server(port: int) -> None:
    """Serve until interrupted."""
    of = settings()
    around = Surroundings(
        manifest=of.dbt_target / "manifest.json",
        waiting=waiting_of(of.ledger_url),
        are_figures_open=of.figures_open,
    )
    # An access log costs about as much as an answer; /internal/metrics counts instead.
    uvicorn.run(create_app(of.serving, of.pages, around), host="127.0.0.1", port=port, access_log=False)
