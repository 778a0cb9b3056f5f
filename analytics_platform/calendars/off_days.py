"""Days that are no sessions, and sessions that were left out: what does not fit a calendar, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from analytics_platform.calendars.sessions import Calendar

_NAMED = 5


@dataclass(frozen=True, order=True, slots=True)
class OffDay:
    """A day that is no session.

    Attributes
    ----------
    day : date
        The day.
    reason : str
        ``Saturday`` or another day of the weekend, ``holiday``, or ``not covered`` by the calendar.
    """

    day: date
    reason: str

    def __str__(self) -> str:
        """Tell the day and why."""
        return f"{self.day} ({self.reason})"


def off_days(days: Iterable[date], of: Calendar) -> list[OffDay]:
    """Return those of some days that are no sessions, each once, in order.

    Examples
    --------
    >>> from analytics_platform.calendars.sessions import calendar
    >>> days = [date(2013, 2, 18), date(2013, 2, 19), date(2013, 2, 23)]
    >>> print(*off_days(days, calendar("XNYS")), sep=", ")
    2013-02-18 (holiday), 2013-02-23 (Saturday)
    """
    reasons = {day: _reason(day, of) for day in set(days)}
    return sorted(OffDay(day, reason) for day, reason in reasons.items() if reason)


def off_day_note(subject: str, days: Iterable[date], of: Calendar) -> str | None:
    """Return a sentence that tells which days of a subject are no sessions; None if all are.

    Parameters
    ----------
    subject : str
        What has the days, such as the name of a file.
    days : iterable of date
        The days; any of them may stand there several times.
    of : Calendar
        The calendar that the subject should keep to.

    Examples
    --------
    >>> from analytics_platform.calendars.sessions import calendar
    >>> off_day_note("prices/vendor_2013-02-18.csv", [date(2013, 2, 18)], calendar("XNYS"))
    'prices/vendor_2013-02-18.csv has rows for 1 day that is no session of XNYS: 2013-02-18 (holiday)'
    """
    found = off_days(days, of)
    if not found:
        return None
    are = "day that is no session" if len(found) == 1 else "days that are no sessions"
    return f"{subject} has rows for {len(found)} {are} of {of.name}: {named(found)}"


def named(days: Iterable[object]) -> str:
    """Name the first days and count the others.

    Examples
    --------
    >>> named(["Monday", "Tuesday"])
    'Monday, Tuesday'
    >>> named(range(7))
    '0, 1, 2, 3, 4 and 2 more'
    """
    words = [str(day) for day in days]
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more


def former_sessions(seen: Mapping[str, Iterable[date]], of: Calendar) -> dict[OffDay, list[str]]:
    """Return the days that were taken for sessions and are none, with those who took them for one.

    Parameters
    ----------
    seen : mapping of str to iterable of date
        Days by who has them.
    of : Calendar
        The calendar as it is now.

    Examples
    --------
    >>> from analytics_platform.calendars.sessions import calendar
    >>> seen = {"report": [date(2013, 2, 18)], "positions": [date(2013, 2, 18), date(2013, 2, 19)]}
    >>> [(str(day), where) for day, where in former_sessions(seen, calendar("XNYS")).items()]
    [('2013-02-18 (holiday)', ['positions', 'report'])]
    """
    found: dict[OffDay, list[str]] = {}
    for where in sorted(seen):
        for day in off_days(seen[where], of):
            found.setdefault(day, []).append(where)
    return dict(sorted(found.items()))


def skipped_sessions(done: Iterable[date], of: Calendar, *, longest: int = 2) -> list[date]:
    """Return the sessions between two that were done which were not done themselves.

    Parameters
    ----------
    done : iterable of date
        Sessions that were done. Days that are no sessions are passed over.
    of : Calendar
        The calendar as it is now.
    longest : int
        Gaps of more sessions are left out: they are ranges that nobody has asked for.

    Examples
    --------
    >>> from analytics_platform.calendars.sessions import calendar
    >>> skipped_sessions([date(2013, 2, 15), date(2013, 2, 20)], calendar("XNYS"))
    [datetime.date(2013, 2, 19)]
    """
    there = set(done)
    days = sorted(day for day in there if not _reason(day, of))
    found: list[date] = []
    for before, after in pairwise(days):
        gap = of.sessions(before, after)[1:-1]
        if len(gap) <= longest:
            found += gap
    return found


def _reason(day: date, of: Calendar) -> str | None:
    if not of.first_date <= day <= of.last_date:
        return "not covered"
    if of.weekmask[day.weekday()] != "1":
        return f"{day:%A}"
    return "holiday" if day in of.holidays else None
