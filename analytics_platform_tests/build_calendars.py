"""Writes the data of analytics_platform/calendars from exchange_calendars.

``python -m analytics_platform_tests.build_calendars`` takes a newer release.
"""

from datetime import date, timedelta
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

import exchange_calendars

import analytics_platform.calendars

FIRST_DATES = {
    "XNYS": date(1990, 1, 1),
    "XLON": date(1990, 1, 1),
    "XETR": date(1990, 1, 1),
    "XTKS": date(1997, 1, 1),  # what the library knows of Tokyo starts here
}
LAST_DATE = date(2035, 12, 31)
WEEKMASK = "1111100"


def exchange_sessions(name: str) -> set[date]:
    """Return the sessions of an exchange as exchange_calendars has them."""
    exchange = exchange_calendars.get_calendar(name, start=FIRST_DATES[name], end=LAST_DATE)
    return set(exchange.sessions.date)


def calendar_file(name: str) -> str:
    """Return the data file of a calendar: a line of holidays a year."""
    first, sessions = FIRST_DATES[name], exchange_sessions(name)
    days = (first + timedelta(days=number) for number in range((LAST_DATE - first).days + 1))
    holidays = [day for day in days if WEEKMASK[day.weekday()] == "1" and day not in sessions]
    release = version("exchange_calendars")
    years = [
        "    " + " ".join(f"{day.isoformat()}," for day in year)
        for _, year in groupby(holidays, key=lambda day: day.year)
    ]
    return "\n".join(
        [
            f"# From exchange_calendars {release} by analytics_platform_tests/build_calendars.py",
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
    for name in FIRST_DATES:
        (folder / f"{name}.toml").write_text(calendar_file(name), encoding="utf-8")


if __name__ == "__main__":
    main()
