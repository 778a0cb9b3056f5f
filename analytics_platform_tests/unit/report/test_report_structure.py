"""Order and frame of the pages: headings, table of contents, states with reasons, narrow screens."""

import re
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from shutil import which

import polars as pl
import pytest

from analytics_platform.defs.data_quality import rules
from analytics_platform.report.data import ReportData
from analytics_platform.report.pages import portfolio_page, render_site
from analytics_platform.report.quality_rules import CHECKS
from analytics_platform_tests.unit.report.demo_frames import demo_data
from analytics_platform_tests.unit.report.demo_holdings import SESSION
from analytics_platform_tests.unit.report.reading import cells_of

ORDER = (
    *("returns", "contributors", "attribution", "exposures"),
    *("risk", "methods", "changes", "contributions", "stress", "limits"),
    *("cash-flows", "liquidity", "sensitivities", "statistics", "betas", "explain", "positions"),
    "notes",
)
STATES = ("within", "warning", "breach", "missing")
CHROMIUM = which("chromium")


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    return render_site(demo_data())


def _limits(states: tuple[str, ...], *, key: str = "EQ_US", reason: str | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "business_date": SESSION,
                "portfolio_id": key,
                "limit_id": f"L{number}_{state}",
                "metric": "value_at_risk_rate",
                "confidence": "0.99",
                "dimension": None,
                "bucket": None,
                "value_rate": None if state == "missing" else 0.02,
                "lower": None,
                "upper": 0.03,
                "warning_rate": 0.8,
                "utilisation_rate": None if state == "missing" else 2 / 3,
                "state": state,
                "n_sessions_in_state": number,
                "reason": reason and f"{reason} {state}",
            }
            for number, state in enumerate(states)
        ],
        infer_schema_length=None,
    )


def _with(limits: pl.DataFrame) -> ReportData:
    return replace(demo_data(), analyses={"limit_utilisation": limits})


def _tile(html: str, name: str) -> str:
    (tile,) = [part for part in html.split("<div><dt>") if part.startswith(name)]
    return " ".join(re.sub(r"<[^>]+>", " ", tile.split("</div>")[0]).split())


def test_the_parts_of_a_page_stand_in_the_order_of_their_readers(site: dict[str, str]) -> None:
    html = site["portfolio_EQ_US.html"]
    assert tuple(re.findall(r'<section[^>]* id="([^"]+)"', html)) == ORDER


def test_headings_descend_by_one_level_at_a_time_and_there_is_one_title(site: dict[str, str]) -> None:
    for html in site.values():
        levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_every_anchor_resolves_and_every_section_stands_in_the_contents(site: dict[str, str]) -> None:
    for html in site.values():
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        links = set(re.findall(r'href="#([^"]+)"', html))
        assert links <= set(ids)
        assert set(re.findall(r'<section[^>]* id="([^"]+)"', html)) <= links


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_a_limit_is_shown_with_its_reason(state: str) -> None:
    html = portfolio_page(_with(_limits((state,), reason="because of")), "EQ_US")
    part = html.split('id="limits"')[1].split("</section>")[0]
    (cells,) = [row for row in cells_of(part) if row[0].startswith("L0_")]
    assert state in cells
    assert f'class="state {state}"' in part
    assert f"because of {state}" in re.sub(r"<[^>]+>", "", part)


def test_the_worst_state_stands_first_and_the_headline_counts_them_all() -> None:
    html = portfolio_page(_with(_limits(("within", "warning", "breach", "missing", "breach"))), "EQ_US")
    part = html.split('id="limits"')[1].split("</section>")[0]
    assert [row[0][3:].split(":")[0] for row in cells_of(part)[1:]] == [
        *("breach", "breach"),
        *("warning", "missing", "within"),
    ]
    assert _tile(html, "Limits") == "Limits 2 in breach 1 in warning 1 missing 1 within"


def test_a_node_tells_of_breaches_below_it() -> None:
    html = portfolio_page(_with(_limits(("breach",))), "GLOBAL")
    assert _tile(html, "Limits") == "Limits none set 1 in breach below"


def test_no_limit_and_no_table_of_limits_are_told_apart(site: dict[str, str]) -> None:
    assert _tile(site["portfolio_EQ_US.html"], "Limits") == "Limits not computed"
    html = portfolio_page(_with(_limits(("within",), key="EQ_EUR")), "EQ_US")
    assert _tile(html, "Limits") == "Limits none set"


def test_value_at_risk_stands_against_its_limit_with_the_state() -> None:
    html = portfolio_page(_with(_limits(("warning",))), "EQ_US")
    assert _tile(html, "VaR 99").endswith("of NAV limit 3.00% warning")
    assert _tile(html, "ES 97.5").endswith("of NAV no limit set")
    assert "VaR 99 limit" in html


