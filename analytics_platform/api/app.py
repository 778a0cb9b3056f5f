"""The HTTP application: health, the stock metrics and the static pages, all from the published extract."""

from datetime import date
from pathlib import Path
from typing import Annotated

import polars as pl
from fastapi import FastAPI, HTTPException, Query, Response
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from analytics_platform.api.published import PublishedTables
from analytics_platform.calendars.moments import MomentError, parse_moment, written
from analytics_platform.storage.published.serving import NotPublishedError, ServingStore
from analytics_platform.storage.published.versions import Version

HOSTS = ["127.0.0.1", "localhost"]
"""Names under which this machine may be asked; any other Host header is refused."""

VERSION_HEADER = "X-Published-Version"
"""Which version an answer comes from."""

Row = dict[str, str | float | int | date | None]
AsKnownAt = Annotated[
    str | None,
    Query(description="Moment in ISO 8601 with its zone: the answer as it was published then"),
]


def create_app(serving: Path, pages: Path) -> FastAPI:
    """Return the application over the extract in `serving` and the pages in `pages`."""
    # FastAPI's own documentation page would load scripts from outside.
    app = FastAPI(title="analytics_platform", version="0.1.0", docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    tables = PublishedTables(ServingStore(serving))

    @app.get("/health")
    def health() -> dict[str, str]:
        """Tell that the process lives."""
        return {"status": "ok"}

    @app.get("/ready")
    def ready(response: Response, as_known_at: AsKnownAt = None) -> dict[str, str]:
        """Tell which version of the extract is served, or was served at a moment."""
        version = _version(tables, as_known_at, response)
        return {
            "status": "ok",
            "version": version.name,
            "published_at": written(version.published_at),
            "known_at": written(version.known_at),
        }

    @app.get("/metrics/most-valuable-day")
    def most_valuable_day(response: Response, as_known_at: AsKnownAt = None) -> Row:
        """Return the day with the highest mean traded value, and the most valuable stock beside it."""
        version = _version(tables, as_known_at, response)
        days = _first(tables, version, "most_valuable_days", "value_rank")
        return {**days, **_first(tables, version, "most_valuable_stocks", "value_rank")}

    @app.get("/metrics/most-volatile")
    def most_volatile(response: Response, as_known_at: AsKnownAt = None) -> Row:
        """Return the stock with the highest standard deviation of daily returns."""
        version = _version(tables, as_known_at, response)
        return _first(tables, version, "stock_volatilities", "volatility_rank")

    @app.get("/metrics/average-daily-return")
    @app.get("/metrics/daily-average-return", include_in_schema=False)
    def average_daily_return(
        response: Response,
        from_date: Annotated[date, Query()],
        to_date: Annotated[date, Query()],
        as_known_at: AsKnownAt = None,
    ) -> list[Row]:
        """Return the mean daily return over all stocks, in percent, for each session of a range."""
        if from_date > to_date:
            raise HTTPException(422, f"from_date {from_date} is after to_date {to_date}")
        days = _table(tables, _version(tables, as_known_at, response), "average_daily_returns")
        chosen = days.filter(pl.col("business_date").is_between(from_date, to_date))
        return chosen.sort("business_date").to_dicts()

    @app.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/pages/index.html")

    pages.mkdir(parents=True, exist_ok=True)
    app.mount("/pages", StaticFiles(directory=pages, html=True), name="pages")
    return app


def _version(tables: PublishedTables, as_known_at: str | None, response: Response) -> Version:
    """Return the version that a request asks for, and name it in the answer."""
    try:
        moment = None if as_known_at is None else parse_moment(as_known_at)
        version = tables.at(moment)
    except MomentError as error:
        raise HTTPException(422, str(error)) from error
    except NotPublishedError as error:
        raise HTTPException(503 if moment is None else 404, str(error)) from error
    response.headers[VERSION_HEADER] = version.name
    return version


def _table(tables: PublishedTables, version: Version, name: str) -> pl.DataFrame:
    try:
        return tables.read(version, name)
    except NotPublishedError as error:
        raise HTTPException(404, str(error)) from error


def _first(tables: PublishedTables, version: Version, name: str, rank: str) -> Row:
    rows = _table(tables, version, name)
    if rows.is_empty():
        raise HTTPException(404, f"{name}: no rows are published")
    return rows.sort(rank, nulls_last=True).row(0, named=True)
