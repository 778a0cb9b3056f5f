"""Who asks too often waits; nobody else does."""

import time
from pathlib import Path

import pytest

from analytics_platform.api.security.rates import FAILURES_PER_MINUTE, Rates, caller_at
from analytics_platform_tests.unit.api.security.servers import installed


def test_readings_and_actions_of_a_caller_are_counted_apart(tmp_path: Path) -> None:
    with installed(tmp_path, reads_per_minute=5, actions_per_minute=2) as it:
        # A minute may end within a series: of twice as many, at least one is too many.
        reads = [it.get("/tables", "read") for _ in range(11)]
        assert {answer.status_code for answer in reads} == {200, 429}
        late = next(answer for answer in reads if answer.status_code == 429)
        assert 1 <= int(late.headers["retry-after"]) <= 60
        assert late.headers["content-type"] == "application/problem+json"
        assert it.get("/tables", "all").status_code == 200
        acts = [it.ask("POST", "/materializations", [("X-API-Key", it.keys["read"])]) for _ in range(5)]
        assert {answer.status_code for answer in acts} == {403, 429}
        assert it.get("/health").status_code == 200


def test_wrong_keys_are_counted_by_address_and_stop_no_right_one(tmp_path: Path) -> None:
    with installed(tmp_path) as it:
        wrong = [it.get("/tables", None, ("X-API-Key", "ap_x")) for _ in range(2 * FAILURES_PER_MINUTE + 1)]
        assert {answer.status_code for answer in wrong} == {401, 429}
        assert it.get("/tables", "read").status_code == 200


def test_wrong_logins_are_counted_and_the_audit_log_does_not_grow_with_them(tmp_path: Path) -> None:
    form = [("Content-Type", "application/x-www-form-urlencoded")]
    with installed(tmp_path) as it:
        asked = 2 * FAILURES_PER_MINUTE + 1
        answers = [it.ask("POST", "/site/login", form, content=b"key=ap_x") for _ in range(asked)]
        assert {answer.status_code for answer in answers} == {401, 429}
        refused = sum(answer.status_code == 401 for answer in answers)
        assert it.audit.count("refused: the key is unknown") == refused < asked
        right = it.ask("POST", "/site/login", form, content=b"key=" + it.keys["read"].encode())
        assert right.status_code == 303


def test_strangers_are_counted_by_address(tmp_path: Path) -> None:
    with installed(tmp_path, reads_per_minute=5) as it:
        assert {it.get("/ready").status_code for _ in range(11)} == {200, 429}
        assert it.get("/tables", "read").status_code == 200


def test_an_open_server_counts_nobody(tmp_path: Path) -> None:
    with installed(tmp_path, access="open", reads_per_minute=1, actions_per_minute=1) as it:
        assert {it.get("/tables").status_code for _ in range(5)} == {200}


def test_callers_are_counted_apart() -> None:
    rates = Rates(reads=1, actions=1)
    first = [rates.wait("reads", "desk") for _ in range(3)]
    assert first[0] is None
    assert any(seconds is not None and 1 <= seconds <= 60 for seconds in first[1:])
    assert rates.wait("reads", "other") is None
    assert rates.wait("actions", "desk") is None


def test_a_house_is_one_caller_however_many_addresses_it_has() -> None:
    assert caller_at("2001:db8::1") == caller_at("2001:db8::ffff:1") != caller_at("2001:db8:0:1::1")
    assert caller_at("::ffff:10.0.0.1") == caller_at("10.0.0.1") != caller_at("10.0.0.2")
    assert caller_at("a name") == "unknown"


def test_counts_of_a_minute_ago_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = Rates(reads=1, actions=1)
    counts = rates._counts  # noqa: SLF001 - what it holds is told nowhere else
    for number in range(100):
        rates.wait("strangers", f"10.0.0.{number}")
    assert len(counts.storage) == 100
    later = time.time() + 121
    monkeypatch.setattr(time, "time", lambda: later)
    assert rates.wait("strangers", "10.0.0.1") is None
    assert len(counts.storage) == len(counts.expirations) == 1
