"""Which sender delivers what, for which dates, in which format. Files that must be refused are not here."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from sample_data.builder.dialect import Dialect, load_dialect
from sample_data.builder.market_tables import INDEX_GAP, INDEX_START
from sample_data.builder.paths import DELIVERIES, FIRST_SESSION, LAST_SESSION
from sample_data.builder.writers import Page, write_csv, write_parquet, write_wide_csv, write_xlsx

FIRST = DELIVERIES / "1_first"
RESTATED = DELIVERIES / "2_restated"

PRICES_FROM = date(2000, 3, 1)
RATES_FROM = date(2000, 1, 3)
SNAPSHOT = date(2012, 12, 31)
LATER_SNAPSHOT = date(2013, 2, 15)
"""A new note came on this day, so the reference data that it touches was delivered again."""

Dates = tuple[date, date]

DAILY = [(day, day) for day in (date(2013, 2, 25), date(2013, 2, 26), date(2013, 2, 27), date(2013, 2, 28))]
DAILY.append((LAST_SESSION, LAST_SESSION))
MONTHLY = [
    (date(2012, 12, 3), date(2012, 12, 31)),
    (date(2013, 1, 2), date(2013, 1, 31)),
    (date(2013, 2, 1), date(2013, 2, 22)),
]
HISTORY_END = date(2012, 11, 30)

POSITION_DAYS = [date(2013, 2, number) for number in (15, 19, 20, 21, 22, 25, 26, 27, 28)] + [LAST_SESSION]
CUSTODIAN_DAYS = (date(2013, 1, 31), date(2013, 2, 28), LAST_SESSION)

WRONG_LINE = (date(2013, 2, 28), "EQ_US", "EQ_MSFT")
WRONG_BY = Decimal(-36_000)
"""The first file of that day has two digits of this holding the wrong way round; the second is right."""

BREAK_LINE = (LAST_SESSION, "EQ_EUR", "CASH_USD")
BREAK_BY = Decimal(-1250)
"""The custodian has charged a fee that the investment book does not know: a difference that stays."""

CUSTODY_NAMES = {"EQ_US": "Aktien USA", "EQ_EUR": "Aktien USA für Euro-Anleger"}


def file_name(source: str, dates: Dates, extension: str) -> str:
    """Name of a delivered file without its folder."""
    first, last = dates
    return f"{source}_{first}.{extension}" if first == last else f"{source}_{first}_{last}.{extension}"


def between(frame: pl.DataFrame, column: str, dates: Dates) -> pl.DataFrame:
    """Rows of a frame whose date lies in a period."""
    return frame.filter(pl.col(column).is_between(*dates))


def _path(table: str, source: str, dates: Dates, extension: str) -> Path:
    return FIRST / table / file_name(source, dates, extension)


def deliver_share_prices(frame: pl.DataFrame) -> None:
    """CSV for all periods."""
    for dates in [(PRICES_FROM, HISTORY_END), *MONTHLY, *DAILY]:
        rows = between(frame, "business_date", dates)
        write_csv(_path("prices", "exchange", dates, "csv"), rows, load_dialect("exchange", "prices"))


def deliver_desk_prices(frame: pl.DataFrame, source: str) -> None:
    """Parquet for history and CSV for each of the last days, without columns that a desk does not have."""
    dialect = load_dialect(source, "prices")
    frame = frame.drop("open_local", "high_local", "low_local", "volume")
    for dates in [(FIRST_SESSION, HISTORY_END), (MONTHLY[0][0], MONTHLY[-1][1])]:
        write_parquet(
            _path("prices", source, dates, "parquet"), between(frame, "business_date", dates), dialect
        )
    for dates in DAILY:
        write_csv(_path("prices", source, dates, "csv"), between(frame, "business_date", dates), dialect)


def deliver_index(frame: pl.DataFrame) -> None:
    """One file with one row that says "n.q." instead of a level."""
    level = pl.when(pl.col("business_date") != INDEX_GAP).then(pl.col("close_local").cast(pl.String))
    rows = frame.drop("open_local", "high_local", "low_local", "volume").with_columns(
        close_local=level.str.strip_chars_end("0").str.strip_chars_end(".").fill_null("n.q.")
    )
    path = _path("prices", "index-vendor", (INDEX_START, LAST_SESSION), "csv")
    write_csv(path, rows, load_dialect("index-vendor", "prices"))


def deliver_rates(tables: dict[str, pl.DataFrame]) -> None:
    """Wide CSV of exchange rates and par yields."""
    senders = (("fx_rates", "ecb", "N/A", True), ("curve_quotes", "treasury", "", False))
    for table, source, missing, newest_first in senders:
        for dates in [(RATES_FROM, MONTHLY[0][1]), *MONTHLY[1:], *DAILY]:
            rows = between(tables[table], "business_date", dates)
            path = _path(table, source, dates, "csv")
            dialect = load_dialect(source, table)
            write_wide_csv(path, rows, dialect, missing=missing, newest_first=newest_first)


def write_holdings(path: Path, rows: pl.DataFrame, dates: Dates) -> None:
    """Write the administrator's workbook of holdings."""
    first, last = (day.strftime("%d %B %Y") for day in dates)
    period = first if first == last else f"{first} to {last}"
    title = ("Sample Fund Administration", f"Holdings by fund, {period}")
    page = Page(title, footer=("Total", f"{rows.height} holdings"))
    write_xlsx(path, rows, load_dialect("fund-admin", "positions"), page)


