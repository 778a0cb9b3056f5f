"""Loaded files that no result rests on yet: the run that loaded them did not compute their sessions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import dagster as dg
from dagster import DagsterRunStatus, RunRecord, RunsFilter
from dagster._core.storage.tags import PARTITION_NAME_TAG

from analytics_platform.calendars.sessions import Calendar
from analytics_platform.defs.ingestion.owed import status_by_key
from analytics_platform.defs.ingestion.planned_runs import open_windows, sessions_of
from analytics_platform.defs.partitions import RANGE_END, RANGE_START
from analytics_platform.storage.ledger.ledger import Entry, Ledger

WHOLE_CHAIN = "end_of_day"
_NEWEST_RUNS = 200

Span = tuple[date, date]


def to_recompute(
    instance: dg.DagsterInstance, ledger: Ledger, calendar: Calendar, bounds: Span, books: Sequence[date]
) -> list[Entry]:
    """Return the loaded versions for which the open window has to be computed again.

    A version is done with when its sessions in every open window were computed by runs of the whole chain
    that ended well and began after it was loaded, or loaded it themselves. What lies outside the windows
    needs a backfill and is done with at once. A run that was asked for and failed is not asked for again:
    its alert has told why.
    """
    loaded = ledger.not_recomputed()
    if not loaded:
        return []
    runs = instance.get_run_records(RunsFilter(job_name=WHOLE_CHAIN), limit=_NEWEST_RUNS)
    if any(not record.dagster_run.is_finished for record in runs):
        return []
    windows = open_windows(books, calendar, bounds)
    run_of = status_by_key(instance)
    asked, done = [], []
    for entry in loaded:
        first, last = sessions_of(entry, calendar, bounds)
        open_sessions = {
            day
            for window, book in windows
            if last >= window and first <= book
            for day in calendar.sessions(max(first, window), book)
        }
        if open_sessions <= _computed(entry, runs, calendar):
            done.append(entry.version)
        elif entry.asked < ledger.max_attempts and not _has_failed(run_of(entry.request_key)):
            asked.append(replace(entry, requests=entry.requests + 1))
    ledger.note_recomputed(done)
    return asked


def _computed(entry: Entry, runs: Sequence[RunRecord], calendar: Calendar) -> set[date]:
    """Return the sessions that were computed with a version."""
    days: set[date] = set()
    for record in runs:
        run = record.dagster_run
        began = datetime.fromtimestamp(record.start_time or 0.0, entry.changed_at.tzinfo)
        if (
            run.status is DagsterRunStatus.SUCCESS
            and not run.asset_selection
            and (run.run_id == entry.run_id or began >= entry.changed_at)
        ):
            first = run.tags.get(RANGE_START) or run.tags.get(PARTITION_NAME_TAG)
            last = run.tags.get(RANGE_END) or first
            if first is not None and last is not None:
                days.update(calendar.sessions(date.fromisoformat(first), date.fromisoformat(last)))
    return days


def _has_failed(run: dg.DagsterRun | None) -> bool:
    """Tell whether a run is one of the whole chain that did not end well."""
    return run is not None and run.job_name == WHOLE_CHAIN and run.status is not DagsterRunStatus.SUCCESS
