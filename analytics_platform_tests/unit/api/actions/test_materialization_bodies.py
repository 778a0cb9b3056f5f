"""What cannot be asked for: refused with a problem that names the field, before anything is kept."""

import json
from datetime import date

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.api.actions.asks import FIELDS, MaterializationAsk, parse_ask
from analytics_platform_tests.unit.api.actions.installed import Installed

GOOD = '{"job": "analytics", "session": "2013-03-01"}'
LONG = "x" * 300


def _post(at: Installed, body: str | bytes, **headers: str) -> httpx2.Response:
    given_ = {"Content-Type": "application/json", "Idempotency-Key": "k", **headers}
    return at.client.post("/materializations", content=body, headers=given_)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body"),
        ("{", "body"),
        ("[]", "body"),
        ('"analytics"', "body"),
        ("[" * 50_000, "body"),
        (b"\xff\xfe", "body"),
        ('{"job": "analytics", "job": "ingest", "session": "2013-03-01"}', "body"),
        ("{}", "from"),
        ('{"job": "analytics"}', "from"),
        ('{"job": "analytics", "from": "2013-03-01"}', "to"),
        ('{"job": "analytics", "session": "2013-03-01", "to": "2013-03-01"}', "session"),
        ('{"job": "analytics", "session": "2024-99-99"}', "session"),
        ('{"job": "analytics", "session": "20130301"}', "session"),
        ('{"job": "analytics", "session": 20130301}', "session"),
        ('{"job": "analytics", "session": null}', "session"),
        ('{"job": "analytics", "session": "2013-03-02"}', "session"),
        ('{"job": "analytics", "session": "0001-01-01"}', "session"),
        ('{"job": "analytics", "from": "2013-03-01", "to": "2013-02-28"}', "from"),
        ('{"job": "analytics", "from": "2013-03-02", "to": "2013-03-04"}', "from"),
        ('{"job": "analytics", "from": "2013-03-01", "to": "2013-03-03"}', "to"),
        ('{"job": "analytics", "from": "2003-01-02", "to": "2013-03-01"}', "to"),
        ('{"session": "2013-03-01"}', "job"),
        ('{"job": "analytics", "assets": ["lake/prices"], "session": "2013-03-01"}', "job"),
        ('{"job": "", "session": "2013-03-01"}', "job"),
        ('{"job": ["analytics"], "session": "2013-03-01"}', "job"),
        ('{"job": "a\\u0000b", "session": "2013-03-01"}', "job"),
        ('{"job": "\\ud800", "session": "2013-03-01"}', "job"),
        (f'{{"job": "{LONG}", "session": "2013-03-01"}}', "job"),
        ('{"assets": [], "session": "2013-03-01"}', "assets"),
        ('{"assets": "lake/prices", "session": "2013-03-01"}', "assets"),
        ('{"assets": [1], "session": "2013-03-01"}', "assets"),
        (f'{{"assets": {["a"] * 201}, "session": "2013-03-01"}}'.replace("'", '"'), "assets"),
        ('{"job": "analytics", "session": "2013-03-01", "config": {}}', "config"),
    ],
)
def test_a_problem_names_the_field(shared: Installed, body: str | bytes, field: str) -> None:
    answer = _post(shared, body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert shared.client.get("/materializations").json()["requests"] == []


def test_a_day_that_is_no_session_is_told_the_sessions_around_it(shared: Installed) -> None:
    problem = _post(shared, GOOD.replace("03-01", "03-02")).json()
    assert "2013-03-02 is no trading day of XNYS" in problem["detail"]
    assert "2013-03-01 and 2013-03-04" in problem["detail"]


@pytest.mark.parametrize("key", ["", " ", "x" * 129, "caf\u00e9", "a\tb", "trailing ", "\x7f"], ids=ascii)
def test_an_idempotency_key_is_short_and_printable(shared: Installed, key: str) -> None:
    headers = [(b"Content-Type", b"application/json"), (b"Idempotency-Key", key.encode("latin-1"))]
    answer = shared.client.post("/materializations", content=GOOD, headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")


def test_an_idempotency_key_is_given_once(shared: Installed) -> None:
    headers = [("Content-Type", "application/json")]
    for keys in ([], ["a", "b"]):
        with_keys = [*headers, *(("Idempotency-Key", key) for key in keys)]
        answer = shared.client.post("/materializations", content=GOOD, headers=with_keys)
        assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")


@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "text/json", ""],
)
def test_what_a_form_of_another_page_can_send_is_refused(shared: Installed, kind: str) -> None:
    answer = _post(shared, GOOD, **{"Content-Type": kind})
    assert (answer.status_code, answer.json()["field"]) == (415, "Content-Type")


def test_a_long_body_is_refused(shared: Installed) -> None:
    answer = _post(shared, b" " * (64 * 1024) + GOOD.encode())
    assert (answer.status_code, answer.json()["field"]) == (413, "body")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/materializations?limit=0", 422),
        ("GET", "/materializations?limit=101", 422),
        ("GET", "/materializations?cursor=../x", 422),
        ("GET", "/materializations?cursor=" + "0" * 32, 422),
        ("GET", "/materializations?state=queued", 422),
        ("GET", "/materializations/" + "0" * 32, 404),
        ("GET", "/materializations/..%2f..%2fledger", 404),
        ("GET", "/materializations/%00", 404),
        ("GET", "/materializations/" + "0" * 32 + "?x=1", 422),
        ("POST", "/materializations/" + "0" * 32 + "/cancel", 404),
        ("DELETE", "/materializations", 405),
    ],
)
def test_what_is_not_there_is_a_problem(shared: Installed, method: str, path: str, status: int) -> None:
    answer = shared.client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), _VALUES, max_size=4))
def test_no_body_makes_the_server_fail(shared: Installed, body: dict[str, object]) -> None:
    answer = _post(shared, json.dumps(body))
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_body_means_the_same_however_it_is_written() -> None:
    day = date(2013, 3, 1)
    by_session = parse_ask({"assets": ["lake/prices", "lake/fx_rates"], "session": "2013-03-01"})
    by_range = parse_ask(
        {"assets": ["lake/fx_rates", "lake/prices", "lake/prices"], "from": "2013-03-01", "to": "2013-03-01"}
    )
    assert by_session == by_range == MaterializationAsk(None, ("lake/fx_rates", "lake/prices"), day, day)
    assert by_session.fingerprint == by_range.fingerprint
    others = [
        parse_ask({"assets": ["lake/fx_rates"], "session": "2013-03-01"}),
        parse_ask({"job": "lake/fx_rates", "session": "2013-03-01"}),
        parse_ask({"assets": ["lake/fx_rates"], "session": "2013-02-28"}),
        parse_ask({"assets": ["lake/fx_rates"], "from": "2013-02-28", "to": "2013-03-01"}),
    ]
    assert len({each.fingerprint for each in others}) == len(others)
