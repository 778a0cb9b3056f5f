"""The HTTP application: health, the stock metrics and the static pages, all from the published extract."""

from datetime import date
from pathlib import Path
from typing import Annotated

import polars as pl
from fastapi import FastAPI, HTTPException, Query
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from analytics_platform.storage.serving import ServingStore

HOSTS = ["127.0.0.1", "localhost"]
"""Names under which this machine may be asked; any other Host header is refused."""

Row = dict[str, str | float | int | date | None]


def create_app(serving: Path, pages: Path) -> FastAPI:
    """Return the application over the extract in `serving` and the pages in `pages`."""
    # FastAPI's own documentation page would load scripts from outside.
    app = FastAPI(title="analytics_platform", version="0.1.0", docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    store = ServingStore(serving)

    @app.get("/health")
    def health() -> dict[str, str]:
        """Tell that the process lives."""
        return {"status": "ok"}

    @app.get("/ready")
    def ready() -> dict[str, str]:
        """Tell which version of the extract is served."""
        version = store.version()
        if version is None:
            raise HTTPException(503, "nothing is published yet")
        return {"status": "ok", "version": version}

    @app.get("/metrics/most-valuable-day")
    def most_valuable_day() -> Row:
        """Return the day with the highest mean traded value, and the most valuable stock beside it."""
        return {**_first(store, "most_valuable_days"), **_first(store, "most_valuable_stocks")}

    @app.get("/metrics/most-volatile")
    def most_volatile() -> Row:
        """Return the stock with the highest standard deviation of daily returns."""
        return _first(store, "stock_volatilities")

    @app.get("/metrics/average-daily-return")
    @app.get("/metrics/daily-average-return", include_in_schema=False)
    def average_daily_return(
        from_date: Annotated[date, Query()], to_date: Annotated[date, Query()]
    ) -> list[Row]:
        """Return the mean daily return over all stocks, in percent, for each session of a range."""
        if from_date > to_date:
            raise HTTPException(422, f"from_date {from_date} is after to_date {to_date}")
        days = _read(store, "average_daily_returns")
        chosen = days.filter(pl.col("business_date").is_between(from_date, to_date))
        return chosen.sort("business_date").to_dicts()

    @app.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/pages/index.html")

    pages.mkdir(parents=True, exist_ok=True)
    app.mount("/pages", StaticFiles(directory=pages, html=True), name="pages")
    return app


def _read(store: ServingStore, name: str) -> pl.DataFrame:
    try:
        return store.read(name)
    except FileNotFoundError as error:
        raise HTTPException(503, str(error)) from error


def _first(store: ServingStore, name: str) -> Row:
    rows = _read(store, name)
    if rows.is_empty():
        raise HTTPException(404, f"{name}: no rows are published")
    return rows.row(0, named=True)
