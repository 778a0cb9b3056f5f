"""Pages of frames that are empty, late, incomplete or in another order."""

from dataclasses import replace

import polars as pl
import pytest

from analytics_platform.report.data import ReportData
from analytics_platform.report.format import DASH
from analytics_platform.report.pages import index_page, portfolio_page, render_site
from analytics_platform.report.tree import tree
from analytics_platform_tests.unit.report.demo_frames import demo_data
from analytics_platform_tests.unit.report.demo_holdings import SESSION, TREE
from analytics_platform_tests.unit.report.reading import cells_of, text_of


@pytest.fixture(scope="module")
def data() -> ReportData:
    return demo_data()


@pytest.fixture(scope="module")
def site(data: ReportData) -> dict[str, str]:
    return render_site(data)


def test_an_unknown_portfolio_is_refused_by_name(data: ReportData) -> None:
    with pytest.raises(ValueError, match="portfolio 'EQ_XX' has no results; there are EQUITY, EQ_EUR, EQ_US"):
        portfolio_page(data, "EQ_XX")


def test_a_frame_without_a_column_is_refused_by_name(data: ReportData) -> None:
    with pytest.raises(ValueError, match="frame 'positions' lacks the columns weight_rate"):
        replace(data, positions=data.positions.drop("weight_rate"))


def test_nan_is_missing_and_decimals_are_numbers(data: ReportData) -> None:
    odd = data.stress.with_columns(pnl=pl.lit(float("nan")), reason=pl.lit("not revalued"))
    cells = next(
        row for row in cells_of(portfolio_page(replace(data, stress=odd), "EQ_US")) if "Dollar up 10%" in row
    )
    assert cells.count(DASH) == 2
    exact = data.portfolio_risk.with_columns(pl.col("var_99_base").cast(pl.Decimal(38, 8)))
    assert portfolio_page(replace(data, portfolio_risk=exact), "EQ_US") == portfolio_page(data, "EQ_US")


def test_a_missing_exposure_tells_its_reason(data: ReportData) -> None:
    open_ = data.exposures.with_columns(
        net_base=pl.lit(None, pl.Float64),
        weight_rate=pl.lit(None, pl.Float64),
        status=pl.lit("missing"),
        reason=pl.lit("no rate of EUR"),
    )
    html = portfolio_page(replace(data, exposures=open_), "EQ_US")
    rows_of_net_and_weight = 6
    assert html.count('<abbr class="none" title="no rate of EUR">') == 2 * rows_of_net_and_weight
    assert "Sector: Information Technology" in html


def test_empty_frames_give_an_index_that_says_so(data: ReportData) -> None:
    empty = replace(
        data,
        portfolio_risk=data.portfolio_risk.clear(),
        deliveries=data.deliveries.clear(),
        rejections=data.rejections.clear(),
        risk_metrics=data.risk_metrics.clear(),
    )
    assert set(render_site(empty)) == {"index.html"}
    assert "no data" in index_page(empty)


def test_a_portfolio_with_nothing_but_its_row_still_has_a_page(data: ReportData) -> None:
    bare = replace(
        data,
        positions=data.positions.clear(),
        returns=data.returns.clear(),
        exposures=data.exposures.clear(),
        stress=data.stress.clear(),
        risk_metrics=data.risk_metrics.clear(),
    )
    text = text_of(portfolio_page(bare, "EQ_US"))
    assert text.count("no data") == 3
    assert "the history on this page is empty" in text
    assert "the portfolio has no positions in this session" in text


def test_a_portfolio_without_a_row_for_the_session_says_so(data: ReportData) -> None:
    is_late = (pl.col("portfolio_id") == "EQ_US") & (pl.col("business_date") == SESSION)
    late = replace(data, portfolio_risk=data.portfolio_risk.filter(~is_late))
    reason = "no result for this session; the newest is of 28 February 2013"
    assert reason in text_of(portfolio_page(late, "EQ_US"))
    assert reason in text_of(index_page(late))


def test_a_circle_of_parents_ends(data: ReportData) -> None:
    parent = (
        pl.when(pl.col("portfolio_id") == "GLOBAL").then(pl.lit("EQ_US")).otherwise("parent_portfolio_id")
    )
    circle = replace(data, portfolio_risk=data.portfolio_risk.with_columns(parent_portfolio_id=parent))
    assert {row.portfolio_id for row in tree(circle)} == {portfolio_id for portfolio_id, *_ in TREE}
    assert "Equity" in portfolio_page(circle, "EQ_US")


def test_the_same_frames_give_the_same_bytes_in_any_row_order(data: ReportData, site: dict[str, str]) -> None:
    mixed = replace(
        data,
        portfolio_risk=data.portfolio_risk.reverse(),
        positions=data.positions.reverse(),
        returns=data.returns.reverse(),
        exposures=data.exposures.reverse(),
        stress=data.stress.reverse(),
        risk_metrics=data.risk_metrics.sort("business_date", "metric", "confidence", descending=True),
        deliveries=data.deliveries.reverse(),
        rejections=data.rejections.reverse(),
    )
    assert render_site(mixed) == site
