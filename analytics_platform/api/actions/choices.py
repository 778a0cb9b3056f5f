"""What can be materialized: jobs, assets and sessions, and what is said to who asks for others."""

import difflib
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from analytics_platform.api.actions.asks import MaterializationAsk
from analytics_platform.api.actions.dagster_graphql import DagsterUnansweredError
from analytics_platform.api.actions.dagster_runs import DagsterRuns, Location
from analytics_platform.api.problems import Problem
from analytics_platform.calendars.sessions import Calendar, CalendarError

MOST_SESSIONS = 500
"""Of one run: what `analytics backfill` takes at once."""

_FRESH_SECONDS = 30.0


@dataclass(frozen=True)
class Choices:
    """What can be asked for now.

    Attributes
    ----------
    jobs : tuple of str
        Names of the jobs.
    assets : tuple of str
        Assets that can be materialized, such as ``lake/prices``, in order.
    first_session, last_session : date
        Bounds of the sessions that there are.
    """

    jobs: tuple[str, ...]
    assets: tuple[str, ...]
    first_session: date
    last_session: date


class KnownLocation:
    """The code location, asked of Dagster anew when what is known of it is older than half a minute."""

    def __init__(self, runs: DagsterRuns) -> None:
        self._runs = runs
        self._lock = threading.Lock()
        self._known: tuple[float, Location] | None = None

    def now(self) -> Location:
        """Return the location; `DagsterError` if Dagster cannot tell."""
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > _FRESH_SECONDS:
                self._known = time.monotonic(), self._runs.location()
            return self._known[1]

    def choices(self) -> Choices:
        """Return what can be asked for."""
        location = self.now()
        if not location.sessions:
            message = "Dagster knows no session yet: look at the partitions of the assets in its UI"
            raise DagsterUnansweredError(message)
        first, last = location.sessions[0], location.sessions[-1]
        return Choices(location.jobs, location.assets, date.fromisoformat(first), date.fromisoformat(last))


def check_sessions(ask: MaterializationAsk, calendar: Calendar) -> None:
    """Refuse days on which the exchange does not trade, and too long a range.

    Raises
    ------
    Problem
        Status 422; it names the sessions around the day.
    """
    named = {"session": ask.first_session}
    if ask.first_session != ask.last_session:
        named = {"from": ask.first_session, "to": ask.last_session}
    for field, day in named.items():
        try:
            is_session = calendar.is_session(day)
        except CalendarError as error:
            raise Problem(422, f"{field}: {error}; give a session inside", field) from error
        if not is_session:
            raise Problem(
                422, f"{field}: {day} is no trading day of {calendar.name}; {_around(day, calendar)}", field
            )
    count = len(calendar.sessions(ask.first_session, ask.last_session))
    if count > MOST_SESSIONS:
        told = f"to: the range has {count} sessions, one run takes {MOST_SESSIONS}: ask for parts of it"
        raise Problem(422, told, "to")


def check_choice(ask: MaterializationAsk, location: Location) -> None:
    """Refuse a job, an asset or a session that the code location does not have.

    Raises
    ------
    Problem
        Status 404 for a job or an asset, with the closest names; 422 for a session that is no partition.
    """
    if ask.job is not None and ask.job not in location.jobs:
        raise Problem(404, f"job: there is no job {ask.job!r}; {_closest(ask.job, location.jobs)}", "job")
    for asset in ask.assets:
        if asset not in location.assets:
            told = f"assets: there is no asset {asset!r} to materialize; {_closest(asset, location.assets)}"
            raise Problem(404, told, "assets")
    for field, day in (("from", ask.first_session), ("to", ask.last_session)):
        name = "session" if ask.first_session == ask.last_session else field
        if not _holds(location.sessions, day.isoformat()):
            raise Problem(422, f"{name}: {day} is no partition yet or any more; {_bounds(location)}", name)


def check_whole(missing: tuple[str, ...]) -> None:
    """Refuse a part of what is computed together.

    Raises
    ------
    Problem
        Status 422; it names what has to be asked for too.
    """
    if missing:
        told = f"assets: some of them are computed together with others; name these too: {', '.join(missing)}"
        raise Problem(422, told, "assets")


def _holds(sessions: tuple[str, ...], session: str) -> bool:
    place = bisect_left(sessions, session)
    return place < len(sessions) and sessions[place] == session


def _bounds(location: Location) -> str:
    if not location.sessions:
        return "Dagster knows none"
    return f"there are partitions from {location.sessions[0]} to {location.sessions[-1]}"


def _around(day: date, calendar: Calendar) -> str:
    near = []
    for step in (calendar.previous, calendar.next):
        try:
            near.append(step(day).isoformat())
        except CalendarError:
            continue
    return f"the nearest sessions are {' and '.join(near)}"


def _closest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f"is one of these meant: {', '.join(close)}" if close else f"such as {', '.join(names[:3])}"
