"""Writes the data of analytics_platform/calendars from exchange_calendars and QuantLib.

``python -m analytics_platform_tests.build_calendars`` takes a newer release.
"""

from datetime import date, timedelta
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

import exchange_calendars
import QuantLib as ql  # noqa: N813 - its own documents call it so

import analytics_platform.calendars

FIRST_DATES = {
    "XNYS": date(1990, 1, 1),
    "XLON": date(1990, 1, 1),
    "XETR": date(1990, 1, 1),
    "XTKS": date(1997, 1, 1),  # what the library knows of Tokyo starts here
}
OF_QUANTLIB = {
    "TARGET": (date(1999, 1, 1), ql.TARGET()),  # the euro, and what the ECB fixes
    "USGOV": (date(1990, 1, 1), ql.UnitedStates(ql.UnitedStates.GovernmentBond)),
}
"""Calendars of markets without an exchange: first date, and where its days come from."""

LAST_DATE = date(2035, 12, 31)
WEEKMASK = "1111100"


def exchange_sessions(name: str) -> set[date]:
    """Return the sessions of an exchange as exchange_calendars has them."""
    exchange = exchange_calendars.get_calendar(name, start=FIRST_DATES[name], end=LAST_DATE)
    return set(exchange.sessions.date)


def market_sessions(name: str) -> set[date]:
    """Return the business days of a market without an exchange as QuantLib has them."""
    first, market = OF_QUANTLIB[name]
    days = (first + timedelta(days=number) for number in range((LAST_DATE - first).days + 1))
    return {day for day in days if market.isBusinessDay(ql.Date(day.day, day.month, day.year))}


def calendar_file(name: str) -> str:
    """Return the data file of a calendar: a line of holidays a year."""
    if name in OF_QUANTLIB:
        first, sessions, origin = OF_QUANTLIB[name][0], market_sessions(name), f"QuantLib {ql.__version__}"
    else:
        release = version("exchange_calendars")
        first, sessions, origin = FIRST_DATES[name], exchange_sessions(name), f"exchange_calendars {release}"
    days = (first + timedelta(days=number) for number in range((LAST_DATE - first).days + 1))
    holidays = [day for day in days if WEEKMASK[day.weekday()] == "1" and day not in sessions]
    years = [
        "    " + " ".join(f"{day.isoformat()}," for day in year)
        for _, year in groupby(holidays, key=lambda day: day.year)
    ]
    return "\n".join(
        [
            f"# From {origin} by analytics_platform_tests/build_calendars.py",
            f"first_date = {first.isoformat()}",
            f"last_date = {LAST_DATE.isoformat()}",
            f'weekmask = "{WEEKMASK}"',
            "holidays = [",
            *years,
            "]",
            "",
        ]
    )


def main() -> None:
    """Write every calendar."""
    folder = Path(analytics_platform.calendars.__path__[0])
    for name in (*FIRST_DATES, *OF_QUANTLIB):
        (folder / f"{name}.toml").write_text(calendar_file(name), encoding="utf-8")


if __name__ == "__main__":
    main()
