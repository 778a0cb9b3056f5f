"""What is worth knowing of a delivery and no reason to refuse it: odd dates, names that are not known yet."""

from datetime import date

import polars as pl

from analytics_platform.calendars.exchanges import calendar_of, off_exchange_notes
from analytics_platform.calendars.off_days import off_day_note, off_days
from analytics_platform.calendars.sessions import Calendar
from analytics_platform.ingestion.faults import shown
from analytics_platform.storage.audits.staged import Staged
from analytics_platform.storage.lake.lake import Lake
from analytics_platform.tables.contract import Table
from analytics_platform.tables.market import PRICES
from analytics_platform.tables.reference import BENCHMARKS, CURRENCIES, INSTRUMENTS, PORTFOLIOS

SHOWN_NAMES = 5

_KNOWN_BY = {
    "instrument_id": (INSTRUMENTS, "instrument_id", "instruments"),
    "portfolio_id": (PORTFOLIOS, "portfolio_id", "portfolios"),
    "benchmark_id": (BENCHMARKS, "benchmark_id", "benchmarks"),
    "currency": (CURRENCIES, "currency", "currencies"),
    "base_currency": (CURRENCIES, "currency", "currencies"),
    "quote_currency": (CURRENCIES, "currency", "currencies"),
}
"""Column of a table, and where its names are known from."""


def notes_on(
    staged: Staged, lake: Lake, calendar: Calendar | None, *, by_exchange: bool = False
) -> tuple[str, ...]:
    """Tell what is odd about a delivery, one sentence each.

    Files arrive in any order, so a name that is not known yet is no fault.

    Parameters
    ----------
    staged : Staged
        The delivery.
    lake : Lake
        The reference data that holds.
    calendar : Calendar or None
        Days on which the source delivers; None asks nothing of the dates.
    by_exchange : bool
        Whether prices are held against the exchange of each instrument, where it is known.
    """
    columns = [name for name in _KNOWN_BY if name in staged.table.columns and not _is_own(staged.table, name)]
    day = staged.table.date_column if calendar is not None and staged.table.kind == "fact" else None
    wanted = [*columns, *([] if day is None else [day])]
    values = dict(zip(wanted, _distinct(staged, wanted), strict=True))
    notes = [_unknown(staged, lake, column, values[column]) for column in columns]
    if day is not None and calendar is not None:
        days = values[day].to_list()
        if by_exchange and staged.table.name == PRICES.name:
            notes += _closed(staged, lake, calendar, days)
        else:
            notes.append(off_day_note(staged.name, days, calendar))
    return tuple(note for note in notes if note is not None)


def _closed(staged: Staged, lake: Lake, calendar: Calendar, days: list[date]) -> list[str]:
    """Tell of prices on days when the exchange of the instrument was closed."""
    instruments = lake.read(INSTRUMENTS, columns=["instrument_id", "exchange_mic"])
    exchanges = {calendar, *filter(None, map(calendar_of, instruments["exchange_mic"].unique()))}
    doubtful = {off.day for exchange in exchanges for off in off_days(days, exchange)}
    if not doubtful:
        return []
    rows = staged.scan().filter(pl.col("business_date").is_in(sorted(doubtful)))
    pairs = rows.select("business_date", "instrument_id").unique().collect(engine="streaming")
    return off_exchange_notes(staged.name, pairs, instruments, calendar)


def _is_own(table: Table, column: str) -> bool:
    return _KNOWN_BY[column][0].name == table.name


def _distinct(staged: Staged, columns: list[str]) -> list[pl.Series]:
    """Return the distinct values of columns, in one pass over the file."""
    frames = pl.collect_all(
        [staged.scan().select(pl.col(name).drop_nulls().unique()) for name in columns], engine="streaming"
    )
    return [frame.to_series().sort() for frame in frames]


def _unknown(staged: Staged, lake: Lake, column: str, values: pl.Series) -> str | None:
    table, name, what = _KNOWN_BY[column]
    known = lake.read(table, columns=[name])[name].unique()
    missing = values.filter(~values.is_in(known.implode()))
    if known.is_empty() or missing.is_empty():
        return None
    told = ", ".join(shown(each) for each in missing.head(SHOWN_NAMES))
    rest = missing.len() - SHOWN_NAMES
    more = f" and {rest} more" if rest > 0 else ""
    return f"{staged.name}: {column} names {what} that no reference data knows yet: {told}{more}"
