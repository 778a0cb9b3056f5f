"""The metrics of the stock API: by their definitions adjusted for splits and dividends, and on raw closes."""

from collections.abc import Mapping

import polars as pl

from analytics_platform.api.parameters import Parameter, Query, read_range
from analytics_platform.api.partitions import ROW
from analytics_platform.api.problems import Problem
from analytics_platform.api.published import Publication, PublishedTables
from analytics_platform.api.reading import Reading
from analytics_platform.api.selection import (
    AS_KNOWN_AT,
    FORMAT,
    FROM_DATE,
    TO_DATE,
    Page,
    version_of,
)
from analytics_platform.api.table_readings import documented
from analytics_platform.storage.published.versions import Version

_ASKED = (AS_KNOWN_AT, FORMAT)
_DAY = {
    "business_date": "2012-09-19",
    "mean_value_traded_usd": 1234567.5,
    "raw_mean_value_traded_usd": 1234567.5,
    "n_stocks": 5,
    "value_rank": 1,
}
_STOCK = {"instrument_id": "EQ_AAPL", "ticker": "AAPL"}
_VOLATILE = {
    **_STOCK,
    "daily_volatility_rate": 0.0389,
    "annualised_volatility_rate": 0.6175,
    "raw_daily_volatility_rate": 0.0389,
    "raw_annualised_volatility_rate": 0.6175,
}
_RETURN = {"business_date": "2013-03-01", "average_return_pct": 0.1234, "raw_average_return_pct": 0.1234}
_WINDOW = {"basis": "adjusted", "window_rank": 1, **_STOCK, "return_pct": 41.5}


def stock_readings() -> tuple[Reading, ...]:
    """Return the metrics, and the older name of one of them."""
    return (
        Reading(
            "/metrics/most-valuable-day",
            "most_valuable_day",
            "The day with the highest mean of close times volume, and the most valuable stock beside it",
            _ASKED,
            _most_valuable_day,
            shape="object",
            responses=documented(_row(_DAY | _STOCK), _DAY | _STOCK),
        ),
        Reading(
            "/metrics/most-volatile",
            "most_volatile",
            "The stock with the highest standard deviation of daily returns, also annualised by sqrt(252)",
            _ASKED,
            _most_volatile,
            shape="object",
            responses=documented(_row(_VOLATILE), _VOLATILE),
        ),
        _average("/metrics/average-daily-return", "average_daily_return"),
        _average("/metrics/daily-average-return", "daily_average_return", is_documented=False),
        Reading(
            "/metrics/best-return-windows",
            "best_return_windows",
            "The three best returns over 30 days, adjusted and on raw closes",
            _ASKED,
            _best_windows,
            shape="list",
            responses=documented(_rows(_WINDOW), [_WINDOW]),
        ),
    )


def _average(path: str, name: str, *, is_documented: bool = True) -> Reading:
    return Reading(
        path,
        name,
        "Mean over all stocks of the daily return, in percent, for each session of a range",
        (_required(FROM_DATE), _required(TO_DATE), *_ASKED),
        _average_daily_returns,
        shape="list",
        responses=documented(_rows(_RETURN), [_RETURN]),
        is_documented=is_documented,
    )


def _required(parameter: Parameter) -> Parameter:
    return Parameter(
        parameter.name, parameter.kind, parameter.description, parameter.example, is_required=True
    )


def _most_valuable_day(tables: PublishedTables, publication: Publication, query: Query) -> Page:
    version = _version(tables, publication, query)
    day = _first(tables, version, "most_valuable_days", "value_rank")
    stock = _first(tables, version, "most_valuable_stocks", "value_rank")
    both = {name: f"stock_{name}" for name in stock.columns if name in day.columns}
    return _page(version, pl.concat([day, stock.rename(both)], how="horizontal"))


def _most_volatile(tables: PublishedTables, publication: Publication, query: Query) -> Page:
    version = _version(tables, publication, query)
    return _page(version, _first(tables, version, "stock_volatilities", "volatility_rank"))


def _average_daily_returns(tables: PublishedTables, publication: Publication, query: Query) -> Page:
    between = read_range(query)
    version = _version(tables, publication, query)
    days = _table(tables, version, "average_daily_returns")
    return _page(version, days.filter(pl.col("business_date").is_between(*between)) if between else days)


def _best_windows(tables: PublishedTables, publication: Publication, query: Query) -> Page:
    version = _version(tables, publication, query)
    return _page(version, _table(tables, version, "best_return_windows").sort("basis", "window_rank"))


def _version(tables: PublishedTables, publication: Publication, query: Query) -> Version:
    return version_of(tables, publication, query.moment(AS_KNOWN_AT.name))


def _table(tables: PublishedTables, version: Version, name: str) -> pl.DataFrame:
    return pl.concat([each.rows for each in tables.partitions(version, name)]).drop(ROW)


def _first(tables: PublishedTables, version: Version, name: str, rank: str) -> pl.DataFrame:
    rows = _table(tables, version, name)
    if rows.is_empty():
        raise Problem(404, f"{name}: no rows are published")
    return rows.sort(rank, nulls_last=True).head(1)


def _page(version: Version, rows: pl.DataFrame) -> Page:
    return Page(version, rows, None, rows.height)


def _row(example: Mapping[str, object]) -> dict[str, object]:
    kinds = {str: "string", float: "number", int: "integer"}
    return {
        "type": "object",
        "required": list(example),
        "properties": {name: {"type": [kinds[type(value)], "null"]} for name, value in example.items()},
    }


def _rows(example: Mapping[str, object]) -> dict[str, object]:
    return {"type": "array", "items": _row(example)}
