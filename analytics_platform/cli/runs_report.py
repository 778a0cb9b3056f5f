"""`analytics runs failed`: one line a failed run, with what to do. Nothing is executed here."""

import json
import re
from datetime import datetime, timedelta

import dagster as dg
import typer
from dagster import RunsFilter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analytics_platform.cli.failed_runs import FailedRun, document, failed_runs, sessions_of
from analytics_platform.defs.instance import UNFINISHED, fail_dead_runs, prepare_instance
from analytics_platform.settings import settings
from analytics_platform.storage.ledger.ledger import Ledger

WRONG_USE = 2
_WIDTH = 170
_SPAN = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_FILES_SHOWN = 3


def print_failed(since: str | None, now: datetime, *, as_json: bool) -> int:
    """Print what failed since a moment and was not repaired; return 0, or 2 for a moment that is none."""
    try:
        begin = None if since is None else moment_since(since, now)
    except ValueError as error:
        typer.echo(str(error), err=True)
        return WRONG_USE
    of = settings()
    instance = prepare_instance(of.dagster_template, of.dagster_home)
    fail_dead_runs(instance)
    found = failed_runs(instance, Ledger(of.ledger_url, max_attempts=of.max_attempts), begin)
    if as_json:
        typer.echo(json.dumps([document(each) for each in found], indent=1))
        return 0
    console = Console()
    console = console if console.is_terminal else Console(width=_WIDTH)
    if found:
        console.print(failed_table(found))
        console.print(
            "`analytics runs retry <run>` or `--all` executes them again", markup=False, highlight=False
        )
    else:
        console.print(
            "no run has failed" + (f" since {begin:%Y-%m-%d %H:%M %Z}" if begin else ""), markup=False
        )
    _print_under_way(console, instance)
    return 0


def moment_since(text: str, now: datetime) -> datetime:
    """Return the moment that a span or a date names.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> from datetime import UTC
    >>> moment_since("24h", datetime(2013, 3, 2, 3, 0, tzinfo=UTC)).isoformat()
    '2013-03-01T03:00:00+00:00'
    """
    span = _SPAN.fullmatch(text.strip())
    if span is not None:
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        message = f"{text!r} is no moment: write --since 24h, 7d, or a date such as 2013-03-01"
        raise ValueError(message) from error
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)


def failed_table(found: list[FailedRun]) -> Table:
    """Return the failed runs as a table."""
    table = Table(title=f"{len(found)} failed runs that nothing has repaired", title_justify="left")
    for name in ("Run", "Job", "Sessions", "Ended (UTC)", "Failed step", "Why", "Tries", "Files owed"):
        table.add_column(name, overflow="fold", no_wrap=name == "Run")
    for each in found:
        cells = (
            each.run.run_id,
            what(each.run),
            span_of(each.run),
            f"{each.at:%Y-%m-%d %H:%M}",
            each.step,
            each.cause + _state(each),
            str(each.attempts),
            _files(each),
        )
        table.add_row(*(Text(cell) for cell in cells))
    return table


def what(run: dg.DagsterRun) -> str:
    """Return job and assets of a run."""
    keys = sorted(key.to_user_string() for key in run.asset_selection or ())
    return f"{run.job_name}: {_some(keys)}" if keys else run.job_name


def span_of(run: dg.DagsterRun) -> str:
    """Return the sessions of a run."""
    first, last = sessions_of(run)
    return first if first == last else f"{first} to {last}"


def _state(failed: FailedRun) -> str:
    if failed.under_way is None:
        return " (canceled)" if failed.run.status is dg.DagsterRunStatus.CANCELED else ""
    return (
        f"; a retry is under way: {failed.under_way}" if failed.under_way else "; a retry is coming by itself"
    )


def _files(failed: FailedRun) -> str:
    owed = [entry.version.key for entry in failed.owed]
    given_up = [f"{entry.version.key} (given up)" for entry in failed.given_up]
    return _some([*owed, *given_up])


def _some(texts: list[str]) -> str:
    more = f" and {len(texts) - _FILES_SHOWN} more" if len(texts) > _FILES_SHOWN else ""
    return ", ".join(texts[:_FILES_SHOWN]) + more


def _print_under_way(console: Console, instance: dg.DagsterInstance) -> None:
    """Tell of runs that have not ended: one that is stuck is not among those that failed."""
    waiting = [dg.DagsterRunStatus.QUEUED, *UNFINISHED]
    records = instance.get_run_records(RunsFilter(statuses=waiting))
    if records:
        oldest = min(records, key=lambda each: each.create_timestamp)
        run = oldest.dagster_run
        since = f"{oldest.create_timestamp:%Y-%m-%d %H:%M} UTC"
        line = f"{len(records)} runs are under way, the oldest since {since}: {run.run_id} {run.status.value}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
