"""The rows of benchmark `redshift`, and a process that loads or unloads them and does nothing else."""

import sys
from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from analytics_platform.storage.redshift.exchange import Exchange
from analytics_platform.storage.redshift.loading import RedshiftLoader, Span
from analytics_platform.storage.redshift.login import RedshiftLogin
from analytics_platform.storage.redshift.warehouse import RedshiftWarehouse

ROWS_A_PIECE = 250_000
DAYS = 250
FIRST = date(2013, 1, 1)
SPAN = Span("business_date", FIRST, FIRST + timedelta(days=DAYS))
COLUMNS = ["business_date", "instrument_id", "quantity", "price_rate", "volume"]


def pieces(n_rows: int) -> Iterator[pl.DataFrame]:
    """Yield rows of one table, a piece at a time."""
    for first in range(0, n_rows, ROWS_A_PIECE):
        place = pl.int_range(first, min(first + ROWS_A_PIECE, n_rows), eager=True)
        yield pl.DataFrame({"place": place}).select(
            business_date=pl.lit(FIRST) + pl.duration(days=pl.col("place") % DAYS),
            instrument_id=pl.format("EQ_{}", pl.col("place") % 3_000),
            quantity=(pl.col("place") % 997).cast(pl.Decimal(20, 8)),
            price_rate=(pl.col("place") % 1_000) / 7.0,
            volume=pl.col("place") * 31,
        )


def main() -> None:
    """Load a number of rows into a table, or unload it and add up a column."""
    what, n_rows, host, port, database, user, password, staging = sys.argv[1:]
    login = RedshiftLogin(host, int(port), database, user, password, tls="off")
    exchange = Exchange(staging)
    if what == "load":
        RedshiftLoader(login, exchange).load("marts.by_process", pieces(int(n_rows)), SPAN)
        return
    with RedshiftWarehouse(login, exchange).unloaded("select * from marts.by_process") as rows:
        found = rows.select(pl.len(), pl.col("volume").sum()).collect(engine="streaming")
    if found.item(0, 0) != int(n_rows):
        message = f"{found.item(0, 0)} rows came back of {n_rows}"
        raise RuntimeError(message)


if __name__ == "__main__":
    main()