@pytest.mark.parametrize("status", ["warning", "missing"])
def test_a_status_stands_below_its_table_and_among_the_notes_with_its_reason(status: str) -> None:
    volumes = pl.DataFrame(
        {
            "business_date": [SESSION],
            "portfolio_id": ["EQ_US"],
            "instrument_id": ["EQ_AAPL"],
            "quantity": [10.0],
            "average_daily_volume": [None],
            "days_to_liquidate": [None],
            "status": [status],
            "reason": ["no volume in 20 sessions"],
        },
        schema_overrides={"average_daily_volume": pl.Float64, "days_to_liquidate": pl.Float64},
    )
    html = portfolio_page(replace(demo_data(), analyses={"liquidity": volumes}), "EQ_US")
    part = html.split('id="liquidity"')[1].split("</section>")[0]
    assert f'<span class="state {status}">{status}</span> no volume in 20 sessions' in part
    notes = cells_of(html.split('id="notes"')[1])
    assert ["Liquidity of EQ_AAPL", status, "no volume in 20 sessions"] in notes


def test_the_name_of_an_instrument_stands_beside_its_identifier() -> None:
    parts = pl.DataFrame(
        {
            "business_date": [SESSION],
            "portfolio_id": ["EQ_US"],
            "instrument_id": ["EQ_AAPL"],
            "pnl_base": [5.0],
            "contribution_rate": [0.01],
            "status": ["ok"],
            "reason": [None],
        }
    )
    data = replace(demo_data(), analyses={"contributions": parts})
    named = next(row for row in cells_of(portfolio_page(data, "EQ_US")) if "EQ_AAPL" in row)
    assert named[0].strip() == data.names["EQ_AAPL"]


def test_findings_nothing_found_and_not_computed_are_told_apart() -> None:
    findings = pl.DataFrame(
        {
            "business_date": [SESSION, SESSION],
            "check_name": ["stale_price", "stale_price"],
            "severity": ["warning", "warning"],
            "portfolio_id": [None, None],
            "instrument_id": ["EQ_AAPL", "EQ_MSFT"],
            "value": [6.0, 5.0],
            "limit_value": [5.0, 5.0],
            "message": ["stands for 6 sessions", "stands for 5 sessions"],
        },
        schema_overrides={"portfolio_id": pl.String},
    )
    data = replace(demo_data(), analyses={"data_quality_findings": findings})
    html = render_site(data)["data_quality.html"].split('id="findings"')[0]
    rows = {cells[0]: cells[1:] for cells in cells_of(html) if cells}
    assert rows["Stale price"][:3] == ["warning", "2", "2"]
    assert rows["Price spike"][:3] == ["warning", "nothing found", "0"]
    assert rows["Scenarios cover holdings"][:2] == ["error", "not computed"]
    assert len({check.cure for check in CHECKS}) == len(CHECKS)
    assert len({check.means for check in CHECKS}) == len(CHECKS)


def test_a_break_within_tolerance_is_a_warning_although_its_check_can_find_errors() -> None:
    findings = pl.DataFrame(
        {
            "business_date": [SESSION],
            "check_name": ["custodian_break"],
            "severity": ["warning"],
            "portfolio_id": ["EQ_EUR"],
            "instrument_id": ["EQ_AAPL"],
            "value": [1.0],
            "limit_value": [5.0],
            "message": ["within the tolerance"],
        }
    )
    data = replace(demo_data(), analyses={"data_quality_findings": findings})
    html = render_site(data)["data_quality.html"].split('id="findings"')[0]
    (row,) = [row for row in cells_of(html) if row and row[0] == "Custodian break"]
    assert row[1:3] == ["warning", "1"]


def test_every_check_of_the_platform_stands_on_the_page_with_its_severity() -> None:
    known = {rule.name: rule.is_error for rule in (*rules.FOUND_BY_SQL, rules.VOLATILITY, rules.COVERAGE)}
    assert {check.name: check.severity == "error" for check in CHECKS} == known


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: install the package chromium")
@pytest.mark.slow
def test_no_page_is_wider_than_a_narrow_screen(site: dict[str, str], tmp_path: Path) -> None:
    frame = tmp_path / "frame.html"
    for name, html in site.items():
        opened = html.replace("default-src 'none'", "default-src 'none'; script-src 'unsafe-inline'")
        told = "document.title = document.documentElement.scrollWidth"
        (tmp_path / name).write_text(opened.replace("</body>", f"<script>{told}</script></body>"), "utf-8")
        frame.write_text(
            f'<iframe id="f" src="{name}" style="width:390px;height:800px;border:0"></iframe><p id="w"></p>'
            '<script>f.onload = () => { w.textContent = "width " + f.contentDocument.title }</script>',
            "utf-8",
        )
        shown = subprocess.run(  # noqa: S603 - the browser that was found, on files of this test
            [
                *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
                *("--allow-file-access-from-files", f"--user-data-dir={tmp_path / 'profile'}"),
                *("--disable-background-networking", "--virtual-time-budget=3000", frame.as_uri()),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        (width,) = re.findall(r"width (\d+)", shown.stdout)
        assert int(width) <= 390, name
