"""The forms: what is sent reaches the services, what is refused is told beside the form."""

import re

import pytest
from httpx2 import Response

from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform_tests.unit.api.site.furnished import SCOPES_HEADER, SESSION, Furnished
from analytics_platform_tests.unit.api.site.page_text import text_of

PRICES = f"prices/vendor_{SESSION}.csv"
CSV = b"Ticker,Date,Close\nIBM,03/01/2013,202.91\n"


def _send(site: Furnished, name: str, content: bytes = CSV, dataset: str = "prices") -> Response:
    files = {"file": (name, content, "text/csv")}
    return site.client.post("/site/uploads", data={"dataset": dataset}, files=files)


def test_a_file_that_is_sent_lands_and_its_page_follows_it(empty: Furnished) -> None:
    name = f"exchange_{SESSION}.csv"
    landed = _send(empty, name)
    assert landed.status_code == 303, text_of(landed.text)
    page = empty.client.get(landed.headers["location"])
    text = text_of(page.text)
    assert (page.status_code, "waiting" in text) == (200, True)
    assert 'http-equiv="refresh"' in page.text
    assert f"/site/actions?from={SESSION}&amp;to={SESSION}#materialize" in page.text
    assert (empty.of.home / "landing" / "prices" / name).read_bytes() == CSV


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("exchange_2013-02-30.csv", CSV, id="no date"),
        pytest.param(f"../exchange_{SESSION}.csv/..", CSV, id="way up"),
        pytest.param(f"exchange_{SESSION}.xlsx", CSV, id="not its format"),
    ],
)
def test_a_refused_file_is_not_landed_and_the_form_tells_why(
    empty: Furnished, name: str, content: bytes
) -> None:
    refused = _send(empty, name, content)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "text/html; charset=utf-8"
    assert "Not landed." in text_of(refused.text)
    assert not list((empty.of.home / "landing").rglob("*.csv"))
    assert Ledger(empty.of.ledger_url).entries() == []


def test_the_page_of_the_forms_tells_that_dagster_is_away(empty: Furnished) -> None:
    page = empty.client.get("/site/actions")
    assert page.status_code == 200
    assert "analytics dev" in text_of(page.text)
    assert 'action="/site/materializations"' not in page.text
    assert 'action="/site/uploads"' in page.text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        pytest.param({"what": "analytics", "from": "2013-02-30"}, "2013-02-30", id="no date"),
        pytest.param({"what": "analytics", "from": "2013-03-01", "to": "2013-02-01"}, "after", id="reversed"),
        pytest.param({"what": "analytics"}, "from", id="no date at all"),
        pytest.param({"what": "assets", "from": "2013-03-01"}, "assets", id="no assets"),
    ],
)
def test_a_wrong_request_is_told_beside_the_form(empty: Furnished, typed: dict[str, str], told: str) -> None:
    refused = empty.client.post("/site/materializations", data={"key": "k", **typed})
    assert refused.status_code == 422
    text = text_of(refused.text)
    assert "Not requested." in text
    assert told in text


def test_a_request_while_dagster_is_away_is_a_page_with_the_cure(empty: Furnished) -> None:
    typed = {"key": "k", "what": "analytics", "from": "2013-03-01"}
    away = empty.client.post("/site/materializations", data=typed)
    assert away.status_code == 503
    assert "analytics dev" in text_of(away.text)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        pytest.param(b'{"job": "analytics"}', "application/json", 415, id="JSON"),
        pytest.param(b"what=analytics", "application/x-www-form-urlencoded", 422, id="no key"),
        pytest.param(b"what=\xff\xfe", "application/x-www-form-urlencoded", 422, id="no text"),
        pytest.param(b"key=%00", "application/x-www-form-urlencoded", 422, id="NUL"),
        pytest.param(b"key=" + b"k" * 70_000, "application/x-www-form-urlencoded", 413, id="too large"),
        pytest.param(b"&".join([b"a=b"] * 60), "application/x-www-form-urlencoded", 422, id="many fields"),
    ],
)
def test_what_is_no_form_of_ours_is_refused_as_a_page(
    empty: Furnished, content: bytes, kind: str, status: int
) -> None:
    answer = empty.client.post("/site/materializations", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_forms_are_shown_to_those_who_may_use_them(empty: Furnished) -> None:
    page = empty.client.get("/site/actions", headers={SCOPES_HEADER: "read"}).text
    assert "<form" not in page
    assert len(re.findall("it lacks the scope", text_of(page))) == 2


def test_the_address_of_a_form_leads_back_to_the_forms(empty: Furnished) -> None:
    for path in ("/site/uploads", "/site/materializations"):
        answer = empty.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/site/actions")
