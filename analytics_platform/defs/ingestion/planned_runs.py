"""Which runs load the files that are owed: few of them, by dataset and dates. Nothing is stored here."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import dagster as dg

from analytics_platform.calendars.sessions import Calendar
from analytics_platform.defs.partitions import RANGE_END, RANGE_START
from analytics_platform.storage.ledger.ledger import Entry

OPEN_WINDOW = 5
"""Sessions up to the newest book date that a late file recomputes by itself; older ones need a backfill."""

Span = tuple[date, date]


@dataclass(frozen=True)
class PlannedRun:
    """A run and what it is asked for.

    Attributes
    ----------
    request : RunRequest
        The run; its key names versions, attempts and the numbers of their requests.
    entries : tuple of Entry
        The files.
    """

    request: dg.RunRequest
    entries: tuple[Entry, ...]


def planned_runs(
    owed: Sequence[Entry], calendar: Calendar, bounds: Span, books: Sequence[date]
) -> Iterator[PlannedRun]:
    """Plan the runs that load all owed files and recompute what the open window allows: three at most.

    Parameters
    ----------
    owed : sequence of Entry
        Ledger entries that no run has loaded, or whose results are older than they are.
    calendar : Calendar
        Trading sessions.
    bounds : (date, date)
        First and last partition that there is; a run for another would break the sensor.
    books : sequence of date
        Newest dates of the book; an open window ends at each. What lies outside is only loaded.
    """
    spans = {entry: sessions_of(entry, calendar, bounds) for entry in owed}
    for window, book in open_windows(books, calendar, bounds):
        recompute = {e: span for e, span in spans.items() if span[1] >= window and span[0] <= book}
        if recompute:
            first = max(min(first for first, _ in recompute.values()), window)
            yield _planned("end_of_day", recompute, (first, book))
        spans = {entry: span for entry, span in spans.items() if entry not in recompute}
    if spans:
        firsts, lasts = zip(*spans.values(), strict=True)
        yield _planned("ingest", spans, (min(firsts), max(lasts)))


def open_windows(books: Sequence[date], calendar: Calendar, bounds: Span) -> list[Span]:
    """Return first and last session of the open window of each book, the newest first.

    Before there is a book on a partition there is nothing to compute, and no window.
    """
    ends = [calendar.at_or_before(min(book, bounds[1])) for book in books if book >= bounds[0]]
    return [
        (max(bounds[0], calendar.offset(end, 1 - OPEN_WINDOW)), end) for end in sorted(ends, reverse=True)
    ]


def sessions_of(entry: Entry, calendar: Calendar, bounds: Span) -> Span:
    """Return first and last session that a file counts for; a day between sessions is of the one before."""
    dates = (entry.first_date or bounds[0], entry.last_date or bounds[0])
    bounded = (min(max(day, bounds[0]), bounds[1]) for day in dates)
    first, last = (calendar.at_or_before(day) for day in bounded)
    return max(first, bounds[0]), max(last, bounds[0])


def _planned(job: str, owed: Mapping[Entry, Span], sessions: Span) -> PlannedRun:
    names = [f"{e.version.key} {e.version.version_id} {e.attempts} {e.requests}" for e in owed]
    assets = [dg.AssetKey(["lake", table]) for table in sorted({entry.dataset for entry in owed})]
    request = dg.RunRequest(
        run_key=hashlib.sha256("\n".join([job, *sorted(names)]).encode()).hexdigest(),
        job_name=job,
        asset_selection=assets if job == "ingest" else None,
        tags={RANGE_START: sessions[0].isoformat(), RANGE_END: sessions[1].isoformat()},
    )
    return PlannedRun(request, tuple(owed))
