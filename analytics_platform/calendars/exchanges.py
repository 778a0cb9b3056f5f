"""Which calendar an instrument keeps to, and its rows on days when its exchange was closed."""

import polars as pl

from analytics_platform.calendars.off_days import OffDay, named, off_days
from analytics_platform.calendars.sessions import Calendar, calendar, known_calendars

_SAME_DAYS = {"XNAS": "XNYS", "ARCX": "XNYS", "XASE": "XNYS", "XCBO": "XNYS", "XFRA": "XETR"}
"""Exchanges that trade on the days of another."""


def calendar_of(exchange_mic: str | None) -> Calendar | None:
    """Return the calendar of an exchange; None if none is known.

    Examples
    --------
    >>> [of and of.name for of in map(calendar_of, ["XNAS", "XTKS", "XPAR", None])]
    ['XNYS', 'XTKS', None, None]
    """
    name = _SAME_DAYS.get(exchange_mic or "", exchange_mic)
    return calendar(name) if name in known_calendars() else None


def off_exchange_notes(
    subject: str, rows: pl.DataFrame, instruments: pl.DataFrame, default: Calendar
) -> list[str]:
    """Tell which instruments have rows on days when their own exchange was closed.

    Parameters
    ----------
    subject : str
        What has the rows, such as the name of a file.
    rows : DataFrame
        `business_date` and `instrument_id`.
    instruments : DataFrame
        `instrument_id` and `exchange_mic`.
    default : Calendar
        That of instruments whose exchange is not told or has no calendar here.

    Returns
    -------
    list of str
        A sentence for each calendar with such rows.

    Examples
    --------
    >>> from datetime import date
    >>> day = date(2013, 2, 11)  # a holiday in Tokyo
    >>> rows = pl.DataFrame({"business_date": [day, day], "instrument_id": ["EQ_SONY", "EQ_IBM"]})
    >>> known = pl.DataFrame({"instrument_id": ["EQ_SONY"], "exchange_mic": ["XTKS"]})
    >>> print(*off_exchange_notes("prices/v_2013-02-11.csv", rows, known, calendar("XNYS")))
    prices/v_2013-02-11.csv has 1 row on a day that is no session of XTKS: 2013-02-11 (holiday) for EQ_SONY
    """
    known = calendar_names(instruments, default)
    placed = (
        rows.join(known, on="instrument_id", how="left", maintain_order="left")
        .with_columns(pl.col("calendar").fill_null(default.name))
        .group_by("calendar", "business_date")
        .agg(rows=pl.len(), names=pl.col("instrument_id").unique().sort())
        .sort("calendar", "business_date")
    )
    notes = []
    for (name,), of_calendar in placed.group_by("calendar", maintain_order=True):
        closed = off_days(of_calendar["business_date"], calendar(str(name)))
        off = of_calendar.filter(pl.col("business_date").is_in([each.day for each in closed]))
        if off.height:
            notes.append(_sentence(subject, str(name), closed, off))
    return notes


def calendar_names(instruments: pl.DataFrame, default: Calendar) -> pl.DataFrame:
    """Return `instrument_id` and `calendar`, the name of the calendar that each keeps to.

    Examples
    --------
    >>> instruments = pl.DataFrame({"instrument_id": ["A", "B"], "exchange_mic": ["XLON", None]})
    >>> calendar_names(instruments, calendar("XNYS")).rows()
    [('A', 'XLON'), ('B', 'XNYS')]
    """
    mics = instruments["exchange_mic"].drop_nulls().unique().to_list()
    names = {mic: of.name for mic in mics if (of := calendar_of(mic)) is not None}
    name = pl.col("exchange_mic").replace_strict(
        list(names), list(names.values()), default=default.name, return_dtype=pl.String
    )
    return instruments.select("instrument_id", calendar=name.fill_null(default.name))


def _sentence(subject: str, name: str, closed: list[OffDay], off: pl.DataFrame) -> str:
    rows = int(off["rows"].sum())
    counted = f"{rows} row{'s' if rows > 1 else ''}"
    days = "a day that is no session" if len(closed) == 1 else f"{len(closed)} days that are no sessions"
    who = named(off["names"].explode().unique().sort().to_list())
    return f"{subject} has {counted} on {days} of {name}: {named(closed)} for {who}"