def with_change(frame: pl.DataFrame, line: tuple[date, str, str], change: Decimal) -> pl.DataFrame:
    """Change the quantity of one line."""
    day, portfolio_id, instrument_id = line
    hit = (
        (pl.col("business_date") == day)
        & (pl.col("portfolio_id") == portfolio_id)
        & (pl.col("instrument_id") == instrument_id)
    )
    changed = pl.col("quantity") + pl.when(hit).then(pl.lit(change, dtype=pl.Decimal(20, 8))).otherwise(0)
    return frame.with_columns(quantity=changed.cast(pl.Decimal(20, 8)))


def deliver_positions(positions: pl.DataFrame) -> None:
    """Parquet for history, a workbook a month, then one a day; one of them is wrong and delivered again."""
    dates = (FIRST_SESSION, MONTHLY[0][1])
    history = between(positions, "business_date", dates)
    dialect = load_dialect("fund-admin", "positions")
    write_parquet(_path("positions", "fund-admin", dates, "parquet"), history, dialect)
    as_sent = with_change(positions, WRONG_LINE, WRONG_BY)
    periods = [MONTHLY[1], (MONTHLY[2][0], date(2013, 2, 14)), *((day, day) for day in POSITION_DAYS)]
    for period in periods:
        rows = between(as_sent, "business_date", period)
        write_holdings(_path("positions", "fund-admin", period, "xlsx"), rows, period)
    day = WRONG_LINE[0]
    right = between(positions, "business_date", (day, day))
    write_holdings(RESTATED / "positions" / file_name("fund-admin", (day, day), "xlsx"), right, (day, day))


def custody(positions: pl.DataFrame) -> pl.DataFrame:
    """Return what the custodian holds: the equity portfolios, with one difference."""
    held = positions.filter(pl.col("portfolio_id").is_in(list(CUSTODY_NAMES)))
    return with_change(held, BREAK_LINE, BREAK_BY).with_columns(book=pl.lit("custodian"))


def deliver_custody(positions: pl.DataFrame) -> None:
    """One CSV a day, with a column that the product does not need and a last line that is no record."""
    dialect = load_dialect("custodian-a", "positions")
    for day in CUSTODIAN_DAYS:
        rows = between(custody(positions), "business_date", (day, day))
        named = rows.with_columns(Depotbezeichnung=pl.col("portfolio_id").replace(CUSTODY_NAMES))
        page = Page(footer=("Summe", "", "", f"{rows.height} Positionen"))
        write_csv(_path("positions", "custodian-a", (day, day), "csv"), named, dialect, page)


