"""Figures of the server: what they count, and who may see them."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from analytics_platform.api.app import Surroundings, create_app
from analytics_platform.api.backlog import waiting_of
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.storage.landing.object_versions import ObjectVersion
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.unit.api.extracts import LOCAL, SESSIONS, client_of, publish

FIGURES = "/internal/metrics"


def _figure(client: TestClient, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", client.get(FIGURES).text, re.MULTILINE)
    assert found, name
    return float(found[1])


def test_requests_and_rows_are_counted_by_route(store: ServingStore, tmp_path: Path) -> None:
    publish(store)
    client = client_of(store, tmp_path)
    tag = client.get("/positions?portfolio_id=GLOBAL").headers["etag"]
    client.get("/positions?portfolio_id=GLOBAL", headers={"If-None-Match": tag})
    client.get("/positions?portfolio_id=NOBODY")
    client.get("/nothing/here")
    of = 'analytics_request_seconds_count{route="%s",status="%d"}'
    assert _figure(client, of % ("/positions", 200)) == 1
    assert _figure(client, of % ("/positions", 304)) == 1
    assert _figure(client, of % ("/positions", 404)) == 1
    assert _figure(client, of % ("unknown", 404)) == 1
    assert _figure(client, 'analytics_rows_served_total{route="/positions"}') == 3


def test_age_rejections_and_the_newest_session_are_told(store: ServingStore, tmp_path: Path) -> None:
    client = client_of(store, tmp_path)
    assert _figure(client, "analytics_rejected_rows") == 0
    version = publish(store)
    assert _figure(client, "analytics_rejected_rows") == 7
    midnight = datetime(SESSIONS[-1].year, SESSIONS[-1].month, SESSIONS[-1].day, tzinfo=UTC)
    assert _figure(client, "analytics_newest_session_timestamp_seconds") == midnight.timestamp()
    oldest = (datetime.now(UTC) - version.published_at).total_seconds()
    assert 0 < _figure(client, "analytics_published_age_seconds") <= oldest + 5


def test_the_oldest_waiting_file_is_that_of_the_ledger(store: ServingStore, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    client = client_of(store, tmp_path, Surroundings(waiting=waiting_of(url)))
    assert _figure(client, "analytics_oldest_waiting_seconds") == 0
    put = datetime.now(UTC) - timedelta(hours=1)
    ledger = Ledger(url)
    for minutes, key in ((0, "positions/desk_2013-03-01.csv"), (30, "positions/desk_2013-02-28.csv")):
        version = ObjectVersion(put + timedelta(minutes=minutes), key, "v1", 10)
        assert ledger.observe(version, parse_file_name(key, put.date()))
    ledger.close()
    assert 3600 <= _figure(client, "analytics_oldest_waiting_seconds") < 3700


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 404),
        ("unknown", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=10.0.0.7"}, 404),
    ],
)
def test_figures_are_for_this_machine_only(
    tmp_path: Path, host: str, headers: dict[str, str], status: int
) -> None:
    app = create_app(tmp_path / "serving", tmp_path / "pages")
    client = TestClient(app, base_url=LOCAL, client=(host, 1))
    assert client.get(FIGURES, headers=headers).status_code == status
    opened = create_app(tmp_path / "serving", tmp_path / "pages", Surroundings(are_figures_open=True))
    assert TestClient(opened, base_url=LOCAL, client=(host, 1)).get(FIGURES).status_code == 200
