"""The sensor on the landing zone: new files become few runs, each file once."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import dagster as dg

from analytics_platform.defs.automation import end_of_day, ingest
from analytics_platform.defs.ingestion.listing_place import LONGEST_CURSOR, ListingPlace, cursor_after
from analytics_platform.defs.ingestion.owed import owed_now
from analytics_platform.defs.ingestion.planned_runs import planned_runs
from analytics_platform.defs.ingestion.recompute import to_recompute
from analytics_platform.defs.ingestion.recovery import release_lost_runs
from analytics_platform.defs.ingestion.upload_hints import Followed, follow
from analytics_platform.defs.partitions import BUSINESS_DAYS, CALENDAR, session_range
from analytics_platform.defs.resources import IntakeResource
from analytics_platform.settings import settings
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.ledger.ledger import Ledger, State
from analytics_platform.storage.queues.sqs import Queue, QueueError

__all__ = ["LONGEST_CURSOR", "cursor_after", "landing_sensor", "landing_zone_sensor"]

_LONGEST_BUSY = 10
"""Ticks that files wait for a queue that never ends, so that those which arrive together go together."""


def landing_sensor(
    uploads_queue_url: str | None, *, listing_minutes: int, interval_seconds: int
) -> dg.SensorDefinition:
    """Return the sensor on the landing zone.

    Parameters
    ----------
    uploads_queue_url : str or None
        Queue that S3 tells of uploads. With it the landing zone is listed only now and then, for what a
        message did not tell; without it at every tick.
    listing_minutes : int
        How often that is.
    interval_seconds : int
        Shortest time between two ticks.
    """

    @dg.sensor(
        name="landing_zone_sensor",
        jobs=[ingest, end_of_day],
        minimum_interval_seconds=interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def look_for_files(
        context: dg.SensorEvaluationContext, intake: IntakeResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        """Look for files that senders have put and ask for few runs that load them all, each file once.

        A large landing zone is looked at in several ticks: the cursor is the key to go on after. Runs are
        asked for when the end was reached, so that files which arrive together are loaded together.
        """
        watch = intake.watch()
        release_lost_runs(context.instance, watch.ledger)
        if uploads_queue_url is None:
            looked = _listed(context, watch, intake.sensor_seconds)
        else:
            looked = _followed(context, Queue(uploads_queue_url), watch, intake, listing_minutes)
        if looked.unfinished is not None:
            yield dg.SkipReason(looked.unfinished)
            return
        runs, idle = _runs(context.instance, watch.ledger, intake.retry_seconds)
        yield from runs
        if not runs:
            yield dg.SkipReason(looked.outage or idle)

    return look_for_files


@dataclass(frozen=True)
class _Looked:
    """What came of looking for files: what runs have to wait for, and why the queue was not asked."""

    unfinished: str | None
    outage: str | None = None


def _listed(context: dg.SensorEvaluationContext, watch: LandingWatch, seconds: float) -> _Looked:
    """List the landing zone."""
    observed = watch.look(after=context.cursor or None, seconds=seconds)
    context.update_cursor(cursor_after(observed.goes_on_after))
    if observed.goes_on_after is None:
        return _Looked(None)
    return _Looked(f"looked at {observed.listed} versions; the rest follows in the next tick")


def _followed(
    context: dg.SensorEvaluationContext,
    queue: Queue,
    watch: LandingWatch,
    intake: IntakeResource,
    listing_minutes: int,
) -> _Looked:
    """Follow the hints of the queue and list when it is time, also while the queue is away."""
    start, place = time.monotonic(), ListingPlace.of_cursor(context.cursor)
    is_due, outage = place.is_due(time.time(), listing_minutes), None
    followed = Followed(is_at_end=True)
    try:
        followed = follow(queue, watch, intake.landing, intake.sensor_seconds / (2 if is_due else 1))
    except QueueError as error:
        outage = str(error)
    for warning in [*followed.warnings, *([outage] if outage else [])]:
        context.log.warning(warning)
    if is_due:
        left = intake.sensor_seconds - (time.monotonic() - start)
        observed = watch.look(after=place.after, seconds=left)
        is_whole = observed.goes_on_after is None
        listed_at = time.time() if is_whole else place.listed_at
        place = replace(place, listed_at=listed_at, after=observed.goes_on_after)
    place = replace(place, busy=0 if followed.is_at_end else place.busy + 1)
    context.update_cursor(place.cursor)
    if 0 < place.busy < _LONGEST_BUSY:
        return _Looked(f"followed {followed.messages} messages; the rest follows in the next tick")
    if not place.listed_at:
        return _Looked("the first listing of the landing zone goes on in the next tick")
    return _Looked(None, outage)


def _runs(
    instance: dg.DagsterInstance, ledger: Ledger, retry_seconds: float
) -> tuple[list[dg.RunRequest], str]:
    """Return the runs that load and recompute what the ledger owes, and why there are none."""
    bounds = session_range(BUSINESS_DAYS.get_partition_keys())
    books = book_dates(ledger)
    owed = owed_now(instance, ledger, datetime.now(UTC), bounds[1], retry_seconds)
    late = to_recompute(instance, ledger, CALENDAR, bounds, books)
    runs = []
    for run in planned_runs([*owed.entries, *late], CALENDAR, bounds, books):
        ledger.note_requests(run.entries, str(run.request.run_key))
        runs.append(run.request)
    return runs, owed.waiting or "every file in the landing zone is loaded or in quarantine"


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


landing_zone_sensor = landing_sensor(
    settings().uploads_queue_url,
    listing_minutes=settings().landing_listing_minutes,
    interval_seconds=settings().sensor_interval_seconds,
)
