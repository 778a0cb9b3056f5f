"""The shipped proxy before a real webserver: what a page elsewhere could send is refused, the UI works."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from analytics_platform.api.app import Surroundings, create_app
from analytics_platform_tests.integration import proxy as proxies
from analytics_platform_tests.integration.proxy import API, JOB, OPERATORS, PASSWORD, USER, VIEWERS, Proxy

CHROMIUM = "/usr/bin/chromium"
JSON = {"Content-Type": "application/json"}
READ = json.dumps({"query": "{ version }"}).encode()
MUTATION = 'mutation { terminateRun(runId: "x") { __typename } }'


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if proxies.nginx() is None or shutil.which("openssl") is None:
        pytest.skip("no nginx and openssl on this machine: install the packages nginx-light and openssl")
    folder = tmp_path_factory.mktemp("proxy")
    api = create_app(folder / "serving", folder / "pages", Surroundings(hosts=[API, "127.0.0.1"]))
    with proxies.running_proxy(folder, api) as running:
        yield running


@pytest.fixture(scope="module")
def location(proxy: Proxy) -> str:
    """Name of the code location."""
    query = "{ workspaceOrError { ... on Workspace { locationEntries { name } } } }"
    answer = proxy.ask("/graphql", method="POST", headers=JSON, body=json.dumps({"query": query}).encode())
    (entry,) = json.loads(answer.body)["data"]["workspaceOrError"]["locationEntries"]
    return str(entry["name"])


def test_the_webserver_alone_would_do_what_a_form_says(proxy: Proxy) -> None:
    with urlopen(f"http://127.0.0.1:{proxy.webserver_port}/graphql?query={quote(MUTATION)}") as answer:
        assert "terminateRun" in json.loads(answer.read())["data"]


@pytest.mark.parametrize("host", [OPERATORS, VIEWERS])
@pytest.mark.parametrize("login", [None, "ann:wrong", "nobody:x"], ids=["none", "wrong", "unknown"])
@pytest.mark.parametrize("path", ["/", "/graphql", "/runs", "/server_info"])
def test_nobody_without_credentials_sees_anything(
    proxy: Proxy, host: str, login: str | None, path: str
) -> None:
    answer = proxy.ask(path, host=host, login=login)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    posted = proxy.ask("/graphql", host=host, login=login, method="POST", headers=JSON, body=READ)
    assert posted.status == 401


@pytest.mark.parametrize(
    "path",
    [
        f"/graphql?query={quote(MUTATION)}",
        f"/graphql?op=x&query={quote(MUTATION)}",
        f"//graphql?query={quote(MUTATION)}",
        f"/%67raphql?query={quote(MUTATION)}",
        f"/x/../graphql?query={quote(MUTATION)}",
        f"/graphql/?query={quote(MUTATION)}",
    ],
    ids=["query", "behind a name", "two slashes", "encoded", "dots", "slash behind"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
def test_no_query_is_taken_from_the_address(proxy: Proxy, method: str, path: str) -> None:
    for headers in ({}, JSON, {"Accept": "text/html"}):
        answer = proxy.ask(path, method=method, headers=headers)
        assert answer.status in {403, 404, 415}, (headers, answer)
        assert b"terminateRun" not in answer.body


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "text/plain",
        "text/plain; application/json",
        "multipart/form-data; boundary=application/json",
        "application/graphql",
        "application/jsonx",
        "application/json, text/plain",
        "",
    ],
)
def test_a_query_is_taken_as_json_only(proxy: Proxy, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    assert proxy.ask("/graphql", method="POST", headers=headers, body=READ).status == 415


@pytest.mark.parametrize("path", ["/report_asset_materialization/x", "/report_asset_check/x", "/runs"])
def test_nothing_else_is_posted(proxy: Proxy, path: str) -> None:
    assert proxy.ask(path, method="POST", headers=JSON, body=b"{}").status == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "dagster.example.evil.example", ""])
def test_a_foreign_host_gets_no_answer(proxy: Proxy, host: str) -> None:
    answer = proxy.ask("/graphql", host=host, method="POST", headers=JSON, body=READ)
    assert answer.status in {0, 400}
    assert answer.body == b"" or b"nginx" in answer.body


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"https://{OPERATORS}", f"http://{OPERATORS}:1", "x"]
)
def test_a_foreign_origin_is_refused_also_on_the_websocket(proxy: Proxy, origin: str) -> None:
    posted = proxy.ask("/graphql", method="POST", headers={**JSON, "Origin": origin}, body=READ)
    assert posted.status == 403
    assert proxy.ask("/graphql", headers=_upgrade(Origin=origin)).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_that_another_site_causes_is_refused(proxy: Proxy, site: str) -> None:
    causes = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert proxy.ask("/graphql", method="POST", headers={**JSON, **causes}, body=READ).status == 403
    assert proxy.ask("/graphql", headers=_upgrade(**{"Sec-Fetch-Site": site})).status == 403
    assert proxy.ask("/logs/x", headers=causes).status == 403
    followed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert proxy.ask("/runs", headers=followed).status == 200
    assert proxy.ask("/graphql", headers=followed).status == 403


def test_the_websocket_opens_for_a_page_of_ours(proxy: Proxy) -> None:
    assert proxy.ask("/graphql", headers=_upgrade(Origin=proxy.origin())).status == 101
    assert proxy.ask("/graphql", headers=_upgrade(Origin=proxy.origin()), login=None).status == 401


def test_a_body_that_is_too_large_is_refused(proxy: Proxy) -> None:
    body = json.dumps({"query": "{ version }", "padding": "x" * (2 << 20)}).encode()
    assert proxy.ask("/graphql", method="POST", headers=JSON, body=body).status == 413


def test_every_answer_says_how_browsers_must_treat_it(proxy: Proxy) -> None:
    for answer in (proxy.ask("/"), proxy.ask("/", login=None)):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Strict-Transport-Security"]
        assert answer.headers["Server"] == "nginx"


def test_an_operator_launches_a_run_by_json(proxy: Proxy, location: str) -> None:
    headers = {**JSON, "Origin": proxy.origin(), "Sec-Fetch-Site": "same-origin"}
    answer = proxy.ask("/graphql?op=Launch", method="POST", headers=headers, body=proxies.launch(location))
    assert json.loads(answer.body)["data"]["launchRun"]["__typename"] == "LaunchRunSuccess", answer.body


def test_a_viewer_launches_none(proxy: Proxy, location: str) -> None:
    answer = proxy.ask("/graphql", host=VIEWERS, method="POST", headers=JSON, body=proxies.launch(location))
    assert json.loads(answer.body)["data"]["launchRun"]["__typename"] == "UnauthorizedError", answer.body
    read = proxy.ask("/graphql", host=VIEWERS, method="POST", headers=JSON, body=READ)
    assert re.match(r"\d", json.loads(read.body)["data"]["version"])


def test_the_api_answers_by_its_name_and_keeps_its_figures(proxy: Proxy) -> None:
    assert proxy.ask("/health", host=API, login=None).status == 200
    for path in (
        "/internal/metrics",
        "//internal/metrics",
        "/internal/../internal/metrics",
        "/%69nternal/metrics",
    ):
        assert proxy.ask(path, host=API, login=None).status == 404, path
    assert proxy.ask("/health", host=API, login=None, method="POST", body=b"x" * (2 << 20)).status == 413


def test_the_ui_works_through_the_proxy(proxy: Proxy) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: install the package chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    statuses: list[tuple[int, str]] = []
    sockets: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=[*flags, "--host-resolver-rules=MAP *.example 127.0.0.1"]
        )
        page = browser.new_page(
            ignore_https_errors=True, http_credentials={"username": USER, "password": PASSWORD}
        )
        page.on("response", lambda answer: statuses.append((answer.status, answer.url)))
        page.on("websocket", lambda opened: sockets.append(opened.url))
        page.goto(f"{proxy.origin()}/jobs")
        page.get_by_text(JOB).first.wait_for()
        browser.close()
    assert [each for each in statuses if each[0] >= 400 and each[0] != 401] == []
    assert [url for url in sockets if url.endswith("/graphql")]


def _upgrade(**headers: str) -> dict[str, str]:
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "graphql-ws",
        **headers,
    }
