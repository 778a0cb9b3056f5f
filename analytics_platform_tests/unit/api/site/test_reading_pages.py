"""Pages that read: what stands in them, that nothing of others is markup in them, and errors as pages."""

import re

import pytest

from analytics_platform_tests.unit.api.site.furnished import (
    HOSTILE,
    HOSTILE_KEY,
    SCOPES_HEADER,
    SESSION,
    Furnished,
)
from analytics_platform_tests.unit.api.site.page_text import text_of
from analytics_platform_tests.unit.report.reading import cells_of

PAGES = ("/site/", "/site/deliveries", "/site/quarantine", "/site/actions")
REFUSED = {"key": HOSTILE_KEY, "version": "v91"}


def _html(site: Furnished, path: str, **query: str) -> str:
    answer = site.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


def test_home_shows_the_tree_of_the_newest_session_with_its_figures(full: Furnished) -> None:
    html = _html(full, "/site/")
    rows = [[cell.strip() for cell in row if cell.strip()] for row in cells_of(html)[1:]]
    assert [row[0] for row in rows] == ["Global", "Equity", "&lt;script&gt;alert(1)&lt;/script&gt;"]
    assert re.findall(r'depth(\d+)"', html) == ["0", "1", "2"]
    assert all("1\N{THIN SPACE}234\N{THIN SPACE}567" in row for row in rows)
    assert all("\N{MINUS SIGN}2\N{THIN SPACE}500" in row for row in rows)
    assert ["\N{EN DASH}" in row for row in rows] == [False, True, False]
    assert "1 of 2" in rows[2]
    assert 'href="/pages/portfolio_GLOBAL.html"' in html
    assert "portfolio_EQUITY.html" not in html  # its page is not there
    text = text_of(html)
    assert "Friday 1 March 2013" in text
    assert re.search(r"Files waiting\s*60", text)
    assert re.search(r"In quarantine\s*2", text)
    assert re.search(r"Limits breached\s*1", text)


def test_an_empty_installation_has_pages_that_tell_what_to_do(empty: Furnished) -> None:
    assert "analytics demo" in text_of(_html(empty, "/site/"))
    assert "None." in text_of(_html(empty, "/site/deliveries"))
    assert "Nothing is in quarantine." in text_of(_html(empty, "/site/quarantine"))


def test_the_pages_of_deliveries_show_every_version_once_the_newest_first(full: Furnished) -> None:
    html = _html(full, "/site/deliveries")
    shown: list[str] = []
    while True:
        shown += re.findall(r"deliveries/version\?key=[^&]+&amp;version=(v\d+)", html)
        older = re.search(r'rel="next" href="[^"]*cursor=([^"&]+)', html)
        if older is None:
            break
        html = _html(full, "/site/deliveries", cursor=older[1].replace("%3D", "="))
    assert shown == ["v91", "v90", *(f"v{n}" for n in reversed(range(60)))]


@pytest.mark.parametrize(
    ("query", "versions"),
    [
        pytest.param({"dataset": "prices"}, ["v90"], id="dataset"),
        pytest.param({"state": "quarantined"}, ["v91"], id="state"),
        pytest.param({"dataset": "prices", "state": "seen"}, [], id="both"),
    ],
)
def test_deliveries_are_filtered(full: Furnished, query: dict[str, str], versions: list[str]) -> None:
    html = _html(full, "/site/deliveries", **query)
    assert re.findall(r"deliveries/version\?[^\"]*version=(v\d+)", html) == versions


def test_a_delivery_shows_its_account_and_what_happened(full: Furnished) -> None:
    text = text_of(_html(full, "/site/deliveries/version", key=f"prices/vendor_{SESSION}.csv", version="v90"))
    assert "10 read = 7 accepted + 2 rejected + 1 ignored" in text
    assert [word for word in ("waiting", "loading", "loaded") if word in text.split("What happened")[1]]
    assert "Report of quarantine" in text


