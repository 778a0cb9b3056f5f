"""Rows of the published tables: the right ones, all of them, from one version."""

from datetime import date
from decimal import Decimal
from json import loads
from pathlib import Path

import polars as pl
import pytest
from fastapi.testclient import TestClient

from analytics_platform.api.answers import VERSION_HEADER
from analytics_platform.api.catalogue import ENDPOINTS
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.unit.api.extracts import SESSIONS, client_of, publish, tables


def _rows(client: TestClient, address: str) -> list[dict[str, object]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, object]] = answer.json()["data"]
    return rows


def test_the_newest_session_is_shown_unless_another_is_asked_for(published: TestClient) -> None:
    newest = _rows(published, "/positions")
    assert {row["business_date"] for row in newest} == {"2013-03-01"}
    assert len(newest) == 6
    assert newest == _rows(published, "/positions?as_of=2013-03-01")
    assert {row["business_date"] for row in _rows(published, "/positions?as_of=2013-01-31")} == {"2013-01-31"}


def test_numbers_keep_all_their_digits(published: TestClient) -> None:
    text = published.get("/positions?portfolio_id=GLOBAL").text
    rows = loads(text, parse_float=Decimal, parse_int=Decimal)["data"]
    expected = tables()["positions"].filter(portfolio_id="GLOBAL", business_date=SESSIONS[-1])
    assert [row["market_value_base"] for row in rows] == expected["market_value_base"].to_list()
    assert [row["weight_rate"] for row in rows] == expected["weight_rate"].to_list()


def test_a_range_holds_every_session_between(published: TestClient) -> None:
    rows = _rows(published, "/positions?from_date=2013-02-01&to_date=2013-03-01&portfolio_id=GLOBAL")
    assert [row["business_date"] for row in rows] == ["2013-02-28"] * 3 + ["2013-03-01"] * 3
    assert _rows(published, "/positions?to_date=2013-01-30") == []
    assert len(_rows(published, "/positions?from_date=2013-02-28")) == 12


def test_filters_choose_rows_and_may_name_several_values(published: TestClient) -> None:
    rows = _rows(published, "/positions?instrument_id=EQ_A&instrument_id=BOND&portfolio_id=GLOBAL")
    assert [row["instrument_id"] for row in rows] == ["BOND", "EQ_A"]
    risks = _rows(published, "/risk?confidence=0.975&portfolio_id=GLOBAL")
    assert [(row["confidence"], row["value"]) for row in risks] == [(0.975, pytest.approx(1 / 3, rel=1e-15))]


def test_no_number_is_null_and_never_nan(published: TestClient) -> None:
    rows = _rows(published, "/risk?confidence=0.95")
    assert [row["value"] for row in rows] == [None, None]


def test_only_the_fields_asked_for_are_shown_in_their_order(published: TestClient) -> None:
    rows = _rows(published, "/positions?fields=instrument_id,business_date&limit=1")
    assert [list(row) for row in rows] == [["instrument_id", "business_date"]]


def test_units_are_told(published: TestClient) -> None:
    units = published.get("/positions").json()["units"]
    assert units == {
        "market_value_base": "money in the base currency of the portfolio",
        "weight_rate": "a decimal: 0.05 is 5 %",
    }


@pytest.mark.parametrize("limit", [1, 4, 5, 17, 18, 19])
def test_pages_together_are_the_whole_table(published: TestClient, limit: int) -> None:
    whole = _rows(published, "/positions?from_date=2013-01-01")
    address = f"/positions?from_date=2013-01-01&limit={limit}"
    pages: list[dict[str, object]] = []
    following = address
    while following:
        answer = published.get(following).json()
        assert (answer["total"], answer["count"]) == (18, len(answer["data"]))
        pages += answer["data"]
        cursor = answer["next_cursor"]
        following = f"{address}&cursor={cursor}" if cursor else ""
    assert pages == whole
    assert len(whole) == 18


