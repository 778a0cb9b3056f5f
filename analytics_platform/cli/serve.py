"""`analytics serve`: the API and the pages on this machine."""

import uvicorn

from analytics_platform.api.app import create_app
from analytics_platform.settings import settings


def run_server(port: int) -> None:
    """Serve until interrupted."""
    of = settings()
    uvicorn.run(create_app(of.serving, of.pages), host="127.0.0.1", port=port)