def deliver_transactions(tables: dict[str, pl.DataFrame]) -> None:
    """Transactions as Parquet and CSV; external flows as workbooks with amounts as text."""
    dialect = load_dialect("fund-admin", "transactions")
    history, *later = [(FIRST_SESSION, MONTHLY[0][1]), MONTHLY[1], (MONTHLY[2][0], LAST_SESSION)]
    rows = between(tables["transactions"], "trade_date", history)
    write_parquet(_path("transactions", "fund-admin", history, "parquet"), rows, dialect)
    for dates in later:
        rows = between(tables["transactions"], "trade_date", dates)
        write_csv(_path("transactions", "fund-admin", dates, "csv"), rows, dialect)
    page = Page(title=("Sample Fund Administration: subscriptions and redemptions",), amounts_as_text=True)
    for dates in [history, (later[0][0], LAST_SESSION)]:
        rows = between(tables["external_flows"], "flow_date", dates)
        path = _path("external_flows", "fund-admin", dates, "xlsx")
        write_xlsx(path, rows, load_dialect("fund-admin", "external_flows"), page)


def deliver_statements(tables: dict[str, pl.DataFrame]) -> None:
    """Corporate actions, announced cash flows and the vendor's risk metrics."""
    statements = [
        (
            "corporate_actions",
            "exchange",
            "ex_date",
            [(PRICES_FROM, SNAPSHOT), (MONTHLY[1][0], LAST_SESSION)],
        ),
    ]
    notices = tables["cash_flows"]["business_date"].unique().sort().to_list()
    statements.append(("cash_flows", "paying-agent", "business_date", [(day, day) for day in notices]))
    ends = tables["vendor_risk_metrics"]["business_date"].unique().sort().to_list()
    periods = [(ends[0], ends[-3]), *((day, day) for day in ends[-2:])]
    statements.append(("vendor_risk_metrics", "risk-vendor", "business_date", periods))
    for table, source, column, dates in statements:
        for period in dates:
            rows = between(tables[table], column, period)
            write_csv(_path(table, source, period, "csv"), rows, load_dialect(source, table))


def deliver_reference(tables: dict[str, pl.DataFrame]) -> None:
    """Whole snapshots; what the new note touches was delivered twice."""
    snapshot, later = (SNAPSHOT, SNAPSHOT), (LATER_SNAPSHOT, LATER_SNAPSHOT)
    is_new = {
        "instruments": "first_trade_date",
        "bond_terms": "dated_date",
        "benchmark_weights": "effective_date",
    }
    sources = {
        "currencies": "iso",
        "instruments": "ref-data",
        "bond_terms": "ref-data",
        "option_terms": "ref-data",
        "benchmarks": "investment-office",
        "benchmark_weights": "investment-office",
        "stress_shifts": "investment-office",
        "risk_proxies": "investment-office",
        "limits": "risk-office",
    }
    for table, source in sources.items():
        dialect = load_dialect(source, table)
        if table in is_new:
            known = tables[table].filter(
                pl.col(is_new[table]).is_null() | (pl.col(is_new[table]) <= SNAPSHOT)
            )
            write_csv(_path(table, source, snapshot, "csv"), known, dialect)
            write_csv(_path(table, source, later, "csv"), tables[table], dialect)
        else:
            write_csv(_path(table, source, snapshot, "csv"), tables[table], dialect)
    write_xlsx(
        _path("portfolios", "investment-office", snapshot, "xlsx"),
        tables["portfolios"],
        Dialect(sheet="Portfolios"),
    )


def deliver_all(tables: dict[str, pl.DataFrame]) -> None:
    """Write the first deliveries and the restated one."""
    deliver_share_prices(tables["prices/exchange"])
    for source in ("ust-desk", "option-desk"):
        deliver_desk_prices(tables[f"prices/{source}"], source)
    deliver_index(tables["prices/index-vendor"])
    deliver_rates(tables)
    deliver_positions(tables["positions"])
    deliver_custody(tables["positions"])
    deliver_transactions(tables)
    deliver_statements(tables)
    deliver_reference(tables)
