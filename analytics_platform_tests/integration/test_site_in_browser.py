"""The site in a real browser, over real processes: every page, a file sent, the button pressed."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from analytics_platform_tests.integration.conftest import Demo, installation
from analytics_platform_tests.integration.dagster_server import (
    PATIENCE,
    ask,
    is_up,
    process,
    running_dagster,
    wait_until,
)
from analytics_platform_tests.unit.api.actions.installed import closed_port

SESSION = "2013-03-01"
PAGES = (
    "/site/",
    "/site/deliveries",
    "/site/quarantine",
    "/site/actions",
    "/pages/index.html",
    "/pages/data_quality.html",
    "/pages/backtest.html",
    "/pages/portfolio_GLOBAL.html",
)
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True)
class Served:
    """The site and Dagster on a copy of the demo."""

    url: str
    dagster_url: str
    sample: Path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no browser on this machine: install the package chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def served(browser: Browser, demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    assert browser.is_connected()
    home = tmp_path_factory.mktemp("site") / "home"
    shutil.copytree(demo.at.settings.home, home)
    _stop_the_sensor(home)
    with running_dagster(home) as dagster:
        port = closed_port()
        url = f"http://127.0.0.1:{port}"
        environment = {**dagster.at.environment(), "ANALYTICS_DAGSTER_URL": dagster.url}
        command = dagster.at.command("serve", "--port", str(port))
        with process(command, environment, home / "serve.log"):
            wait_until(lambda: is_up(f"{url}/health"))
            yield Served(url, dagster.url, demo.at.settings.sample_data)


def _stop_the_sensor(home: Path) -> None:
    """Leave all runs to the button: the number must not change but by the run that it asks for."""
    command = [sys.executable, "-m", "dagster", "sensor", "stop", "landing_zone_sensor"]
    done = subprocess.run(  # noqa: S603 - a fixed command
        [*command, "-m", "analytics_platform.definitions"],
        env={**installation(home).environment(), "DAGSTER_HOME": str(home / "dagster")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def opened(browser: Browser, size: str = "wide") -> Iterator[tuple[Page, list[str]]]:
    """Open a window, with what its console complains about."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    page, complaints = context.new_page(), list[str]()

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    yield page, complaints
    context.close()


@pytest.mark.parametrize("size", SIZES)
def test_every_page_opens_without_a_complaint_and_within_the_window(
    browser: Browser, served: Served, size: str
) -> None:
    with opened(browser, size) as (page, complaints):
        page.goto(f"{served.url}/site/deliveries")
        links = [page.locator("th.file a").first.get_attribute("href")]
        page.goto(f"{served.url}/site/quarantine")
        links.append(page.locator("th.file a").first.get_attribute("href"))
        for path in (*PAGES, *links):
            answer = page.goto(f"{served.url}{path}")
            assert answer is not None
            assert answer.status == 200, path
            too_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
            assert not too_wide, (path, size)
            assert page.locator("h1").count() == 1, path
            styled = page.evaluate("getComputedStyle(document.querySelector('.sheet')).maxWidth")
            assert styled != "none", path
            assert page.locator(f'a[href^="{served.url}"], a[href^="/"], a[href^="../"]').count(), path
        assert complaints == []


def test_links_lead_from_home_to_a_risk_page_and_back_and_to_dagster(
    browser: Browser, served: Served
) -> None:
    with opened(browser) as (page, complaints):
        page.goto(f"{served.url}/")
        assert page.url == f"{served.url}/site/"
        page.get_by_role("link", name="Treasury ladder").click()
        assert page.url.endswith("/pages/portfolio_UST_LADDER.html")
        page.get_by_role("link", name="Home").click()
        assert page.url == f"{served.url}/site/"
        dagster = page.get_by_role("link", name=re.compile("Dagster")).get_attribute("href")
        assert dagster == served.dagster_url
        assert complaints == []


def test_a_quarantined_file_is_saved_and_never_shown(browser: Browser, served: Served) -> None:
    with opened(browser) as (page, _):
        page.goto(f"{served.url}/site/quarantine")
        page.locator("th.file a").filter(has_text="external_flows").click()
        with page.expect_download() as saved:
            page.get_by_role("link", name=re.compile("xlsx")).last.click()
        assert saved.value.suggested_filename.endswith(".xlsx")


def test_a_file_is_sent_the_button_pressed_and_the_number_changes(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    name = f"exchange_{SESSION}.csv"
    before = (served.sample / "1_first" / "prices" / name).read_text("utf-8")
    after = before.replace(",430.47,", ",437.47,")
    assert after != before
    (tmp_path / name).write_text(after, "utf-8")
    held = f"{served.url}/positions?portfolio_id=GLOBAL&instrument_id=EQ_AAPL&fields=quantity"
    quantity = float(ask("GET", held).json()["data"][0]["quantity"])
    with opened(browser) as (page, complaints):
        page.goto(f"{served.url}/site/")
        nav = _nav(page)
        page.get_by_role("link", name="Actions", exact=True).click()
        page.locator("[name=dataset]").select_option("prices")
        page.locator("[name=file]").set_input_files(tmp_path / name)
        page.get_by_role("button", name="Send").click()
        assert "/site/uploads/" in page.url
        upload = page.url
        page.get_by_role("link", name=re.compile("Compute anew")).click()
        assert page.locator("[name=from]").input_value() == SESSION
        page.locator("[name=what]").select_option("end_of_day")
        page.get_by_role("button", name="Compute").click()
        assert "/site/materializations/" in page.url
        page.wait_for_function(_HAS_ENDED, timeout=PATIENCE * 4000)
        assert page.locator("#state").inner_text() == "success", page.locator("main").inner_text()
        page.goto(upload)
        assert page.locator(".state").first.inner_text() == "published"
        page.goto(f"{served.url}/site/")
        assert abs(_nav(page) - nav - 7 * quantity) <= 1
        assert complaints == []


_HAS_ENDED = """
() => ["success", "failure", "canceled"].includes(document.querySelector("#state")?.textContent)
"""


def _nav(page: Page) -> float:
    """Return the value of the whole that the home page shows."""
    row = page.locator("tr").filter(has_text="GLOBAL")
    text = row.locator("td").nth(1).inner_text()
    return float(re.sub(r"[^\d.-]", "", text))
