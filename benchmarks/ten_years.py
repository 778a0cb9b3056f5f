"""Benchmark `ten-years`: every session of the sample, and whether the cost grows in line with them."""

import sys
import tempfile
from datetime import date
from pathlib import Path

from analytics_platform.calendars.sessions import calendar
from analytics_platform.cli.backfill import SESSIONS_A_RUN
from analytics_platform.settings import Settings, dagster_environment
from benchmarks.processes import Watched, run_watched
from benchmarks.result import Measured, Result, below, share_of_peer, without_peer

_FIRST, _LAST = date(2003, 1, 3), date(2013, 3, 1)
_SHORT, _QUICK_SHORT, _QUICK_FIRST = date(2011, 3, 4), date(2013, 2, 15), date(2012, 12, 3)
_GIGABYTE, _LINEAR = 1e9, 1.25


def _backfill(folder: Path, first: date) -> tuple[Watched, int]:
    """Land the sample in a fresh home, and compute its sessions from one on."""
    of = Settings(home=folder)
    environment = dagster_environment(of)
    program = [sys.executable, "-m", "analytics_platform.cli"]
    run_watched([*program, "demo"], environment)
    days = len(calendar(of.calendar).sessions(first, _LAST))
    command = [*program, "backfill", "--from", first.isoformat(), "--to", _LAST.isoformat()]
    return run_watched(command, environment), days


def measure(*, is_quick: bool) -> Measured:
    """Backfill two years, and ten, each after a demo in a home of its own."""
    with tempfile.TemporaryDirectory() as folder:
        short, short_days = _backfill(Path(folder) / "short", _QUICK_SHORT if is_quick else _SHORT)
        long, long_days = _backfill(Path(folder) / "long", _QUICK_FIRST if is_quick else _FIRST)
    each, each_short = (1000.0 * run.cpu_seconds / n for run, n in ((long, long_days), (short, short_days)))
    return Measured(
        (
            without_peer(f"{long_days:,} sessions: wall", long.wall_seconds, "s"),
            without_peer(f"{long_days:,} sessions: peak RSS", long.peak_bytes / _GIGABYTE, "GB", below(2.0)),
            Result(
                f"{long_days:,} sessions",
                each,
                f"{short_days:,} sessions",
                each_short,
                "CPU ms a session",
                share_of_peer(_LINEAR),
            ),
        ),
        (
            (
                f"`analytics backfill` of every measure for every session, {SESSIONS_A_RUN} sessions a run, "
                "in a home that the demo has filled with deliveries. Linear is a cost a session that does "
                f"not grow: the long one may cost {_LINEAR:g} times what the short one does."
            ),
        ),
    )
