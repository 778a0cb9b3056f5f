"""The ledger on the databases that it runs on: a file of SQLite and a real PostgreSQL server."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import pytest
import sqlalchemy as sa

from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.storage.landing.object_versions import ObjectVersion
from analytics_platform.storage.ledger.database import NEWEST, LedgerError
from analytics_platform.storage.ledger.ledger import Ledger, State
from analytics_platform_tests.integration import ledger_worker

NAME = "prices/vendor_2013-02-27_2013-02-28.csv"
NINE = datetime(2013, 3, 1, 9, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return str(request.getfixturevalue("postgres").new_database())


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    yield (opened := Ledger(url))
    opened.close()


def _version(number: int, content: str = "") -> ObjectVersion:
    return ObjectVersion(NINE + timedelta(hours=number), NAME, f"v{number}", 10, content)


def _load(ledger: Ledger, version: ObjectVersion, content: str) -> bool:
    """Do what a run does with a version."""
    ledger.observe(version, parse_file_name(version.key))
    assert ledger.claim(version, "run")
    before = ledger.predecessor(version)
    state = State.DUPLICATE if before and before.sha256 == content else State.LOADED
    return ledger.finish(version, state, sha256=content, counts=RowCounts(3, 2, 1, 0), run_id="run")


def _states(ledger: Ledger) -> list[State]:
    return [entry.state for entry in ledger.entries()]


def test_of_8_processes_one_makes_the_ledger_and_one_gets_each_version(url: str) -> None:
    processes = get_context("forkserver")
    processes.set_forkserver_preload([ledger_worker.__name__])
    start, told = processes.Barrier(8), processes.Queue()
    workers = [
        processes.Process(target=ledger_worker.take_all, args=(url, f"run-{number}", start, told))
        for number in range(8)
    ]
    for worker in workers:
        worker.start()
    seen, won = zip(*(told.get(timeout=120) for _ in workers), strict=True)
    for worker in workers:
        worker.join()
    assert sorted(chain(*seen)) == ledger_worker.KEYS
    assert sorted(chain(*won)) == ledger_worker.KEYS
    ledger = Ledger(url)
    assert _states(ledger) == [State.LOADED] * len(ledger_worker.KEYS)
    assert [len(ledger.history(key)) for key in ledger_worker.KEYS] == [3] * len(ledger_worker.KEYS)
    ledger.close()


def test_an_entry_keeps_what_it_was_told(ledger: Ledger) -> None:
    version = _version(1, "mark")
    assert _load(ledger, version, "abc")
    entry = ledger.entry(NAME)
    assert entry is not None
    assert (entry.version, entry.version.etag, entry.state) == (version, "mark", State.LOADED)
    assert (entry.rows_read, entry.rows_accepted, entry.rows_rejected, entry.rows_ignored) == (3, 2, 1, 0)
    assert (entry.first_date, entry.recompute_from) == (date(2013, 2, 27), date(2013, 2, 27))
    assert abs(entry.changed_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert ledger.entry(NAME, "v2") is None
    assert not ledger.observe(version, parse_file_name(NAME))


def test_a_newer_version_supersedes_the_older_ones(ledger: Ledger) -> None:
    for number, content in ((1, "a"), (2, "b"), (3, "c")):
        assert _load(ledger, _version(number), content)
    assert _states(ledger) == [State.SUPERSEDED, State.SUPERSEDED, State.LOADED]


def test_a_late_older_version_is_superseded_when_it_is_loaded(ledger: Ledger) -> None:
    _load(ledger, _version(3), "c")
    assert _load(ledger, _version(1), "a")
    assert _states(ledger) == [State.SUPERSEDED, State.LOADED]


def test_a_late_version_makes_the_repetition_after_it_owed_again(ledger: Ledger) -> None:
    _load(ledger, _version(1), "a")
    _load(ledger, _version(3), "a")
    assert _states(ledger) == [State.LOADED, State.DUPLICATE]
    _load(ledger, _version(2), "b")
    assert _states(ledger) == [State.SUPERSEDED, State.LOADED, State.SEEN]
    _load(ledger, _version(3), "a")
    assert _states(ledger) == [State.SUPERSEDED, State.SUPERSEDED, State.LOADED]


def test_a_repetition_of_what_is_no_longer_before_it_is_owed_again(ledger: Ledger) -> None:
    _load(ledger, _version(1), "a")
    third, second = _version(3), _version(2)
    ledger.observe(third, parse_file_name(NAME))
    ledger.claim(third, "slow")
    _load(ledger, second, "b")
    assert not ledger.finish(third, State.DUPLICATE, sha256="a", run_id="slow")
    assert _states(ledger) == [State.SUPERSEDED, State.LOADED, State.SEEN]


def test_a_version_that_fails_is_tried_again_and_then_given_up(ledger: Ledger) -> None:
    version = _version(1)
    ledger.observe(version, parse_file_name(NAME))
    ends = []
    for attempt in (1, 2, 3):
        assert ledger.claim(version, f"run-{attempt}")
        ends.append(ledger.fail(version, "the disk is full", run_id=f"run-{attempt}"))
    assert ends == [State.SEEN, State.SEEN, State.QUARANTINED]
    (entry,) = ledger.entries()
    assert entry.message == "gave up after 3 attempts: the disk is full"
    assert (entry.attempts, entry.failures) == (3, 3)
    assert ledger.fail(version, "again") is None


def test_a_person_releases_or_discards_what_is_in_quarantine_and_nothing_else(ledger: Ledger) -> None:
    version = _version(1)
    ledger.observe(version, parse_file_name(NAME))
    assert not ledger.requeue(version)
    assert not ledger.discard(version)
    ledger.claim(version, "run-1")
    ledger.finish(version, State.QUARANTINED, sha256="a", message="bad", run_id="run-1")
    assert ledger.requeue(version)
    assert ledger.claim(version, "run-2")
    ledger.finish(version, State.QUARANTINED, sha256="a", message="bad", run_id="run-2")
    assert ledger.discard(version)
    assert not ledger.requeue(version)
    assert not ledger.claim(version, "run-3")
    told = [(t.from_state, t.to_state, t.run_id, t.message) for t in ledger.history(NAME, "v1")]
    assert told == [
        (None, State.SEEN, None, None),
        (State.SEEN, State.LAUNCHED, "run-1", None),
        (State.LAUNCHED, State.QUARANTINED, "run-1", "bad"),
        (State.QUARANTINED, State.SEEN, "run-1", "released from quarantine"),
        (State.SEEN, State.LAUNCHED, "run-2", None),
        (State.LAUNCHED, State.QUARANTINED, "run-2", "bad"),
        (State.QUARANTINED, State.DISCARDED, "run-2", None),
    ]


def test_a_name_that_tells_nothing_cannot_be_released(ledger: Ledger) -> None:
    odd = ObjectVersion(NINE, "notes.txt", "v1", 1)
    ledger.refuse(odd, "rename it")
    assert not ledger.requeue(odd)
    assert ledger.discard(odd)


def test_a_run_that_lost_its_version_cannot_finish_it(ledger: Ledger) -> None:
    version = _version(1)
    ledger.observe(version, parse_file_name(NAME))
    ledger.claim(version, "lost")
    ledger.release("lost")
    ledger.claim(version, "next")
    assert not ledger.finish(version, State.LOADED, sha256="a", run_id="lost")
    assert ledger.fail(version, "too late", run_id="lost") is None
    assert ledger.finish(version, State.LOADED, sha256="a", run_id="next")


def test_what_the_lake_lost_is_owed_again(ledger: Ledger) -> None:
    _load(ledger, _version(1), "a")
    _load(ledger, _version(2), "b")
    assert ledger.owe_again(_version(1), "its rows are gone")
    _load(ledger, _version(1), "a")
    assert _states(ledger) == [State.SUPERSEDED, State.LOADED]


def test_a_newer_ledger_is_refused_with_a_cure(url: str) -> None:
    Ledger(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(LedgerError, match=r"written by newer code .*9999.*; update analytics-platform"):
        Ledger(url)


def test_the_migrations_make_the_tables_that_the_code_reads_and_writes(url: str) -> None:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - only here
    from alembic.migration import MigrationContext  # noqa: PLC0415

    from analytics_platform.storage.ledger.tables import METADATA  # noqa: PLC0415

    Ledger(url).close()
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == NEWEST
        assert compare_metadata(context, METADATA) == []
    engine.dispose()
