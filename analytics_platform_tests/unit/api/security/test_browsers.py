"""What pages elsewhere may do through a browser: nothing, but for readings by origins that are named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_platform_tests.unit.api.security.servers import Installed, installed

FRIEND = "https://dashboard.example"
ACTIONS = (
    "/materializations",
    "/uploads",
    "/site/materializations",
    "/site/uploads",
    "/site/login",
    "/site/logout",
)


@pytest.fixture(scope="module", params=["open", "required"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    home = tmp_path_factory.mktemp("site")
    names = ["127.0.0.1", "risk.example"]
    with installed(
        home,
        access=request.param,
        api_origins=[FRIEND],
        api_names=names,
        site_url="https://risk.example",
        actions_per_minute=100_000,
    ) as it:
        yield it


@pytest.mark.parametrize("path", ACTIONS)
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([("Origin", "https://evil.example")], id="elsewhere"),
        pytest.param([("Origin", FRIEND)], id="who may read"),
        pytest.param([("Origin", "null")], id="sandboxed"),
        pytest.param([("Origin", "")], id="empty"),
        pytest.param([("Origin", "http://127.0.0.1")], id="another port"),
        pytest.param([("Origin", "http://127.0.0.1:1@evil.example")], id="disguised"),
        pytest.param([("Origin", "https://risk.example"), ("Origin", "https://evil.example")], id="two"),
        pytest.param([("Origin", "http://risk.example")], id="without TLS"),
        pytest.param([("Origin", "https://risk.example.evil.example")], id="longer name"),
        pytest.param([("Origin", "http://[")], id="no address"),
        pytest.param([("Sec-Fetch-Site", "cross-site")], id="cross-site"),
        pytest.param([("Sec-Fetch-Site", "same-site")], id="same-site"),
        pytest.param([("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")], id="two sites"),
    ],
)
def test_no_page_elsewhere_asks_for_an_action(
    site: Installed, path: str, headers: list[tuple[str, str]]
) -> None:
    answer = site.ask("POST", path, [("X-API-Key", site.keys["all"]), *headers])
    assert answer.status_code == 403
    assert answer.json()["field"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers


def test_pages_of_this_site_and_programs_do(site: Installed) -> None:
    key = ("X-API-Key", site.keys["all"])
    for headers in (
        [("Origin", site.url)],
        [("Origin", "https://risk.example")],
        [("Sec-Fetch-Site", "same-origin")],
        [],
    ):
        assert site.ask("POST", "/materializations", [key, *headers]).status_code not in {401, 403}, headers


def test_an_origin_that_is_named_may_read_and_do_no_more(site: Installed) -> None:
    answer = site.get("/tables", "read", ("Origin", FRIEND))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert "access-control-allow-credentials" not in answer.headers
    assert "etag" in answer.headers["access-control-expose-headers"].lower()
    stranger = site.get("/tables", "read", ("Origin", "https://evil.example"))
    assert "access-control-allow-origin" not in stranger.headers


@pytest.mark.parametrize(
    ("origin", "method", "status"),
    [(FRIEND, "GET", 200), (FRIEND, "POST", 400), ("https://evil.example", "GET", 400)],
)
def test_a_browser_that_asks_first_is_told(site: Installed, origin: str, method: str, status: int) -> None:
    asked = [("Origin", origin), ("Access-Control-Request-Method", method)]
    assert site.ask("OPTIONS", "/tables", asked).status_code == status


@pytest.mark.parametrize(
    "path", ["/tables", "/pages/index.html", "/site/", "/site/login", "/health", "/none"]
)
def test_every_answer_tells_browsers_what_they_must_not_do(site: Installed, path: str) -> None:
    for key in (None, "read"):
        headers = site.get(path, key).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "script-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert ("unsafe-inline" in policy) == path.startswith("/pages/")
        assert "strict-transport-security" not in headers
        assert len(headers.get_list("cache-control")) == 1


def test_what_is_for_one_reader_is_kept_by_nobody_else(site: Installed) -> None:
    page = site.get("/pages/index.html", "read")
    assert page.headers["cache-control"] == "private, no-cache"
    assert site.get("/site/", "read").headers["cache-control"] == "no-store"
    assert "private" in site.get("/tables", "read").headers["cache-control"]
    for path in ACTIONS:
        answer = site.ask("POST", path, [("X-API-Key", site.keys["all"])])
        assert answer.headers["cache-control"] == "no-store", path


def test_a_foreign_name_of_this_server_is_refused_first(site: Installed) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", ""):
        answer = site.ask("GET", "/tables", [("Host", host), ("X-API-Key", site.keys["read"])])
        assert answer.status_code == 400
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_https_is_remembered_only_where_it_is(tmp_path: Path) -> None:
    secret = ("X-Forwarded-Proto", "https")
    with installed(tmp_path, api_proxies=["127.0.0.1"]) as it:
        assert it.get("/health", None, secret).headers["strict-transport-security"].startswith("max-age=")
        assert "strict-transport-security" not in it.get("/health").headers


def test_what_a_stranger_says_of_a_proxy_is_not_believed(tmp_path: Path) -> None:
    with installed(tmp_path) as it:
        said = [("X-Forwarded-For", "10.9.8.7"), ("X-Forwarded-Proto", "https")]
        assert "strict-transport-security" not in it.get("/health", None, *said).headers
        assert it.ask("POST", "/uploads", said).status_code == 401
        assert "10.9.8.7" not in it.audit
        assert '"from": "127.0.0.1"' in it.audit


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_an_open_server_answers_no_proxy(tmp_path: Path, header: str) -> None:
    with installed(tmp_path, access="open") as it:
        answer = it.get("/tables", None, (header, "127.0.0.1"))
        assert answer.status_code == 403
        assert "ANALYTICS_ACCESS=required" in answer.json()["detail"]
