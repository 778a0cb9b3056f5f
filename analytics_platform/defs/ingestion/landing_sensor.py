"""The sensor on the landing zone: new files become few runs, each file once."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg

from analytics_platform.calendars.sessions import Calendar
from analytics_platform.defs.automation import end_of_day, ingest
from analytics_platform.defs.partitions import CALENDAR
from analytics_platform.defs.resources import IntakeResource
from analytics_platform.settings import settings
from analytics_platform.storage.ledger import Entry, Ledger, State

OPEN_WINDOW = 5
"""Sessions up to the newest book date that a late file recomputes by itself; older ones need a backfill."""

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


@dg.sensor(
    jobs=[ingest, end_of_day],
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def landing_zone_sensor(
    context: dg.SensorEvaluationContext,  # noqa: ARG001 - Dagster passes it
    intake: IntakeResource,
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Look for files that senders have put and ask for one run that loads them all."""
    with intake.opened() as stores:
        stores.observe()
        owed = stores.ledger.entries(states=[State.SEEN])
        newest = newest_book_date(stores.ledger)
    if owed:
        yield run_request(owed, CALENDAR, settings().first_session, newest)
    else:
        yield dg.SkipReason("every file in the landing zone is loaded or in quarantine")


def newest_book_date(ledger: Ledger) -> date:
    """Return the last date that any positions file declares."""
    dates = [entry.last_date for entry in ledger.entries(dataset="positions")]
    return max((day for day in dates if day is not None), default=date.min)


def run_request(
    owed: Sequence[Entry], calendar: Calendar, first_session: date, newest: date
) -> dg.RunRequest:
    """Return the one run that loads all owed files and recomputes what the open window allows.

    Parameters
    ----------
    owed : sequence of Entry
        Ledger entries that no run has loaded.
    calendar : Calendar
        Trading sessions.
    first_session : date
        First partition.
    newest : date
        Newest date of the book; the open window ends there.
    """
    dates = [day for entry in owed for day in (entry.first_date, entry.last_date) if day is not None]
    first = calendar.at_or_after(max(min(dates), first_session))
    last = max(first, calendar.at_or_before(max(*dates, first_session)))
    newest = max(newest, first_session)
    window = calendar.offset(calendar.at_or_before(newest), 1 - OPEN_WINDOW)
    recompute = last >= window
    identity = "\n".join(f"{e.version.key} {e.version.version_id} {e.attempts}" for e in owed)
    return dg.RunRequest(
        run_key=hashlib.sha256(identity.encode()).hexdigest(),
        job_name="end_of_day" if recompute else "ingest",
        tags={
            RANGE_START: (max(first, window) if recompute else first).isoformat(),
            RANGE_END: (max(last, newest) if recompute else last).isoformat(),
        },
    )
