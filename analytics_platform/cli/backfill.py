"""`analytics backfill`: a range of sessions in one run."""

from datetime import date

from rich.console import Console

from analytics_platform.calendars.sessions import CalendarError, calendar
from analytics_platform.cli.run import RunReport, run_sessions
from analytics_platform.cli.timing import timing_table
from analytics_platform.settings import Settings, settings

FAILED = 1
WRONG_USE = 2


def run_backfill(first: date, last: date, select: str | None) -> int:
    """Materialize the sessions from `first` to `last`; return the exit code."""
    console = Console()
    try:
        sessions = session_bounds(settings(), first, last)
    except (CalendarError, ValueError) as error:
        console.print(f"[red]{error}[/red]")
        return WRONG_USE
    report = run_sessions(settings(), console, sessions, select=select)
    console.print(timing_table(report))
    return conclude(console, report)


def session_bounds(of: Settings, first: date, last: date) -> tuple[date, date]:
    """Return the first and last session between two days.

    Raises
    ------
    ValueError
        If the range is reversed, starts before the first session of the platform, or holds no session.
    CalendarError
        If the calendar does not cover it.
    """
    if first > last:
        message = f"the range is reversed: {first} is after {last}"
        raise ValueError(message)
    if first < of.first_session:
        message = f"{first} is before the first session {of.first_session} of this installation"
        raise ValueError(message)
    days = calendar(of.calendar).sessions(first, last)
    if not days:
        message = f"there is no session of {of.calendar} from {first} to {last}"
        raise ValueError(message)
    return days[0], days[-1]


def conclude(console: Console, report: RunReport) -> int:
    """Say how the run ended; return the exit code."""
    if report.success:
        console.print(f"[green]done[/green]: run {report.run_id}")
        return 0
    for failure in report.failures:
        console.print(f"[red]failed[/red] {failure}", markup=True, highlight=False)
    return FAILED
