"""The HTTP application over a real published extract."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from analytics_platform.api.app import create_app
from analytics_platform_tests.integration.conftest import Demo

LOCAL = "http://127.0.0.1"


@pytest.fixture(scope="module")
def client(demo: Demo) -> TestClient:
    return TestClient(create_app(demo.at.settings.serving, demo.at.settings.pages), base_url=LOCAL)


def test_the_application_is_ready_once_something_is_published(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").status_code == 200
    empty = TestClient(create_app(tmp_path / "serving", tmp_path / "pages"), base_url=LOCAL)
    assert empty.get("/health").status_code == 200
    assert empty.get("/ready").status_code == 503
    assert empty.get("/metrics/most-volatile").status_code == 503


def test_the_average_daily_return_has_one_row_a_session(client: TestClient) -> None:
    dates = {"from_date": "2013-02-25", "to_date": "2013-03-01"}
    rows = client.get("/metrics/average-daily-return", params=dates).json()
    assert [row["business_date"] for row in rows] == [f"2013-02-{day}" for day in (25, 26, 27, 28)] + [
        "2013-03-01"
    ]
    assert rows == client.get("/metrics/daily-average-return", params=dates).json()


@pytest.mark.parametrize(
    "dates",
    [
        pytest.param({"from_date": "2024-99-99", "to_date": "2024-01-01"}, id="no such date"),
        pytest.param({"from_date": "2013-03-01", "to_date": "2013-02-01"}, id="reversed"),
        pytest.param({"from_date": "2013-03-01"}, id="one is missing"),
        pytest.param({"from_date": "'; drop table x", "to_date": "2013-02-01"}, id="hostile"),
    ],
)
def test_impossible_dates_are_refused(client: TestClient, dates: dict[str, str]) -> None:
    assert client.get("/metrics/average-daily-return", params=dates).status_code == 422


def test_the_stock_metrics_show_adjusted_and_raw(client: TestClient) -> None:
    volatile = client.get("/metrics/most-volatile").json()
    assert volatile["instrument_id"].startswith("EQ_")
    adjusted = [
        name for name in volatile if name.endswith("_volatility_rate") and not name.startswith("raw_")
    ]
    assert adjusted == ["daily_volatility_rate", "annualised_volatility_rate"]
    assert all(volatile[f"raw_{name}"] > 0 for name in adjusted)
    assert client.get("/metrics/most-valuable-day").status_code == 200


def test_a_load_balancer_asks_for_the_health_by_an_address(client: TestClient) -> None:
    assert client.get("/health", headers={"host": "10.42.7.9:8000"}).status_code == 200
    assert client.get("/ready", headers={"host": "10.42.7.9:8000"}).status_code == 400


def test_a_foreign_host_is_refused(client: TestClient) -> None:
    assert client.get("/metrics/most-volatile", headers={"Host": "evil.example"}).status_code == 400


def test_the_pages_are_served(client: TestClient) -> None:
    assert "GLOBAL" in client.get("/").text
    assert client.get("/pages/../../ledger.sqlite").status_code == 404
