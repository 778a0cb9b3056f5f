"""Whole pages of the demo firm: the numbers are there, hostile names are harmless, gaps tell why."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from analytics_platform.report.data import ReportData
from analytics_platform.report.format import DASH, MINUS, money, percent
from analytics_platform.report.pages import index_page, render_site
from analytics_platform.report.tree import page_name, tree
from analytics_platform_tests.unit.report.demo_frames import demo_data
from analytics_platform_tests.unit.report.demo_holdings import (
    NO_PRICE,
    REFUSED,
    REFUSED_MESSAGE,
    SESSION,
    TREE,
)
from analytics_platform_tests.unit.report.reading import Page, cells_of, text_of

SERVED_HOME = "../site/"
"""The home page, which only the server makes."""

HOSTILE = "<script>alert('x')</script> & \"Sons\""


@pytest.fixture(scope="module")
def data() -> ReportData:
    return demo_data()


@pytest.fixture(scope="module")
def site(data: ReportData) -> dict[str, str]:
    return render_site(data)


def _today(data: ReportData, portfolio_id: str) -> dict[str, float]:
    is_row = (pl.col("portfolio_id") == portfolio_id) & (pl.col("business_date") == SESSION)
    row: dict[str, float] = data.portfolio_risk.filter(is_row).to_dicts()[0]
    return row


def test_there_is_an_index_and_a_page_for_every_portfolio(site: dict[str, str]) -> None:
    others = {"index.html", "data_quality.html", "backtest.html"}
    assert set(site) == others | {page_name(portfolio_id) for portfolio_id, *_ in TREE}


def test_every_link_leads_to_a_page_of_the_site(site: dict[str, str]) -> None:
    for html in site.values():
        assert {link for link in Page(html).links if not link.startswith("#")} <= {*site, SERVED_HOME}


def test_pages_need_nothing_from_outside_and_run_no_script(site: dict[str, str]) -> None:
    for html in site.values():
        for word in (
            "http:",
            "https:",
            "//",
            "src=",
            "url(",
            "@import",
            "<script",
            "<link",
            "onload",
            "javascript",
        ):
            assert word not in html


def test_a_page_holds_the_numbers_of_its_portfolio(data: ReportData, site: dict[str, str]) -> None:
    text, row = text_of(site[page_name("EQ_US")]), _today(data, "EQ_US")
    for column in (
        "nav_base",
        "var_95_base",
        "var_975_base",
        "var_99_base",
        "es_95_base",
        "es_975_base",
        "es_99_base",
    ):
        assert money(row[column]) in text
    for column in ("day_return_rate", "mtd_return_rate", "ytd_return_rate", "benchmark_ytd_return_rate"):
        assert percent(row[column], signed=True) in text
    assert money(row["day_pnl_base"], signed=True) in text
    assert money(row["worst_stress_pnl_base"], signed=True) in text
    assert "Friday 1 March 2013" in text


def test_every_position_stands_on_the_page_with_its_values(data: ReportData, site: dict[str, str]) -> None:
    rows = cells_of(site[page_name("EQ_US")].split('id="positions"')[1])
    held = data.positions.filter(pl.col("portfolio_id") == "EQ_US")
    for position in held.iter_rows(named=True):
        cells = next(row for row in rows if position["instrument_id"] in row)
        expected = [money(position["market_value_base"]), percent(position["weight_rate"])]
        assert set(expected) <= set(cells)


def test_contributions_to_es_add_up_to_es_on_the_page(data: ReportData, site: dict[str, str]) -> None:
    es = money(_today(data, "EQ_US")["es_975_base"])
    sums = [
        row for row in cells_of(site[page_name("EQ_US")]) if row and row[0] in {"ES 97.5", "All positions"}
    ]
    assert [row[-1] for row in sums] == [es, es]


def test_exposures_and_stress_stand_on_the_page(site: dict[str, str]) -> None:
    text = text_of(site[page_name("UST_LADDER")])
    for words in (
        "By asset class",
        "By sector",
        "By country",
        "By currency",
        "Government",
        "Rates up 100 bp",
    ):
        assert words in text


def test_a_loss_is_marked_by_sign_and_colour(site: dict[str, str]) -> None:
    html = site[page_name("EQ_US")]
    assert re.search(rf'<span class="loss-text">{MINUS}[^<]+</span>', html)
    assert not re.search(r">-\d", html)


def test_a_missing_value_is_a_dash_with_its_reason_and_never_zero(site: dict[str, str]) -> None:
    html = site[page_name("OPT_OVERLAY")]
    assert f'<abbr class="none" title="{NO_PRICE}">{DASH}</abbr>' in html
    cells = next(row for row in cells_of(html) if "OPT_AAPL_2013-04-19_C480" in row)
    assert "0" not in cells
    assert cells.count(DASH) == 5
    note = [row for row in cells_of(html) if NO_PRICE in row][-1]
    assert note[-2:] == ["missing", NO_PRICE]
    missing = set(note[0].split("; "))
    assert {"Option overlay", "Apple call 480, Apr 2013", "Stress: Volatility up 10 points"} <= missing


def test_a_complete_portfolio_says_that_nothing_is_missing(site: dict[str, str]) -> None:
    assert "Nothing is missing." in site[page_name("EQ_US")]


def test_a_parent_links_to_its_children_and_a_child_to_its_ancestors(site: dict[str, str]) -> None:
    assert {page_name("EQ_US"), page_name("EQ_EUR")} <= set(Page(site[page_name("EQUITY")]).links)
    trail = Page(site[page_name("EQ_US")]).links[1:7]
    assert trail == [
        SERVED_HOME,
        "index.html",
        "data_quality.html",
        "backtest.html",
        page_name("GLOBAL"),
        page_name("EQUITY"),
    ]


def test_the_footer_tells_version_known_at_and_what_was_refused(site: dict[str, str]) -> None:
    for html in site.values():
        text = text_of(html)
        assert "0.1.0, run 5f2c" in text
        assert "2013-03-01 22:05 UTC" in text
        assert f"{REFUSED} (quarantined): {REFUSED_MESSAGE}" in text
        assert "sheet Rates: 3 of 128 rows are in quarantine" in text
        assert "fifth worst of 500" in text


def test_the_footer_tells_how_to_read_the_same_numbers_again(data: ReportData) -> None:
    published_at, known_at = (datetime(2013, 3, 1, 22, minute, 0, 250_000, UTC) for minute in (41, 30))
    published = replace(data, version="a version", published_at=published_at, known_at=known_at)
    text = text_of(index_page(published))
    assert "a version, to be read again as known at 2013-03-01T22:41:00.250Z" in text
    assert "2013-03-01 22:30 UTC; the newest of" in text


def test_the_index_shows_the_tree_in_order_and_the_deliveries(data: ReportData, site: dict[str, str]) -> None:
    names = [row.portfolio_id for row in tree(data)]
    assert names == ["GLOBAL", "EQUITY", "EQ_EUR", "EQ_US", "OPT_OVERLAY", "UST_LADDER"]
    assert [row.depth for row in tree(data)] == [0, 1, 2, 2, 1, 1]
    rows = cells_of(site["index.html"])
    positions = [next(i for i, row in enumerate(rows) if name in row) for name in names]
    assert positions == sorted(positions)
    assert next(row for row in rows if row[:1] == ["FX rates"])[-5:-1] == ["128", "121", "3", "4"]
    assert any(row[:1] == [REFUSED] for row in rows)


def test_hostile_names_are_shown_and_not_run(data: ReportData) -> None:
    hostile = replace(
        data,
        portfolio_risk=data.portfolio_risk.with_columns(
            name=pl.lit(HOSTILE), reason=pl.lit(HOSTILE), worst_stress_name=pl.lit(HOSTILE)
        ),
        positions=data.positions.with_columns(
            instrument_name=pl.lit(HOSTILE), status=pl.lit("missing"), reason=pl.lit(HOSTILE)
        ),
        exposures=data.exposures.with_columns(bucket=pl.lit(HOSTILE)),
        stress=data.stress.with_columns(scenario_name=pl.lit(HOSTILE)),
        rejections=data.rejections.with_columns(key=pl.lit(HOSTILE), message=pl.lit(HOSTILE)),
        deliveries=data.deliveries.with_columns(uri=pl.lit(HOSTILE), sheet=pl.lit(HOSTILE)),
        version=HOSTILE,
    )
    for html in render_site(hostile).values():
        assert "<script" not in html.lower()
        assert HOSTILE in text_of(html)


def test_file_names_of_different_portfolios_differ_and_stay_in_the_folder() -> None:
    names = {page_name(portfolio_id) for portfolio_id in ("a/b", "a.b", "a b", "a_b", "a-b", "../a", "A_B")}
    assert len(names) == 7
    assert not any("/" in name or ".." in name for name in names)
