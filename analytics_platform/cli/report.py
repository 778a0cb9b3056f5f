"""`analytics report`: the risk table on a terminal."""

from datetime import date

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analytics_platform.calendars.moments import MomentError, parse_moment, written
from analytics_platform.report.data import RiskRow, rows
from analytics_platform.report.format import money, percent
from analytics_platform.settings import Settings, settings
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.ledger.ledger import Ledger, State
from analytics_platform.storage.published.serving import NotPublishedError, ServingStore
from analytics_platform.storage.published.versions import Version

NOT_FOUND = 2
TABLE_WIDTH = 150


def print_report(day: date | None, portfolio: str | None, as_known_at: str | None = None) -> int:
    """Print the risk table of a session, as it was published at a moment; return the exit code."""
    console = wide_console()
    store = ServingStore(settings().serving)
    try:
        version = store.at(None if as_known_at is None else parse_moment(as_known_at))
        risk = store.table(version, "portfolio_risk")
    except (MomentError, NotPublishedError) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return NOT_FOUND
    chosen, problem = choose(risk, day, portfolio)
    if problem is not None:
        console.print(problem, style="red")
        return NOT_FOUND
    found = rows(chosen, RiskRow)
    console.print(_table(found))
    for row in found:
        if row.reason is not None:
            console.print(f"{row.status} {row.portfolio_id}: {row.reason}", markup=False, highlight=False)
    console.print(version_line(version), markup=False, highlight=False, soft_wrap=True)
    return 0


def version_line(version: Version) -> str:
    """Return a line that says where numbers come from and how to read them again."""
    return (
        f"version {version.name}, deliveries known at {written(version.known_at)}; "
        f"to read it again: --as-known-at {written(version.published_at)}"
    )


def wide_console() -> Console:
    """Return a console on which the risk table fits, also where its output goes to a file."""
    console = Console()
    return console if console.is_terminal else Console(width=TABLE_WIDTH)


def print_refusals(console: Console, of: Settings) -> None:
    """Say which files and rows were refused, why, and where they are kept."""
    ledger = Ledger(of.ledger_url)
    quarantine = Quarantine(of.quarantine)
    refused = ledger.entries(states=[State.QUARANTINED])
    partly = [
        entry for entry in ledger.entries(states=[State.LOADED, State.SUPERSEDED]) if entry.rows_rejected
    ]
    console.print(f"\n{len(refused)} files refused, {len(partly)} files loaded without some of their rows:")
    for entry in [*refused, *partly]:
        folder = quarantine.folder(entry.version)
        message = entry.message or (folder / "report.txt").read_text("utf-8").strip()
        console.print(f"- {message}\n  kept in {folder}", markup=False, highlight=False, soft_wrap=True)


def choose(risk: pl.DataFrame, day: date | None, portfolio: str | None) -> tuple[pl.DataFrame, str | None]:
    """Return the rows of a session and portfolio, and what is wrong if there are none."""
    valued = risk.filter(pl.col("nav_base").is_not_null())
    days = (risk if valued.is_empty() else valued)["business_date"].unique().sort().to_list()
    chosen = risk.filter(pl.col("business_date") == (day or days[-1]))
    if chosen.is_empty():
        return chosen, f"no risk numbers for {day}: published are the sessions from {days[0]} to {days[-1]}"
    if portfolio is not None and portfolio not in chosen["portfolio_id"]:
        known = ", ".join(chosen["portfolio_id"])
        return chosen, f"there is no portfolio {portfolio}; known are {known}"
    return (chosen if portfolio is None else chosen.filter(pl.col("portfolio_id") == portfolio)), None


def _table(of: list[RiskRow]) -> Table:
    title = f"Risk on {of[0].business_date}, one day, losses positive"
    table = Table(title=title, title_justify="left")
    table.add_column("Portfolio", no_wrap=True)
    table.add_column("Ccy")
    for name in ("NAV", "Day P&L", "VaR 95", "VaR 99", "ES 97.5", "YTD", "Largest stress loss"):
        table.add_column(name, justify="right", no_wrap=True)
    for depth, row in _tree(of):
        amounts = (row.nav_base, row.day_pnl_base, row.var_95_base, row.var_99_base, row.es_975_base)
        table.add_row(
            Text("  " * depth + row.portfolio_id),
            row.base_currency,
            *(money(amount) for amount in amounts),
            percent(row.ytd_return_rate),
            f"{money(row.worst_stress_pnl_base)}  {row.worst_stress_name or ''}",
        )
    return table


def _tree(of: list[RiskRow]) -> list[tuple[int, RiskRow]]:
    """Return depth and row, parents before children, siblings by name."""
    by_id = {row.portfolio_id: row for row in of}

    def path(row: RiskRow) -> list[str]:
        parent = by_id.get(row.parent_portfolio_id or "")
        return [*(path(parent) if parent else []), row.portfolio_id]

    return [(len(path(row)) - 1, row) for row in sorted(of, key=path)]
