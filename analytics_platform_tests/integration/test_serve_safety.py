"""`analytics serve` as a process of its own: how it starts, whom it lets in, what a browser makes of it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import sync_playwright

from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.unit.api.extracts import publish

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_PROGRAM = [sys.executable, "-m", "analytics_platform.cli"]
_INLINE = """<!DOCTYPE html><html><head><title>Risk</title><link rel="icon" href="data:,">
<style>body { color: rgb(1, 2, 3) }</style></head>
<body><p style="margin-left: 7px">GLOBAL</p><svg width="9" height="9"><rect width="9" height="9"/></svg>
<script>document.title = "scripts run"</script></body></html>"""


def _environment(home: Path, **settings: str) -> dict[str, str]:
    return {**os.environ, "ANALYTICS_HOME": str(home), **settings}  # noqa: TID251 - for a process of its own


def _run(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [*_PROGRAM, *arguments],
        env=_environment(home, **settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def _serving(home: Path, **settings: str) -> Iterator[httpx2.Client]:
    port = _free_port()
    with (
        (home / "serve.log").open("w") as log,
        subprocess.Popen(  # noqa: S603 - our own program
            [*_PROGRAM, "serve", "--port", str(port)],
            env=_environment(home, **settings),
            stdout=log,
            stderr=log,
        ) as server,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        try:
            _wait_until_ready(client, server)
            yield client
        finally:
            server.terminate()
            server.wait(30)


def _wait_until_ready(client: httpx2.Client, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < ends:
        try:
            if client.get("/ready").status_code == 200:
                return
        except httpx2.ConnectError:
            time.sleep(0.05)
    pytest.fail("the server was never ready")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    publish(ServingStore(tmp_path / "serving"))
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.html").write_text(_INLINE, "utf-8")
    return tmp_path


def test_a_key_is_given_and_revoked_while_the_server_runs(home: Path) -> None:
    with _serving(home, ANALYTICS_ACCESS="required") as client:
        assert client.get("/positions").status_code == 401
        key = {"X-API-Key": _run(home, "api-key", "new", "desk", "--scopes", "read").stdout.strip()}
        answer = client.get("/positions", headers=key)
        assert answer.status_code == 200
        assert "server" not in answer.headers
        assert client.post("/materializations", headers=key).status_code == 403
        assert _run(home, "api-key", "revoke", "desk").returncode == 0
        assert client.get("/positions", headers=key).status_code == 401
    log = (home / "serve.log").read_text("utf-8")
    assert "/positions" not in log
    assert key["X-API-Key"] not in log
    told = [json.loads(line) for line in (home / "audit.jsonl").read_text("utf-8").splitlines()]
    assert [(each["who"], each["what"]) for each in told] == [
        ("command line", "api-key new"),
        ("desk", "materialize"),
        ("command line", "api-key revoke"),
    ]


def test_an_unsafe_server_is_not_started(home: Path) -> None:
    refused = _run(home, "serve", "--host", "0.0.0.0", "--port", str(_free_port()))  # noqa: S104 - what is refused
    assert refused.returncode == 2
    assert "would be open to everybody who reaches 0.0.0.0" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: install the package chromium")
def test_a_browser_logs_in_and_shows_the_pages_with_their_style_and_without_scripts(home: Path) -> None:
    key = _run(home, "api-key", "new", "desk").stdout.strip()
    with (
        _serving(home, ANALYTICS_ACCESS="required") as client,
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as browser,
    ):
        page = browser.new_page(base_url=str(client.base_url), viewport={"width": 390, "height": 844})
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        page.goto("/pages/index.html")
        assert page.title() == "Log in"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert told == []
        page.fill("#key", key)
        page.click("button")
        assert page.url.endswith("/pages/index.html")
        assert page.title() == "Risk"
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(1, 2, 3)"
        assert page.evaluate("getComputedStyle(document.querySelector('p')).marginLeft") == "7px"
        assert page.evaluate("document.cookie") == ""
        assert len(told) == 1, told  # the script of the page, and nothing else
        assert "script" in told[0]
        page.goto("/site/")
        assert page.title() != "Log in"
        assert len(told) == 1, told
