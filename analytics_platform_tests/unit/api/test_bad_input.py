"""What cannot be asked: refused with a problem that names the field, never with a failure."""

from base64 import b64decode, urlsafe_b64encode

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.api.catalogue import ENDPOINTS
from analytics_platform.api.selection import LARGEST_PAGE
from analytics_platform_tests.unit.api.extracts import LOCAL

BEYOND = "9" * 400


@pytest.mark.parametrize(
    ("address", "status", "field"),
    [
        ("/positions?as_of=2024-99-99", 422, "as_of"),
        ("/positions?as_of=20130301", 422, "as_of"),
        ("/positions?as_of=2013-W09-5", 422, "as_of"),
        ("/positions?as_of=", 422, "as_of"),
        ("/positions?as_of=2013-03-02", 404, "as_of"),
        ("/positions?as_of=0001-01-01", 404, "as_of"),
        ("/positions?as_of=2013-03-01&as_of=2013-02-28", 422, "as_of"),
        ("/positions?as_of=2013-03-01&from_date=2013-03-01", 422, "as_of"),
        ("/positions?from_date=2013-03-01&to_date=2013-02-28", 422, "from_date"),
        ("/positions?as_known_at=0001-01-01T00:00:00%2B23:00", 422, "as_known_at"),
        ("/positions?as_known_at=9999-12-31T23:59:59-23:00", 422, "as_known_at"),
        ("/positions?as_known_at=2013-03-01", 422, "as_known_at"),
        ("/positions?as_known_at=2013-03-01T00:00:00Z", 404, "as_known_at"),
        ("/positions?portfolio_id=NOBODY", 404, "portfolio_id"),
        ("/positions?portfolio_id=GLOBAL&portfolio_id=NOBODY", 404, "portfolio_id"),
        ("/positions?portfolio_id=%00", 404, "portfolio_id"),
        ("/positions?portfolio_id=%ff%fe", 404, "portfolio_id"),
        ("/positions?portfolio_id=' or 1=1 --", 404, "portfolio_id"),
        ("/positions?portfolio_id=", 422, "portfolio_id"),
        (f"/positions?portfolio_id={BEYOND}", 422, "portfolio_id"),
        ("/positions?currency=USD", 404, "currency"),
        ("/risk?confidence=high", 422, "confidence"),
        ("/risk?confidence=nan", 422, "confidence"),
        ("/risk?confidence=1e400", 422, "confidence"),
        ("/risk?confidence=0.5", 404, "confidence"),
        ("/reconciliation?is_over_tolerance=maybe", 422, "is_over_tolerance"),
        ("/positions?limit=0", 422, "limit"),
        ("/positions?limit=-1", 422, "limit"),
        (f"/positions?limit={LARGEST_PAGE + 1}", 422, "limit"),
        (f"/positions?limit={BEYOND}", 422, "limit"),
        ("/positions?limit=%D9%A3", 422, "limit"),
        ("/positions?limit=1.5", 422, "limit"),
        ("/positions?fields=secret", 422, "fields"),
        ("/positions?fields=__row__", 422, "fields"),
        ("/positions?fields=,", 422, "fields"),
        ("/positions?cursor=zzz", 422, "cursor"),
        ("/positions?cursor=%C3%A9", 422, "cursor"),
        ("/positions?cursor=Li4vLi4vY3VycmVudHwwfDA=", 422, "cursor"),
        ("/positions?format=xlsx", 422, "format"),
        ("/positions?portfolio=GLOBAL", 422, "portfolio"),
        ("/positions?" + "&".join(f"portfolio_id={n}" for n in range(200)), 422, "query"),
        ("/rejections?as_of=2013-03-01", 422, "as_of"),
        ("/metrics/most-volatile?as_of=2013-03-01", 422, "as_of"),
        ("/metrics/average-daily-return?from_date=2013-03-01", 422, "to_date"),
        ("/metrics/average-daily-return?from_date=2024-99-99&to_date=2024-01-01", 422, "from_date"),
        ("/metrics/average-daily-return?from_date=2013-03-01&to_date=2013-02-01", 422, "from_date"),
        ("/health?verbose=1", 422, "verbose"),
        ("/ready?as_known_at=now", 422, "as_known_at"),
    ],
)
def test_a_problem_names_the_field(published: TestClient, address: str, status: int, field: str) -> None:
    answer = published.get(address)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (status, field)
    assert problem["status"] == status
    assert problem["instance"] == address.partition("?")[0]


@pytest.mark.parametrize("name", ["../current", "/etc/passwd", "", "20990101T000000000Z_x"])
def test_a_forged_cursor_reads_no_other_file(published: TestClient, name: str) -> None:
    own = published.get("/positions?limit=1").json()["next_cursor"]
    _, offset, digest = b64decode(own).decode().split("|")
    forged = urlsafe_b64encode(f"{name}|{offset}|{digest}".encode()).decode()
    answer = published.get("/positions", params={"limit": 1, "cursor": forged})
    assert (answer.status_code, answer.json()["field"]) == (404, "cursor")
    assert "is not kept any longer" in answer.json()["detail"]


def test_a_format_that_is_not_there_is_not_acceptable(published: TestClient) -> None:
    answer = published.get("/positions", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["field"]) == (406, "Accept")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("LOCALHOST", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("127.0.0.1@evil.example", 400),
        ("127.0.0.1:80:80", 400),
        ("", 400),
    ],
)
def test_a_foreign_host_is_refused(published: TestClient, host: str, status: int) -> None:
    answer = published.get("/ready", headers={"Host": host})
    assert answer.status_code == status
    assert status == 200 or answer.json()["field"] == "Host"


@pytest.mark.parametrize("path", ["/nothing", "/positions/GLOBAL", "/pages/nothing.html", "/internal"])
def test_what_is_not_there_is_a_problem_too(published: TestClient, path: str) -> None:
    answer = published.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_readings_are_only_read(published: TestClient, method: str) -> None:
    answer = published.request(method, "/positions")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert answer.headers["allow"] == "GET"


@given(
    path=st.sampled_from([endpoint.path for endpoint in ENDPOINTS]),
    name=st.sampled_from(["as_of", "from_date", "as_known_at", "portfolio_id", "limit", "cursor", "fields"]),
    value=st.text(max_size=40) | st.dates().map(str) | st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
)
def test_no_text_makes_the_server_fail(published: TestClient, path: str, name: str, value: str) -> None:
    answer = published.get(path, params={name: value})
    assert answer.status_code in {200, 404, 422}
    assert answer.status_code == 200 or answer.json()["detail"]


@given(query=st.binary(max_size=60))
def test_no_bytes_make_the_server_fail(published: TestClient, query: bytes) -> None:
    answer = published.get(f"{LOCAL}/positions?{query.hex('%', 1)}" if query else "/positions")
    assert answer.status_code in {200, 404, 422}
