"""Which files a run has to be asked for now: not those that a run is on the way for, or that must wait."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import dagster as dg
from dagster import RunsFilter
from dagster._core.storage.tags import RUN_KEY_TAG

from analytics_platform.defs.ingestion.deliveries import BY_SESSION
from analytics_platform.storage.ledger.entries import ROUND, Entry
from analytics_platform.storage.ledger.ledger import Ledger, State

_LONGER = 4
"""Each wait is so many times longer than the one before."""

Span = tuple[date, date]


@dataclass(frozen=True)
class Owed:
    """What runs are asked for.

    Attributes
    ----------
    entries : tuple of Entry
        The files, each with the number of the request that is due.
    waiting : str
        How many files wait for what; empty if none does.
    """

    entries: tuple[Entry, ...]
    waiting: str


def owed_now(
    instance: dg.DagsterInstance, ledger: Ledger, now: datetime, last_session: date, retry_seconds: float
) -> Owed:
    """Return the seen versions that no run was asked for, or whose run has ended without them.

    A version that failed waits a minute, then four, then sixteen. After as many runs as it may fail it is
    left alone: it stays owed, and every later run of its table takes it.

    Parameters
    ----------
    instance : DagsterInstance
        Knows the runs.
    ledger : Ledger
        Knows the versions.
    now : datetime
        In UTC.
    last_session : date
        Last partition that there is: a file of later sessions waits for its own.
    retry_seconds : float
        First wait after a failure.
    """
    status = status_by_key(instance)
    due: list[Entry] = []
    waiting: Counter[str] = Counter()
    for entry in ledger.entries(states=[State.SEEN]):
        run = status(entry.request_key)
        is_known = entry.request_key is not None and run is not None
        number = entry.requests + 1 if is_known or entry.asked == 0 else entry.requests
        pause = retry_seconds * _LONGER ** (entry.failures - 1) if entry.failures else 0.0
        if entry.dataset in BY_SESSION and (entry.first_date or last_session) > last_session:
            waiting["for their session"] += 1
        elif run is not None and not run.is_finished:
            waiting["for a run that was asked for"] += 1
        elif number % ROUND > ledger.max_attempts:
            waiting[
                f"after {ledger.max_attempts} runs that ended without them; see `analytics reconcile`"
            ] += 1
        elif now < entry.changed_at + timedelta(seconds=pause):
            waiting["for their next attempt"] += 1
        else:
            due.append(replace(entry, requests=number))
    return Owed(tuple(due), ", ".join(f"{count} files wait {why}" for why, count in waiting.items()))


def status_by_key(instance: dg.DagsterInstance) -> Callable[[str | None], dg.DagsterRun | None]:
    """Return a look-up of the newest run with a key; each key is looked up once."""
    runs: dict[str, dg.DagsterRun | None] = {}

    def newest(key: str | None) -> dg.DagsterRun | None:
        if key is None:
            return None
        if key not in runs:
            found = instance.get_runs(RunsFilter(tags={RUN_KEY_TAG: key}), limit=1)
            runs[key] = found[0] if found else None
        return runs[key]

    return newest
