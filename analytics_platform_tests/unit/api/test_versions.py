"""The HTTP application over versions: what was published at a moment, from memory."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from analytics_platform.api.app import VERSION_HEADER, create_app
from analytics_platform.calendars.moments import written
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.storage.published.versions import Version

ROUTES = (
    "/ready",
    "/metrics/most-valuable-day",
    "/metrics/most-volatile",
    "/metrics/average-daily-return?from_date=2013-02-01&to_date=2013-03-01",
    "/metrics/daily-average-return?from_date=2013-02-01&to_date=2013-03-01",
)
KNOWN_AT = datetime(2013, 3, 1, 21, tzinfo=UTC)


def _publish(store: ServingStore, number: int) -> Version:
    names = pl.DataFrame({"instrument_id": ["B", "A"], "value_rank": [2, 1], "volatility_rank": [1, 2]})
    day = pl.DataFrame(
        {"business_date": [date(2013, 2, 28)], "value_rank": [1], "average_return_pct": [number]}
    )
    tables = {
        "average_daily_returns": day,
        "most_valuable_days": day,
        "most_valuable_stocks": names,
        "stock_volatilities": names,
    }
    return store.publish(tables, run_id=f"run-{number}", known_at=KNOWN_AT, code_version="1")


@pytest.fixture
def store(tmp_path: Path) -> ServingStore:
    return ServingStore(tmp_path / "serving")


@pytest.fixture
def client(store: ServingStore, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(store.root, tmp_path / "pages"), base_url="http://127.0.0.1") as made:
        yield made


def _timeless(answer: Response) -> object:
    """Return what an answer holds but for its age."""
    held = answer.json()
    return {**held, "age_seconds": None} if isinstance(held, dict) else held


def _with(route: str, moment: str) -> str:
    return f"{route}{'&' if '?' in route else '?'}as_known_at={moment}"


def test_every_route_answers_from_the_version_of_the_moment(client: TestClient, store: ServingStore) -> None:
    versions = [_publish(store, number) for number in (1, 2)]
    for route in ROUTES:
        now, *then = (
            client.get(address)
            for address in (route, *(_with(route, written(version.published_at)) for version in versions))
        )
        assert [answer.headers[VERSION_HEADER] for answer in then] == [each.name for each in versions]
        assert _timeless(now) == _timeless(then[1])
    dates = "from_date=2013-02-01&to_date=2013-03-01"
    first = client.get(
        f"/metrics/average-daily-return?{dates}&as_known_at={written(versions[0].published_at)}"
    )
    assert [row["average_return_pct"] for row in first.json()] == [1]


@pytest.mark.parametrize("route", ROUTES)
def test_a_moment_before_the_first_version_is_not_found(
    client: TestClient, store: ServingStore, route: str
) -> None:
    first = _publish(store, 1)
    answer = client.get(_with(route, written(first.published_at - timedelta(milliseconds=1))))
    assert answer.status_code == 404
    assert "the first version is of" in answer.json()["detail"]


@pytest.mark.parametrize("moment", ["yesterday", "2013-03-01T18:00:00", "'; drop table x"])
def test_a_moment_that_cannot_be_read_is_refused(
    client: TestClient, store: ServingStore, moment: str
) -> None:
    _publish(store, 1)
    answer = client.get(_with("/metrics/most-volatile", moment))
    assert answer.status_code == 422
    assert moment in answer.json()["detail"]


def test_nothing_published_is_not_ready(client: TestClient) -> None:
    for route in ROUTES:
        assert client.get(route).status_code == 503
    assert client.get(_with("/ready", "2013-03-01T18:00:00Z")).status_code == 404


def test_a_version_is_read_from_disk_once(client: TestClient, store: ServingStore) -> None:
    _publish(store, 1)
    before = [_timeless(client.get(route)) for route in ROUTES]
    shutil.rmtree(store.root / "objects")
    shutil.rmtree(store.root / "versions")
    assert [_timeless(client.get(route)) for route in ROUTES] == before


def test_a_new_version_is_seen_at_once(client: TestClient, store: ServingStore) -> None:
    for number in (1, 2, 3):
        version = _publish(store, number)
        assert client.get("/ready").json()["version"] == version.name


def test_the_first_is_the_first_by_rank(client: TestClient, store: ServingStore) -> None:
    _publish(store, 1)
    assert client.get("/metrics/most-volatile").json()["instrument_id"] == "B"
    assert client.get("/metrics/most-valuable-day").json()["instrument_id"] == "A"
