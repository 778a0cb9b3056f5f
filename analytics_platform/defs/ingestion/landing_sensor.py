"""The sensor on the landing zone: new files become few runs, each file once."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import dagster as dg

from analytics_platform.calendars.sessions import Calendar
from analytics_platform.defs.automation import end_of_day, ingest
from analytics_platform.defs.partitions import BUSINESS_DAYS, CALENDAR, RANGE_END, RANGE_START, session_range
from analytics_platform.defs.resources import IntakeResource
from analytics_platform.storage.ledger import Entry, Ledger, State

OPEN_WINDOW = 5
"""Sessions up to the newest book date that a late file recomputes by itself; older ones need a backfill."""


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
        books = book_dates(stores.ledger)
    if not owed:
        yield dg.SkipReason("every file in the landing zone is loaded or in quarantine")
    bounds = session_range(BUSINESS_DAYS.get_partition_keys())
    yield from run_requests(owed, CALENDAR, bounds, books)


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


def run_requests(
    owed: Sequence[Entry], calendar: Calendar, bounds: tuple[date, date], books: Sequence[date]
) -> Iterator[dg.RunRequest]:
    """Ask for the runs that load all owed files and recompute what the open window allows: three at most.

    Parameters
    ----------
    owed : sequence of Entry
        Ledger entries that no run has loaded.
    calendar : Calendar
        Trading sessions.
    bounds : (date, date)
        First and last partition that there is; a run for another would break the sensor.
    books : sequence of date
        Newest dates of the book; an open window ends at each. What lies outside is only loaded.
    """
    spans = {entry: _sessions_of(entry, calendar, bounds) for entry in owed}
    for newest in sorted(books, reverse=True):
        book = calendar.at_or_before(min(max(newest, bounds[0]), bounds[1]))
        window = max(bounds[0], calendar.offset(book, 1 - OPEN_WINDOW))
        recompute = {e: span for e, span in spans.items() if span[1] >= window and span[0] <= book}
        if recompute:
            yield _request("end_of_day", recompute, max(min(f for f, _ in recompute.values()), window), book)
        spans = {entry: span for entry, span in spans.items() if entry not in recompute}
    if spans:
        firsts, lasts = zip(*spans.values(), strict=True)
        assets = [dg.AssetKey(["lake", table]) for table in sorted({entry.dataset for entry in spans})]
        yield _request("ingest", spans, min(firsts), max(lasts), assets)


def _sessions_of(entry: Entry, calendar: Calendar, bounds: tuple[date, date]) -> tuple[date, date]:
    """Return first and last session that a file counts for; a day between sessions is of the one before."""
    dates = (entry.first_date or bounds[0], entry.last_date or bounds[0])
    bounded = (min(max(day, bounds[0]), bounds[1]) for day in dates)
    first, last = (calendar.at_or_before(day) for day in bounded)
    return max(first, bounds[0]), max(last, bounds[0])


def _request(
    job: str, owed: Iterable[Entry], first: date, last: date, assets: list[dg.AssetKey] | None = None
) -> dg.RunRequest:
    identity = "\n".join(f"{e.version.key} {e.version.version_id} {e.attempts}" for e in owed)
    return dg.RunRequest(
        run_key=hashlib.sha256(identity.encode()).hexdigest(),
        job_name=job,
        asset_selection=assets,
        tags={RANGE_START: first.isoformat(), RANGE_END: last.isoformat()},
    )
