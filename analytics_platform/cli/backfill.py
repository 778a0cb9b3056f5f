"""`analytics backfill`: a range of sessions, in as many runs as memory asks for."""

from datetime import date

import polars as pl
from rich.console import Console

from analytics_platform.calendars.sessions import CalendarError, calendar
from analytics_platform.cli.run import RunReport, run_sessions
from analytics_platform.cli.timing import timing_table
from analytics_platform.settings import Settings, settings
from analytics_platform.storage.published.serving import ServingStore

SESSIONS_A_RUN = 500
"""A run holds the scenario P&L of all its sessions in memory: two years of the sample are half a gigabyte."""

FAILED = 1
WRONG_USE = 2


def run_backfill(first: date, last: date, select: str | None, *, sessions_a_run: int = SESSIONS_A_RUN) -> int:
    """Materialize the sessions from `first` to `last`, oldest first; return the exit code.

    A run that fails ends the backfill: what follows rests on it.
    """
    console, report, code = Console(), RunReport(run_id="none"), 0
    try:
        sessions = session_bounds(settings(), first, last)
        parts = in_parts(settings(), sessions, sessions_a_run)
        for place, part in enumerate(parts, 1):
            if len(parts) > 1:
                console.print(f"run {place} of {len(parts)}: {part[0]} to {part[1]}", highlight=False)
            done = run_sessions(settings(), console, part, select=select)
            report = done.after(report)
            code = conclude(console, done)
            if code != 0:
                if len(parts) > 1:
                    console.print(f"go on with: analytics backfill --from {part[0]} --to {sessions[1]}")
                break
    except (CalendarError, ValueError) as error:
        console.print(str(error), style="red", markup=False)
        return WRONG_USE
    console.print(timing_table(report))
    if code == 0 and select is None and not _is_valued(settings(), sessions):
        console.print(f"no portfolio has a net asset value from {sessions[0]} to {sessions[1]}", style="red")
        return FAILED
    return code


def _is_valued(of: Settings, sessions: tuple[date, date]) -> bool:
    """Tell whether any portfolio has a net asset value on any of the sessions."""
    risk = ServingStore(of.serving).read("portfolio_risk")
    asked = risk.filter(pl.col("business_date").is_between(*sessions))
    return asked["nav_base"].is_not_null().any()


def in_parts(of: Settings, sessions: tuple[date, date], sessions_a_run: int) -> list[tuple[date, date]]:
    """Return the first and last session of each run, oldest first."""
    days = calendar(of.calendar).sessions(*sessions)
    parts = [days[start : start + sessions_a_run] for start in range(0, len(days), sessions_a_run)]
    return [(part[0], part[-1]) for part in parts]


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
    """Say how the run ended and which checks did not pass; return the exit code."""
    for check in report.failed_checks:
        console.print(f"check did not pass: {check}", markup=False, highlight=False, style="yellow")
    if report.success:
        console.print(f"[green]done[/green]: run {report.run_id}")
        return 0
    if any("DagsterExecutionInterruptedError" in failure for failure in report.failures):
        raise KeyboardInterrupt
    for failure in report.failures:
        console.print(f"[red]failed[/red] {failure}", markup=True, highlight=False)
    return FAILED
