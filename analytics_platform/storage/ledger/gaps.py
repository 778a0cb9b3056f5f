"""Where landing zone, ledger and lake do not agree, and what closes each gap. Runs are not known here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

import polars as pl

from analytics_platform.storage.lake.lake import ObjectLake
from analytics_platform.storage.lake.layout import Delivery, object_key
from analytics_platform.storage.lake.objects import UnreachableLakeError, cause
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.landing.zone import ObjectVersion
from analytics_platform.storage.ledger.ledger import IN_LAKE, Entry, Ledger, State
from analytics_platform.tables.registry import DELIVERED

_BATCH = 500

Key = tuple[str, str]


@dataclass(frozen=True)
class Gap:
    """One thing that does not agree.

    Attributes
    ----------
    key, version_id : str
        Of which version.
    problem : str
        What does not agree.
    cure : str
        What closes the gap.
    close : callable or None
        Does so and returns whether it did; None if only a person can.
    """

    key: str
    version_id: str
    problem: str
    cure: str
    close: Callable[[], bool] | None = None


def gaps(watch: LandingWatch, lake: ObjectLake, is_alive: Callable[[str], bool]) -> Iterator[Gap]:
    """Find every gap; nothing is changed until it is closed.

    Parameters
    ----------
    watch : LandingWatch
        Landing zone and ledger.
    lake : ObjectLake
        The lake.
    is_alive : callable
        Tells whether a run can still finish what it took.

    Raises
    ------
    UnreachableLakeError
        If an object of the lake cannot be looked at.
    """
    landed = list(_not_in_ledger(watch))
    yield from landed
    yield from _left_by_dead_runs(watch.ledger, is_alive)
    yield from _not_asked_for(watch.ledger)
    published = _published(lake)
    yield from _lost_by_the_lake(watch.ledger, lake, published)
    known = watch.ledger.known("") | {(gap.key, gap.version_id) for gap in landed}
    for key, version_id in sorted(published.keys() - known):
        problem = "its rows are in the lake, but neither landing zone nor ledger know it"
        yield Gap(key, version_id, problem, "put the file into the landing zone again, or restore the ledger")


def _not_in_ledger(watch: LandingWatch) -> Iterator[Gap]:
    versions = watch.landing.versions()
    while batch := list(islice(versions, _BATCH)):
        for version in watch.ledger.unknown(batch):
            problem, cure = "it was put, and the ledger does not know it", "enqueue it: the next run loads it"
            yield _gap(version, problem, cure, partial(_enqueue, watch, version))


def _left_by_dead_runs(ledger: Ledger, is_alive: Callable[[str], bool]) -> Iterator[Gap]:
    dead = {run_id for run_id in ledger.runs_in_flight() if not is_alive(run_id)}
    for entry in ledger.entries(states=[State.LAUNCHED]):
        run_id = entry.run_id or ""
        if run_id in dead:
            problem = f"run {run_id} took it and has ended without finishing it"
            cure = "give it back: the next run loads it"
            yield _gap(entry.version, problem, cure, partial(_release, ledger, run_id))


def _not_asked_for(ledger: Ledger) -> Iterator[Gap]:
    for entry in ledger.entries(states=[State.SEEN]):
        if entry.asked >= ledger.max_attempts:
            problem = f"it waits; {entry.asked} runs that the sensor asked for have ended without it"
            cure = "let the sensor ask again; look at the alerts for why the runs failed"
            yield _gap(entry.version, problem, cure, partial(_forget, ledger, entry))


def _lost_by_the_lake(ledger: Ledger, lake: ObjectLake, published: dict[Key, str]) -> Iterator[Gap]:
    for entry in ledger.entries(states=IN_LAKE):
        version = entry.version
        key = published.get((version.key, version.version_id))
        what = "its row of deliveries is missing" if key is None else _wrong_with(lake, key, entry)
        if what is not None:
            problem = f"the ledger says {entry.state}, but {what} in the lake at {lake.url}"
            close = partial(_load_again, ledger, version, problem, lake, key)
            yield _gap(version, problem, "load it again", close)


def _load_again(
    ledger: Ledger, version: ObjectVersion, problem: str, lake: ObjectLake, key: str | None
) -> bool:
    """Owe a version again; what is damaged goes, because nothing that stands is overwritten."""
    if key is not None:
        lake.objects.remove(key)
    return ledger.owe_again(version, problem)


def _wrong_with(lake: ObjectLake, key: str, entry: Entry) -> str | None:
    """Tell what is wrong with the object of a published delivery, by the rows that it says it has."""
    try:
        rows = lake.objects.scan([key]).select(pl.len()).collect().item()
    except FileNotFoundError:
        return "the object with its rows is missing"
    except pl.exceptions.ComputeError:
        rows = None
    except OSError as error:  # it may be whole: nothing may be deleted because of a network
        message = (
            f"whether {lake.objects.address(key)} is whole cannot be told ({cause(error)}); "
            "nothing was deleted: check network and permissions, then run `analytics reconcile` again"
        )
        raise UnreachableLakeError(message) from error
    damaged = f"the object with its rows is damaged ({key.rpartition('/')[2]})"
    return None if rows == entry.rows_accepted else damaged


def _published(lake: ObjectLake) -> dict[Key, str]:
    """Return every published delivery of a file, and the key of the object with its rows."""
    columns = ("delivery_id", "source", "first_date", "last_date", "known_at")
    rows = lake.deliveries().filter(pl.col("table_name").is_in(list(DELIVERED)) & pl.col("uri").is_not_null())
    return {
        (row["uri"], row["version_id"]): object_key(
            row["table_name"], Delivery(**{name: row[name] for name in columns})
        )
        for row in rows.iter_rows(named=True)
    }


def _enqueue(watch: LandingWatch, version: ObjectVersion) -> bool:
    """Write a version down; it may have been meanwhile, with another of its key."""
    watch.look(version.key)
    return watch.ledger.entry(version.key, version.version_id) is not None


def _release(ledger: Ledger, run_id: str) -> bool:
    ledger.release(run_id)
    return True


def _forget(ledger: Ledger, entry: Entry) -> bool:
    ledger.forget_requests([entry.version])
    return True


def _gap(version: ObjectVersion, problem: str, cure: str, close: Callable[[], bool]) -> Gap:
    return Gap(version.key, version.version_id, problem, cure, close)