def test_no_text_of_others_is_markup_on_any_page(full: Furnished) -> None:
    pages = [_html(full, path) for path in PAGES]
    pages += [
        _html(full, path, **REFUSED) for path in ("/site/deliveries/version", "/site/quarantine/report")
    ]
    for html in pages:
        text_of(html)  # every element closes
        assert "<script" not in html
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in html
    assert "&lt;script&gt;" in pages[-1]
    assert "this is no number" in text_of(pages[-1])


@pytest.mark.parametrize("name", ["report.txt", "report.json", "rejected.csv"])
def test_a_kept_file_is_saved_as_attachment(full: Furnished, name: str) -> None:
    answer = full.client.get("/site/quarantine/file", params={**REFUSED, "name": name})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    if name == "rejected.csv":
        assert answer.text.splitlines() == ["Name", "'=1+1"]


def test_the_hostile_file_itself_is_an_attachment_too(full: Furnished) -> None:
    listed = _html(full, "/site/quarantine/report", **REFUSED)
    path = next(
        link for link in re.findall(r'href="(/site/quarantine/file[^"]+)"', listed) if "script" in link[-90:]
    )
    answer = full.client.get(path.replace("&amp;", "&"))
    assert answer.text == HOSTILE
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("path", "status", "cure"),
    [
        pytest.param("/site/nowhere", 404, "no such page", id="no page"),
        pytest.param("/site/deliveries?state=odd", 422, "there are seen", id="no state"),
        pytest.param("/site/deliveries?cursor=odd", 422, "begin with the newest", id="no cursor"),
        pytest.param("/site/deliveries?cursor=WzEsMiwzXQ==", 422, "begin with the newest", id="wrong cursor"),
        pytest.param("/site/deliveries?dataset=%00", 422, "no name here holds", id="NUL"),
        pytest.param("/site/deliveries/version?key=a&version=b", 404, "list of deliveries", id="no delivery"),
        pytest.param("/site/quarantine/report?key=../../x", 404, "its list shows", id="way up"),
        pytest.param("/site/quarantine/report", 404, "its list shows", id="no version"),
        pytest.param("/site/uploads/odd", 404, "", id="no upload"),
        pytest.param("/site/materializations/odd", 404, "", id="no request"),
    ],
)
def test_an_error_is_a_page_that_tells_the_cure(full: Furnished, path: str, status: int, cure: str) -> None:
    answer = full.client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert cure in text_of(answer.text)


@pytest.mark.parametrize("name", ["../ledger.sqlite", "../../../ledger.sqlite", "", "."])
def test_only_what_quarantine_keeps_of_the_version_is_given(full: Furnished, name: str) -> None:
    answer = full.client.get("/site/quarantine/file", params={**REFUSED, "name": name})
    assert answer.status_code == 404


def test_a_damaged_extract_is_told_without_a_path(full: Furnished, empty: Furnished) -> None:
    for folder in ("versions", "objects"):
        target = empty.of.serving / folder
        target.mkdir(parents=True)
        for file in (full.of.serving / folder).glob("*"):
            (target / file.name).write_bytes(b"damaged" if folder == "objects" else file.read_bytes())
    (empty.of.serving / "current.json").write_bytes((full.of.serving / "current.json").read_bytes())
    answer = empty.client.get("/site/")
    assert answer.status_code == 503
    assert "restore it" in text_of(answer.text)
    assert str(empty.of.home) not in answer.text


def test_no_page_is_given_to_who_is_not_known(full: Furnished) -> None:
    nobody = {SCOPES_HEADER: "none"}
    paths = (*PAGES, "/site/deliveries/version", "/site/quarantine/report", "/site/quarantine/file")
    for path in (*paths, "/site/uploads/x", "/site/materializations/x", "/site/nowhere"):
        assert full.client.get(path, headers=nobody).status_code == 401, path
    for path in ("/site/uploads", "/site/materializations", "/site/materializations/x/cancel"):
        assert full.client.post(path, headers=nobody).status_code == 401, path
        reader = {SCOPES_HEADER: "read"}
        assert full.client.post(path, headers=reader).status_code == 403, path
    assert full.client.get("/site/style.css", headers=nobody).status_code == 200
