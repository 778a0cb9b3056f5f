"""Requests for materializations on the databases of the ledger: SQLite and a real PostgreSQL server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

from analytics_platform.storage.ledger import request_store
from analytics_platform.storage.ledger.request_store import RequestStore, may_still_come
from analytics_platform.storage.ledger.requests import MaterializationRequest, RequestState
from analytics_platform_tests.integration import request_worker
from analytics_platform_tests.integration.request_worker import a_request


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return str(request.getfixturevalue("postgres").new_database())


@pytest.fixture
def store(url: str) -> Iterator[RequestStore]:
    yield (opened := RequestStore(url))
    opened.close()


def _now(store: RequestStore, request: MaterializationRequest) -> MaterializationRequest:
    found = store.get(request.id)
    assert found is not None
    return found


def test_a_request_is_kept_as_it_is_and_once_a_key(store: RequestStore) -> None:
    request = a_request()
    assert store.keep(request)
    assert store.get(request.id) == store.of_key("desk", "k") == request
    assert not store.keep(a_request())
    assert store.keep(a_request(by="other"))
    assert store.keep(a_request("another"))
    assert store.get("0" * 32) is None


def test_of_8_processes_one_keeps_a_request_and_one_sends_it(url: str) -> None:
    processes = get_context("forkserver")
    processes.set_forkserver_preload([request_worker.__name__])
    start, told = processes.Barrier(8), processes.Queue()
    workers = [processes.Process(target=request_worker.take_on, args=(url, start, told)) for _ in range(8)]
    for worker in workers:
        worker.start()
    ids, kept, sent = zip(*(told.get(timeout=120) for _ in workers), strict=True)
    for worker in workers:
        worker.join()
    assert (len(set(ids)), sum(kept), sum(sent)) == (1, 1, 1)


def test_who_sends_is_alone_until_nothing_can_come_of_it(
    store: RequestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = a_request()
    store.keep(request)
    sent_at = store.start_sending(request)
    assert sent_at is not None
    assert _now(store, request).sent_at == sent_at
    assert may_still_come(_now(store, request))
    assert store.start_sending(request) is None
    assert not store.withdraw(request.id)
    assert not store.cancel_unsent(request)
    monkeypatch.setattr(request_store, "UNCERTAIN", timedelta(0))
    assert not may_still_come(_now(store, request))
    later = store.start_sending(request)
    assert later is not None
    assert not store.note_unsent(request.id, sent_at)
    assert store.note_unsent(request.id, later)
    assert _now(store, request).sent_at is None


def test_a_request_has_one_run_and_its_state_ends(store: RequestStore) -> None:
    request = a_request()
    store.keep(request)
    store.start_sending(request)
    assert store.note_run(request.id, "run-1")
    assert not store.note_run(request.id, "run-2")
    assert store.start_sending(request) is None
    queued = _now(store, request)
    assert (queued.run_id, queued.state) == ("run-1", RequestState.QUEUED)
    assert store.note_state(queued, "run-1", RequestState.STARTED)
    assert not store.note_state(queued, "run-1", RequestState.SUCCESS)
    failure = "prices", "no price"
    assert store.note_state(_now(store, request), "run-2", RequestState.FAILURE, failure)
    ended = _now(store, request)
    assert (ended.run_id, ended.failed_step, ended.failure) == ("run-2", *failure)
    assert ended.has_ended
    assert not store.cancel_unsent(ended)


def test_what_was_not_sent_can_be_withdrawn_or_canceled(store: RequestStore) -> None:
    refused, unwanted = a_request("refused"), a_request("unwanted")
    for request in (refused, unwanted):
        store.keep(request)
    assert store.withdraw(refused.id)
    assert store.get(refused.id) is None
    assert store.keep(a_request("refused"))
    assert store.cancel_unsent(unwanted)
    assert _now(store, unwanted).state is RequestState.CANCELED
    assert store.start_sending(unwanted) is None
    assert not store.withdraw(unwanted.id)


def test_requests_of_one_moment_are_paged_without_loss(store: RequestStore) -> None:
    moment = datetime(2013, 3, 1, 21, tzinfo=UTC)
    requests = [a_request(str(number), at=moment + timedelta(minutes=number // 3)) for number in range(7)]
    for request in requests:
        store.keep(request)
    found: list[MaterializationRequest] = []
    page = store.newest(2)
    found += page.requests
    while page.next_cursor is not None:
        page = store.newest(2, store.get(page.next_cursor))
        found += page.requests
    expected = sorted(requests, key=lambda each: (each.requested_at, each.id), reverse=True)
    assert found == expected