def test_all_pages_come_from_the_version_of_the_first(store: ServingStore, tmp_path: Path) -> None:
    client = client_of(store, tmp_path)
    first = publish(store, 1)
    page = client.get("/positions?limit=4").json()
    publish(store, 2)
    rest = client.get(f"/positions?limit=4&cursor={page['next_cursor']}")
    assert rest.headers[VERSION_HEADER] == first.name
    assert page["data"] + rest.json()["data"] == _rows(
        client, f"/positions?as_known_at={first.published_at.isoformat().replace('+', '%2B')}"
    )


def test_a_cursor_holds_for_its_own_question_only(published: TestClient) -> None:
    cursor = published.get("/positions?limit=1").json()["next_cursor"]
    for other in ("/positions?portfolio_id=GLOBAL", "/portfolios?limit=1"):
        answer = published.get(f"{other}&cursor={cursor}")
        assert (answer.status_code, answer.json()["field"]) == (422, "cursor")


def test_no_row_of_a_sparse_table_is_good_news_for_a_known_portfolio(published: TestClient) -> None:
    newest = published.get("/reconciliation").json()
    assert (newest["as_of"], newest["data"]) == ("2013-03-01", [])
    assert len(_rows(published, "/reconciliation?as_of=2013-01-31")) == 1
    assert _rows(published, "/reconciliation?as_of=2013-01-31&portfolio_id=EQUITY") == []
    assert published.get("/reconciliation?portfolio_id=NOBODY").status_code == 404
    assert published.get("/reconciliation?as_of=2013-03-02").status_code == 404


@pytest.mark.parametrize(
    ("as_of", "ids"),
    [("2013-01-31", ["d2", "d1"]), ("2013-02-14", ["d2", "d1"]), ("2013-03-01", ["d2"])],
)
def test_deliveries_are_those_that_cover_the_date(published: TestClient, as_of: str, ids: list[str]) -> None:
    assert [row["delivery_id"] for row in _rows(published, f"/deliveries?as_of={as_of}")] == ids
    assert len(_rows(published, "/deliveries")) == 2


def test_moments_are_written_in_utc(published: TestClient) -> None:
    assert _rows(published, "/deliveries")[0]["known_at"] == "2013-03-01T21:00:00.000000Z"


def test_a_table_that_a_version_lacks_is_not_found_and_the_cure_is_told(published: TestClient) -> None:
    answer = published.get("/limits")
    assert answer.status_code == 404
    assert "was published without limit_utilisation" in answer.json()["detail"]
    assert "analytics backfill" in answer.json()["detail"]


def test_the_list_of_tables_tells_what_is_published(published: TestClient) -> None:
    listed = {row["path"]: (row["is_published"], row["rows"]) for row in published.get("/tables").json()}
    assert len(listed) == len(ENDPOINTS)
    assert listed["/positions"] == (True, 18)
    assert listed["/limits"] == (False, 0)


def test_a_day_is_told_apart_from_the_stock_beside_it(published: TestClient) -> None:
    assert published.get("/metrics/most-valuable-day").json() == {
        "business_date": "2013-02-28",
        "mean_value_traded_usd": 30.0,
        "raw_mean_value_traded_usd": 30.0,
        "n_stocks": 2,
        "value_rank": 1,
        "instrument_id": "EQ_B",
        "ticker": "B",
        "stock_mean_value_traded_usd": 7.0,
        "stock_value_rank": 1,
    }


def test_average_daily_returns_are_those_of_the_range(published: TestClient) -> None:
    answer = published.get("/metrics/average-daily-return?from_date=2013-02-01&to_date=2013-03-01")
    assert answer.json() == [
        {"business_date": "2013-02-28", "average_return_pct": -0.25, "raw_average_return_pct": -50.1234},
        {"business_date": "2013-03-01", "average_return_pct": None, "raw_average_return_pct": None},
    ]


def test_parquet_holds_the_very_rows(published: TestClient) -> None:
    content = published.get("/positions?from_date=2013-01-01&format=parquet").content
    expected = tables()["positions"].sort("business_date", "portfolio_id", "instrument_id")
    assert pl.read_parquet(content).equals(expected)
    assert pl.read_parquet(content)["business_date"].max() == date(2013, 3, 1)
