"""A loader in a process of its own, to be run beside others and killed: replaces a span by one value."""

import sys
from datetime import date
from decimal import Decimal

import polars as pl

from analytics_platform.storage.redshift.exchange import Exchange
from analytics_platform.storage.redshift.loading import RedshiftLoader, Span
from analytics_platform.storage.redshift.login import RedshiftLogin

FIRST, SECOND = date(2024, 1, 2), date(2024, 1, 3)
SPAN = Span("business_date", FIRST, SECOND)
ROWS = 500


def rows(value: int) -> pl.DataFrame:
    """Return rows of two dates that all hold the value."""
    return pl.DataFrame(
        {
            "business_date": [FIRST, SECOND] * (ROWS // 2),
            "instrument_id": [f"I{number}" for number in range(ROWS)],
            "quantity": [Decimal(value)] * ROWS,
            "price_rate": [float(value)] * ROWS,
        },
        schema_overrides={"quantity": pl.Decimal(20, 8)},
    )


def main() -> None:
    """Load a value as often as asked for."""
    host, port, database, user, password, staging, value, times = sys.argv[1:]
    login = RedshiftLogin(host, int(port), database, user, password, tls="off")
    loader = RedshiftLoader(login, Exchange(staging), f"worker {value}")
    for _ in range(int(times)):
        loader.load("marts.fct_values", [rows(int(value))], SPAN)


if __name__ == "__main__":
    main()
