"""What the functions know of the installation: a file beside them, written when their archive is built."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

FILE = "configuration.json"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """Days on which somebody works, between two dates.

    Attributes
    ----------
    first, last : date
        First and last day that is known.
    weekmask : str
        Seven digits from Monday to Sunday; 1 is a day of the working week.
    holidays : frozenset of date
        Days of the working week on which nobody works.
    """

    first: date
    last: date
    weekmask: str
    holidays: frozenset[date]

    def has(self, day: date) -> bool:
        """Tell whether somebody works on a day; False for one that is not known."""
        is_known = self.first <= day <= self.last
        return is_known and self.weekmask[day.weekday()] == "1" and day not in self.holidays

    def ends_month(self, day: date) -> bool:
        """Tell whether a day is the last of its month on which somebody works."""
        after = day + _DAY
        while after.month == day.month and not self.has(after):
            after += _DAY
        return self.has(day) and after.month != day.month


@dataclass(frozen=True)
class Expected:
    """A delivery that is due.

    Attributes
    ----------
    dataset, source : str
        What its name declares.
    required : bool
        Whether nothing is computed without it.
    due_minutes : int
        By when, after the end of the session's day.
    due_on : str
        ``session`` or ``month_end``.
    calendar : str
        Name of the days on which the sender works.
    """

    dataset: str
    source: str
    required: bool
    due_minutes: int
    due_on: str
    calendar: str

    def __str__(self) -> str:
        """Name it as people do."""
        return f"{self.dataset} of {self.source}"


@dataclass(frozen=True)
class Configuration:
    """What the functions know of the installation.

    Attributes
    ----------
    bucket, prefix : str
        The landing zone; the prefix ends in ``/`` or is empty.
    datasets : dict of str to str
        What is delivered, and of which kind.
    sessions : Days
        Trading sessions.
    calendars : dict of str to Days
        Days of senders, by name.
    day_ends : tuple of (date, int)
        From each date on, minutes by which the day ends before midnight in UTC.
    expected : tuple of Expected
        What is due.
    look_again_seconds : int
        How often the end of day looks for it.
    """

    bucket: str
    prefix: str
    datasets: dict[str, str]
    sessions: Days
    calendars: dict[str, Days]
    day_ends: tuple[tuple[date, int], ...]
    expected: tuple[Expected, ...]
    look_again_seconds: int

    @property
    def landing_url(self) -> str:
        """Address of the landing zone."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def end_of(self, day: date) -> datetime:
        """Return when a day ends, in UTC."""
        before_midnight = [minutes for first, minutes in self.day_ends if first <= day] or [0]
        midnight = datetime.combine(day + _DAY, time(), UTC)
        return midnight - timedelta(minutes=before_midnight[-1])

    def due(self, session: date) -> tuple[Expected, ...]:
        """Return what is due for a session."""
        return tuple(each for each in self.expected if self._is_due(each, session))

    def _is_due(self, each: Expected, session: date) -> bool:
        if not self.calendars[each.calendar].has(session):
            return False
        return each.due_on == "session" or self.sessions.ends_month(session)


@cache
def configuration() -> Configuration:
    """Read the file that lies at the root of the archive."""
    return read((Path(__file__).resolve().parents[3] / FILE).read_bytes())


def read(content: bytes) -> Configuration:
    """Read a configuration as `lambda_package` writes it."""
    told = json.loads(content)
    return Configuration(
        bucket=told["bucket"],
        prefix=told["prefix"],
        datasets=told["datasets"],
        sessions=_days(told["sessions"]),
        calendars={name: _days(days) for name, days in told["calendars"].items()},
        day_ends=tuple((date.fromisoformat(first), minutes) for first, minutes in told["day_ends"]),
        expected=tuple(Expected(**each) for each in told["expected"]),
        look_again_seconds=told["look_again_seconds"],
    )


def _days(told: dict[str, Any]) -> Days:
    return Days(
        first=date.fromisoformat(told["first"]),
        last=date.fromisoformat(told["last"]),
        weekmask=told["weekmask"],
        holidays=frozenset(map(date.fromisoformat, told["holidays"])),
    )
