"""The sensor on the landing zone: new files become few runs, each file once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg

from analytics_platform.defs.automation import end_of_day, ingest
from analytics_platform.defs.ingestion.owed import owed_now
from analytics_platform.defs.ingestion.planned_runs import planned_runs
from analytics_platform.defs.ingestion.recompute import to_recompute
from analytics_platform.defs.ingestion.recovery import release_lost_runs
from analytics_platform.defs.partitions import BUSINESS_DAYS, CALENDAR, session_range
from analytics_platform.defs.resources import IntakeResource
from analytics_platform.storage.ledger.ledger import Ledger, State

LONGEST_CURSOR = 1024
"""Bytes: the longest key of an object store. Dagster keeps cursors for ever, so they stay small."""


@dg.sensor(
    jobs=[ingest, end_of_day],
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def landing_zone_sensor(
    context: dg.SensorEvaluationContext, intake: IntakeResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Look for files that senders have put and ask for few runs that load them all, each file once.

    A large landing zone is looked at in several ticks: the cursor is the key to go on after. Runs are asked
    for when the end was reached, so that files which arrive together are loaded together.
    """
    watch = intake.watch()
    release_lost_runs(context.instance, watch.ledger)
    observed = watch.look(after=context.cursor or None, seconds=intake.sensor_seconds)
    context.update_cursor(cursor_after(observed.goes_on_after))
    if observed.goes_on_after is not None:
        yield dg.SkipReason(f"looked at {observed.listed} versions; the rest follows in the next tick")
        return
    bounds = session_range(BUSINESS_DAYS.get_partition_keys())
    books = book_dates(watch.ledger)
    owed = owed_now(context.instance, watch.ledger, datetime.now(UTC), bounds[1], intake.retry_seconds)
    late = to_recompute(context.instance, watch.ledger, CALENDAR, bounds, books)
    for run in planned_runs([*owed.entries, *late], CALENDAR, bounds, books):
        watch.ledger.note_requests(run.entries, str(run.request.run_key))
        yield run.request
    if not owed.entries and not late:
        yield dg.SkipReason(owed.waiting or "every file in the landing zone is loaded or in quarantine")


def cursor_after(key: str | None) -> str:
    """Return the cursor of a look that stopped at a key; a longer key is cut and a little looked at twice."""
    return (key or "").encode()[:LONGEST_CURSOR].decode(errors="ignore")


def book_dates(ledger: Ledger) -> list[date]:
    """Return the newest date of the loaded book and, if it is later, that of the book that waits.

    A file that waits may yet be refused: its date alone must not move the window away from the others.
    """
    newest = []
    for state in (State.LOADED, State.SEEN):
        dates = [entry.last_date for entry in ledger.entries(dataset="positions", states=[state])]
        newest.append(max((day for day in dates if day is not None), default=date.min))
    loaded, waiting = newest
    return [loaded, waiting] if waiting > loaded else [loaded]
