"""Versions change under readers: each answer is of one version, and objects are shared and bounded."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from analytics_platform.api.answers import VERSION_HEADER
from analytics_platform.api.partitions import Partition
from analytics_platform.api.published import PublishedTables
from analytics_platform.api.warming import warm
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.storage.published.versions import Version
from analytics_platform_tests.unit.api.extracts import SESSIONS, client_of, publish, tables

VERSIONS = 12


@contextmanager
def _publishing(store: ServingStore) -> Iterator[None]:
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(lambda: [publish(store, number) for number in range(2, VERSIONS + 1)])
        yield
        done.result()


def test_an_answer_is_never_a_mix_of_two_versions(store: ServingStore, tmp_path: Path) -> None:
    publish(store, 1)
    with client_of(store, tmp_path) as client:
        assert client.get("/portfolios").json()["version"].endswith("run-1")
        seen = [1]
        with _publishing(store):
            while seen[-1] < VERSIONS:
                answer = client.get("/portfolios?from_date=2013-01-01")
                held = answer.json()
                number = int(held["version"].partition("run-")[2])
                assert held["version"] == answer.headers[VERSION_HEADER]
                assert {row["nav_base"] for row in held["data"]} == {number * 1000}
                seen.append(number)
    assert seen == sorted(seen)


class _Counting(ServingStore):
    """Counts what is read from disk."""

    def table(self, version: Version, name: str, *, month_of: date | None = None) -> pl.DataFrame:
        reads.append(name)
        return super().table(version, name, month_of=month_of)


reads: list[str] = []


@pytest.fixture
def counting(store: ServingStore) -> _Counting:
    reads.clear()
    return _Counting(store.root)


def test_objects_that_two_versions_share_are_read_once(counting: _Counting) -> None:
    held = PublishedTables(counting)
    for number in (1, 2):
        publish(counting, number)
        version = held.at(None)
        for name in ("positions", "deliveries"):
            held.partitions(version, name)
    assert reads.count("deliveries") == 1
    assert reads.count("positions") == 6


def test_only_the_months_of_a_range_are_read(counting: _Counting) -> None:
    publish(counting)
    held = PublishedTables(counting)
    held.partitions(held.at(None), "positions", (SESSIONS[1], SESSIONS[1]))
    assert reads == ["positions"]


def test_warming_reads_the_newest_session_of_all_tables(counting: _Counting) -> None:
    version = publish(counting)
    held = PublishedTables(counting)
    assert warm(held) == version.name
    assert sorted(reads) == [
        "deliveries",
        "portfolio_risk",
        "positions",
        "reconciliation_breaks",
        "risk_metrics",
    ]


def test_a_damaged_object_is_told_without_its_path(store: ServingStore, tmp_path: Path) -> None:
    publish(store)
    for found in (store.root / "objects").iterdir():
        found.write_bytes(b"damaged")
    with client_of(store, tmp_path) as client:
        answer = client.get("/positions")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert "damaged" in answer.json()["detail"]
        assert str(tmp_path) not in answer.text
        assert client.get("/health").status_code == 200


def test_memory_is_bounded(counting: _Counting) -> None:
    publish(counting)
    one_month = Partition.of(tables()["positions"].head(6), ()).size
    held = PublishedTables(counting, largest_memory=2 * one_month + one_month // 2)
    for _ in range(2):
        assert sum(each.rows.height for each in held.partitions(held.at(None), "positions")) == 18
    assert reads == ["positions"] * 6
    assert len(held.partitions(held.at(None), "positions", (SESSIONS[2], SESSIONS[2]))) == 1
    assert len(reads) == 6


def test_a_session_is_encoded_once_and_alone() -> None:
    partition = Partition.of(tables()["positions"], ("portfolio_id", "instrument_id"))
    before = partition.size
    rows = partition.of_session(SESSIONS[1])
    first = partition.encoded(rows)
    grown = partition.size
    assert [id(row) for row in partition.encoded(rows)] == [id(row) for row in first]
    assert before < grown == partition.size
    assert len(partition.encoded(partition.rows)) == 18
    assert partition.size > grown
