"""Files that must be refused, each for one reason. None of them may change what was loaded before."""

from datetime import date

import polars as pl

from sample_data.builder.deliveries import between, file_name, write_holdings
from sample_data.builder.dialect import load_dialect
from sample_data.builder.paths import DELIVERIES, LAST_SESSION
from sample_data.builder.writers import write_csv, write_wide_csv

REFUSED = DELIVERIES / "3_refused"
BEFORE_LAST = date(2013, 2, 28)
EARLIER = date(2013, 2, 27)

LOGIN_PAGE = """<!DOCTYPE html>
<html><head><title>Session expired</title></head>
<body><p>Your session has expired. Please log in again to download the report.</p></body></html>
"""


def refuse_names(positions: pl.DataFrame) -> None:
    """Write a date that the calendar does not have, and a dataset that does not exist."""
    rows = between(positions, "business_date", (BEFORE_LAST, BEFORE_LAST))
    write_holdings(REFUSED / "positions" / "fund-admin_2013-02-30.xlsx", rows, (BEFORE_LAST, BEFORE_LAST))
    path = REFUSED / "holdings" / "fund-admin_2013-02-28.csv"
    write_csv(path, rows, load_dialect("fund-admin", "positions"))


def refuse_prices(prices: pl.DataFrame) -> None:
    """Write a file without closing prices, and a file with two closing prices of one share and day."""
    dialect = load_dialect("exchange", "prices")
    dates = (BEFORE_LAST, LAST_SESSION)
    rows = between(prices, "business_date", dates).drop("close_local")
    write_csv(REFUSED / "prices" / file_name("exchange", dates, "csv"), rows, dialect)
    dates = (EARLIER, BEFORE_LAST)
    rows = between(prices, "business_date", dates)
    again = rows.filter((pl.col("instrument_id") == "EQ_IBM") & (pl.col("business_date") == BEFORE_LAST))
    changed = again.with_columns(
        close_local=pl.col("close_local").cast(pl.Float64).add(1).cast(pl.Decimal(20, 8))
    )
    path = REFUSED / "prices" / file_name("exchange", dates, "csv")
    write_csv(path, pl.concat([rows, changed]), dialect)


def refuse_rates(fx_rates: pl.DataFrame) -> None:
    """Write a file whose name declares two days and which holds a third."""
    rows = between(fx_rates, "business_date", (date(2013, 2, 26), BEFORE_LAST))
    path = REFUSED / "fx_rates" / file_name("ecb", (EARLIER, BEFORE_LAST), "csv")
    write_wide_csv(path, rows, load_dialect("ecb", "fx_rates"), missing="N/A", newest_first=True)


def refuse_workbook() -> None:
    """Write a web page that was saved under the name of a workbook."""
    path = REFUSED / "external_flows" / "fund-admin_2013-02-28.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(LOGIN_PAGE, encoding="utf-8", newline="\n")


def deliver_refused(tables: dict[str, pl.DataFrame]) -> None:
    """Write all files that must be refused."""
    refuse_names(tables["positions"])
    refuse_prices(tables["prices/exchange"])
    refuse_rates(tables["fx_rates"])
    refuse_workbook()
