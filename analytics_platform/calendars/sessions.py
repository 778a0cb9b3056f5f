"""Which days a market trades: its holidays as data, and the questions asked of them. No time of day."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import polars as pl

_FOLDER = Path(__file__).parent
_DAY = timedelta(days=1)


class CalendarError(ValueError):
    """The calendar is unknown, or it does not cover the date."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Trading days of one exchange between two dates.

    Attributes
    ----------
    name : str
        ISO 10383 code of the exchange.
    first_date, last_date : date
        First and last calendar day that the holidays are known for. Those after the release of the
        data are a forecast.
    holidays : frozenset of date
        Days of the working week on which the exchange is closed all day, unscheduled closures included.
    weekmask : str
        Seven digits from Monday to Sunday; 1 is a day of the working week.
    """

    name: str
    first_date: date
    last_date: date
    holidays: frozenset[date]
    weekmask: str = "1111100"

    def is_session(self, day: date) -> bool:
        """Tell whether the exchange trades on a day.

        Raises
        ------
        CalendarError
            If the calendar does not cover the day.

        Examples
        --------
        >>> calendar("XNYS").is_session(date(2012, 10, 29))  # hurricane Sandy
        False
        """
        self._check(day)
        return self._is_open(day)

    def sessions(self, first: date, last: date) -> list[date]:
        """Return the sessions from `first` to `last`, both included; none if `first` is after `last`.

        Raises
        ------
        CalendarError
            If the calendar does not cover both days.

        Examples
        --------
        >>> calendar("XNYS").sessions(date(2013, 2, 15), date(2013, 2, 19))
        [datetime.date(2013, 2, 15), datetime.date(2013, 2, 19)]
        """
        return [day for day in self._days(first, last) if self._is_open(day)]

    def holidays_between(self, first: date, last: date) -> list[date]:
        """Return the holidays from `first` to `last`, both included. Weekends are not among them.

        Raises
        ------
        CalendarError
            If the calendar does not cover both days.

        Examples
        --------
        >>> calendar("XNYS").holidays_between(date(2013, 1, 1), date(2013, 1, 31))
        [datetime.date(2013, 1, 1), datetime.date(2013, 1, 21)]
        """
        self._check(first)
        self._check(last)
        return sorted(day for day in self.holidays if first <= day <= last)

    def previous(self, day: date) -> date:
        """Return the last session before a day, which itself need not be one.

        Raises
        ------
        CalendarError
            If the calendar does not cover the day, or the session before it.

        Examples
        --------
        >>> calendar("XNYS").previous(date(2013, 2, 19))
        datetime.date(2013, 2, 15)
        """
        return self._step(day, -_DAY)

    def next(self, day: date) -> date:
        """Return the first session after a day, which itself need not be one.

        Raises
        ------
        CalendarError
            If the calendar does not cover the day, or the session after it.

        Examples
        --------
        >>> calendar("XNYS").next(date(2013, 2, 15))
        datetime.date(2013, 2, 19)
        """
        return self._step(day, _DAY)

    def at_or_before(self, day: date) -> date:
        """Return the day itself if it is a session, else the last session before it."""
        return day if self.is_session(day) else self.previous(day)

    def at_or_after(self, day: date) -> date:
        """Return the day itself if it is a session, else the first session after it."""
        return day if self.is_session(day) else self.next(day)

    def offset(self, session: date, count: int) -> date:
        """Return the session that is `count` sessions after a session; before it for a negative count.

        Raises
        ------
        CalendarError
            If the calendar does not reach that far.

        Examples
        --------
        >>> calendar("XNYS").offset(date(2013, 2, 19), -2).isoformat()
        '2013-02-14'
        """
        move = self.next if count > 0 else self.previous
        for _ in range(abs(count)):
            session = move(session)
        return session

    def _is_open(self, day: date) -> bool:
        return self.weekmask[day.weekday()] == "1" and day not in self.holidays

    def _days(self, first: date, last: date) -> Iterator[date]:
        self._check(first)
        self._check(last)
        return (date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1))

    def _step(self, day: date, step: timedelta) -> date:
        self._check(day)
        day += step
        self._check(day)
        while not self._is_open(day):
            day += step
            self._check(day)
        return day

    def _check(self, day: date) -> None:
        if not self.first_date <= day <= self.last_date:
            message = f"calendar {self.name} covers {self.first_date} to {self.last_date}, not {day}"
            raise CalendarError(message)


def known_calendars() -> list[str]:
    """Return the names of all calendars.

    Examples
    --------
    >>> known_calendars()
    ['TARGET', 'USGOV', 'XETR', 'XLON', 'XNYS', 'XTKS']
    """
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


@cache
def calendar(name: str) -> Calendar:
    """Return the calendar of an exchange.

    Parameters
    ----------
    name : str
        ISO 10383 code, such as ``XNYS``; of markets without an exchange ``TARGET``, the days of the euro, and
        ``USGOV``, those of government bonds in New York.

    Raises
    ------
    CalendarError
        If there is no such calendar; the error lists those that there are.

    Examples
    --------
    >>> calendar("XNYS").first_date.isoformat()
    '1990-01-01'
    """
    known = known_calendars()
    if name not in known:
        message = f"unknown calendar {name!r}; known are {', '.join(known)}"
        raise CalendarError(message)
    content = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    return Calendar(
        name=name,
        first_date=content["first_date"],
        last_date=content["last_date"],
        holidays=frozenset(content["holidays"]),
        weekmask=content["weekmask"],
    )


def trading_sessions_frame(sessions: Calendar) -> pl.DataFrame:
    """Return all sessions of a calendar, one row a session in order.

    Returns
    -------
    DataFrame of shape (n_sessions, 4)
        `calendar`, `business_date`, `previous_business_date` (null in the first row) and
        `session_number`, which counts from 0: the rows of the table `trading_sessions`.

    Examples
    --------
    >>> trading_sessions_frame(calendar("XNYS")).row(1)
    ('XNYS', datetime.date(1990, 1, 3), datetime.date(1990, 1, 2), 1)
    """
    days = pl.Series(
        "business_date", sessions.sessions(sessions.first_date, sessions.last_date), dtype=pl.Date()
    )
    return pl.DataFrame(days).select(
        pl.lit(sessions.name).alias("calendar"),
        "business_date",
        pl.col("business_date").shift().alias("previous_business_date"),
        pl.int_range(pl.len(), dtype=pl.Int64()).alias("session_number"),
    )
