"""The ledger of object versions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.storage.landing.zone import ObjectVersion
from analytics_platform.storage.ledger.ledger import Ledger, State

NAME = "prices/vendor_2013-02-27_2013-02-28.csv"
VERSION = ObjectVersion(datetime(2013, 3, 1, 9, tzinfo=UTC), NAME, "v1", 10)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


def test_a_version_is_written_down_once(ledger: Ledger) -> None:
    assert ledger.observe(VERSION, parse_file_name(NAME))
    assert not ledger.observe(VERSION, parse_file_name(NAME))
    (entry,) = ledger.entries()
    assert (entry.version, entry.state, entry.attempts) == (VERSION, State.SEEN, 0)
    assert (entry.first_date, entry.last_date) == (date(2013, 2, 27), date(2013, 2, 28))


def test_of_many_workers_one_gets_a_version(ledger: Ledger) -> None:
    ledger.observe(VERSION, parse_file_name(NAME))
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda run: ledger.claim(VERSION, f"run-{run}"), range(16)))
    assert sum(won) == 1
    (entry,) = ledger.entries()
    assert (entry.state, entry.attempts) == (State.LAUNCHED, 1)


def test_a_finished_version_is_never_taken_again(ledger: Ledger) -> None:
    ledger.observe(VERSION, parse_file_name(NAME))
    ledger.claim(VERSION, "run-1")
    assert ledger.finish(
        VERSION, State.LOADED, sha256="abc", counts=RowCounts(read=5, accepted=3, rejected=1, ignored=1)
    )
    assert not ledger.claim(VERSION, "run-2")
    assert not ledger.finish(VERSION, State.QUARANTINED, sha256="abc")
    loaded = ledger.entry(NAME)
    assert loaded is not None
    assert loaded.state is State.LOADED
    assert (loaded.rows_read, loaded.rows_accepted, loaded.rows_rejected, loaded.rows_ignored) == (5, 3, 1, 1)


def test_what_a_lost_run_took_can_be_taken_again(ledger: Ledger) -> None:
    ledger.observe(VERSION, parse_file_name(NAME))
    ledger.claim(VERSION, "run-1")
    assert ledger.runs_in_flight() == {"run-1"}
    assert ledger.release("run-1") == 1
    assert ledger.claim(VERSION, "run-2")
    (entry,) = ledger.entries()
    assert entry.attempts == 2


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        pytest.param(date(2013, 2, 28), date(2013, 3, 5), 1, id="shares its last day"),
        pytest.param(date(2013, 3, 1), date(2013, 3, 5), 0, id="after it"),
        pytest.param(date(2000, 1, 1), date(2013, 2, 27), 1, id="shares its first day"),
        pytest.param(date(2000, 1, 1), date(2013, 2, 26), 0, id="before it"),
    ],
)
def test_entries_are_found_by_the_dates_that_they_declare(
    ledger: Ledger, first: date, last: date, found: int
) -> None:
    ledger.observe(VERSION, parse_file_name(NAME))
    assert len(ledger.entries(overlapping=(first, last))) == found


def test_a_refused_name_is_written_down_with_its_message(ledger: Ledger) -> None:
    odd = ObjectVersion(VERSION.known_at, "notes.txt", "v1", 1)
    assert ledger.refuse(odd, "rename it")
    (entry,) = ledger.entries(states=[State.QUARANTINED])
    assert entry.message == "rename it"
    assert ledger.known("notes") == {("notes.txt", "v1")}
    assert ledger.known("prices/") == set()
