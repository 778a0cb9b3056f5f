"""Benchmark `demo`: the whole chain as a user runs it, first and second time, and a backfill of a year."""

import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from analytics_platform.calendars.sessions import calendar
from analytics_platform.cli.backfill import session_bounds
from analytics_platform.cli.demo import SESSIONS
from analytics_platform.settings import Settings, dagster_environment
from benchmarks.processes import Watched, run_watched
from benchmarks.result import Measured, Result, below, without_peer

_FIRST, _QUICK_FIRST, _LAST = date(2012, 3, 2), date(2013, 2, 1), date(2013, 3, 1)
_GIGABYTE = 1e9
_STAGES = "Where the time went"
_NO_WORK = "no work to do"


def _analytics(environment: Mapping[str, str], *arguments: str) -> Watched:
    return run_watched([sys.executable, "-m", "analytics_platform.cli", *arguments], environment)


def _stage_table(output: str) -> str:
    """Cut the table of stages out of what a command printed."""
    lines = output.partition(_STAGES)[2].splitlines()
    table = [line for line in lines if line.strip()]
    end = next((place for place, line in enumerate(table) if line.startswith("└")), len(table) - 1)
    return "\n".join(table[: end + 1])


def _backfill(of: Settings, environment: Mapping[str, str], first: date, demo: Watched) -> Measured:
    bounds = session_bounds(of, first, _LAST)
    days = len(calendar(of.calendar).sessions(*bounds))
    run = _analytics(environment, "backfill", "--from", first.isoformat(), "--to", _LAST.isoformat())
    per_session, of_demo = 1000.0 * run.wall_seconds / days, 1000.0 * demo.wall_seconds / SESSIONS
    limit = below(360.0) if first == _FIRST else None
    return Measured(
        (
            without_peer(f"backfill of {days} sessions: wall", run.wall_seconds, "s", limit),
            without_peer("backfill: CPU", run.cpu_seconds, "s"),
            without_peer("backfill: peak RSS", run.peak_bytes / _GIGABYTE, "GB"),
            Result("backfill: wall", per_session, "first demo", of_demo, "ms a session"),
        ),
        (f"Stages of the backfill:\n\n```text\n{_stage_table(run.output)}\n```",),
    )


def measure(*, is_quick: bool) -> Measured:
    """Run the demo in a fresh home, run it again, then a backfill there."""
    with tempfile.TemporaryDirectory() as folder:
        of = Settings(home=Path(folder) / "home")
        environment = dagster_environment(of)
        first = _analytics(environment, "demo")
        second = _analytics(environment, "demo")
        backfill = _backfill(of, environment, _QUICK_FIRST if is_quick else _FIRST, first)
    again = "found nothing changed" if _NO_WORK in second.output else "**did the work again**"
    return Measured(
        (
            without_peer("first demo: wall", first.wall_seconds, "s", below(90.0)),
            without_peer("first demo: CPU", first.cpu_seconds, "s"),
            without_peer("first demo: peak RSS", first.peak_bytes / _GIGABYTE, "GB", below(1.5)),
            Result("second demo: wall", second.wall_seconds, "first demo", first.wall_seconds, "s"),
            *backfill.results,
        ),
        (
            (
                "`analytics demo` as a subprocess in a fresh data home: the sample files are landed and "
                f"ingested and the last {SESSIONS} sessions run through every stage; the second {again}. "
                "CPU is that of all processes; peak RSS is the sum over the process tree, "
                "sampled every 50 ms, shared pages counted once a process. Wall is that of the command; "
                "the tables below start after the interpreter has loaded it."
            ),
            f"Stages of the first demo:\n\n```text\n{_stage_table(first.output)}\n```",
            *backfill.notes,
        ),
    )
