"""What the server of benchmark `api` serves: every published table, made by rule."""

import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from analytics_platform.api.catalogue import ENDPOINTS
from analytics_platform.api.endpoint import FILTER_EXAMPLES, FILTER_KINDS, Endpoint
from analytics_platform.storage.published.serving import ServingStore

PORTFOLIOS, ROWS, SESSIONS = 6, 10, 60
PAUSE_SECONDS = 0.3


def publish(store: ServingStore, number: int) -> None:
    """Publish a version that differs from every other in each table."""
    tables = {endpoint.table: _table(endpoint, number) for endpoint in ENDPOINTS}
    store.publish(
        tables | _stock_tables(number),
        run_id=f"run-{number}",
        known_at=datetime.now(UTC),
        code_version="benchmark",
    )


def _table(endpoint: Endpoint, number: int) -> pl.DataFrame:
    """Return rows with the key columns of a table and six amounts."""
    days = pl.DataFrame({"business_date": _sessions()})
    keys = pl.DataFrame({"place": range(PORTFOLIOS * ROWS)})
    place = pl.col("place")
    amounts = {
        f"amount_{letter}_base": (place * factor + number).cast(pl.Decimal(38, 8)) / 7
        for factor, letter in enumerate("abcdef", 1)
    }
    filters = {name: _key(name, place) for name in endpoint.filters}
    rows = keys.select(**filters, **amounts, reason=pl.lit(None, pl.String))
    if endpoint.dating == "session":
        return days.join(rows, how="cross")
    first, last = _sessions()[0], _sessions()[-1]
    return rows.with_columns(first_date=pl.lit(first), last_date=pl.lit(last))


def _key(name: str, place: pl.Expr) -> pl.Expr:
    match FILTER_KINDS.get(name, "text"):
        case "number":
            return pl.lit(float(FILTER_EXAMPLES[name]))
        case "boolean":
            return pl.lit(value=True)
        case _:
            return pl.format(
                "{}_{}", pl.lit(name.upper()), place if name != "portfolio_id" else place // ROWS
            )


def _stock_tables(number: int) -> dict[str, pl.DataFrame]:
    days = _sessions()
    ranks = list(range(1, len(days) + 1))
    stocks = pl.DataFrame({"instrument_id": ["A", "B"], "value_rank": [1, 2], "volatility_rank": [2, 1]})
    return {
        "average_daily_returns": pl.DataFrame({"business_date": days, "average_return_pct": ranks}),
        "most_valuable_days": pl.DataFrame({"business_date": days, "value_rank": ranks}),
        "most_valuable_stocks": stocks.drop("volatility_rank"),
        "stock_volatilities": stocks.with_columns(value=pl.lit(number)),
    }


def _sessions() -> list[date]:
    return [date(2013, 1, 1) + timedelta(days=day) for day in range(SESSIONS)]


if __name__ == "__main__":
    serving = ServingStore(Path(sys.argv[1]))
    for version in range(2, int(sys.argv[2]) + 2):
        publish(serving, version)
        time.sleep(PAUSE_SECONDS)
