"""What explains the results: shown with its reason where it is missing, harmless, of known columns."""

from dataclasses import fields, replace
from pathlib import Path

import polars as pl
import pytest
import yaml

from analytics_platform.report.analyses import ANALYSES, NOT_COMPUTED
from analytics_platform.report.data import ReportData
from analytics_platform.report.format import DASH
from analytics_platform.report.pages import portfolio_page, render_site
from analytics_platform.tables.registry import TABLES
from analytics_platform_tests.unit.report.demo_frames import demo_data
from analytics_platform_tests.unit.report.demo_holdings import SESSION
from analytics_platform_tests.unit.report.reading import cells_of, text_of

HOSTILE = "<script>alert(1)</script>"
MODELS = Path(__file__).parents[3] / "dbt" / "models"


@pytest.fixture(scope="module")
def data() -> ReportData:
    return replace(demo_data(), analyses={name: _frame(name) for name in ANALYSES})


def _frame(name: str) -> pl.DataFrame:
    """One row of EQ_US whose numbers are missing and whose texts are hostile."""
    row: dict[str, object] = {"business_date": SESSION, "portfolio_id": "EQ_US"}
    for field in fields(ANALYSES[name]):
        if field.name in row:
            continue
        if field.type in {float | None, bool | None, int | None}:
            row[field.name] = None
        elif field.type is float:
            row[field.name] = 0.99
        elif field.type is int:
            row[field.name] = 250
        else:
            row[field.name] = HOSTILE
    known = {"instrument_id": "EQ_AAPL", "period": "day", "metric": "value_at_risk", "status": "missing"}
    row |= {key: value for key, value in known.items() if key in row}
    if name == "limit_utilisation":
        row |= {"state": "missing", "confidence": "0.99"}
    return pl.DataFrame([row])


@pytest.mark.parametrize("name", ANALYSES)
def test_every_column_that_is_shown_is_in_the_contract(name: str) -> None:
    shown = {field.name for field in fields(ANALYSES[name])}
    if name in TABLES:
        assert shown <= set(TABLES[name].columns.names())
        return
    (model,) = [*MODELS.glob(f"marts/fct_{name}.yml"), *MODELS.glob(f"reporting/rpt_{name}.yml")]
    (described,) = yaml.safe_load(model.read_text("utf-8"))["models"]
    assert shown <= {column["name"] for column in described["columns"]}


def test_missing_values_are_dashes_with_their_reason_and_never_zero(data: ReportData) -> None:
    html = portfolio_page(data, "EQ_US")
    (split,) = [row for row in cells_of(html) if row[0] == "Day" and row[1:] == [DASH] * 6]
    assert split
    assert f'<abbr class="none" title="{HOSTILE.replace("<", "&lt;").replace(">", "&gt;")}">' in html


def test_hostile_texts_are_shown_and_not_run(data: ReportData) -> None:
    site = render_site(data)
    for name in ("portfolio_EQ_US.html", "data_quality.html", "backtest.html"):
        assert "<script" not in site[name].lower()
        assert HOSTILE in text_of(site[name])


def test_a_version_without_these_tables_says_so_and_shows_no_zero() -> None:
    site = render_site(demo_data())
    assert text_of(site["data_quality.html"]).count("not computed") >= 16
    assert "nothing found" not in text_of(site["data_quality.html"])
    assert NOT_COMPUTED in text_of(site["portfolio_EQ_US.html"])
    assert "no data" in text_of(site["backtest.html"])


def test_a_limit_tells_its_state_in_words_beside_its_bar(data: ReportData) -> None:
    breach = data.analyses["limit_utilisation"].with_columns(
        limit_id=pl.lit("VAR_EQ"), metric=pl.lit("value_at_risk_rate"), confidence=pl.lit("0.99"),
        dimension=pl.lit(None, pl.String), value_rate=pl.lit(0.024), upper=pl.lit(0.02),
        utilisation_rate=pl.lit(1.2), state=pl.lit("breach"), n_sessions_in_state=pl.lit(3),
        reason=pl.lit(None, pl.String),
    )  # fmt: skip
    html = portfolio_page(replace(data, analyses={"limit_utilisation": breach}), "EQ_US")
    (cells,) = [row for row in cells_of(html) if row[0] == "VAR_EQ: Value at risk 99.0%"]
    assert cells[1:] == ["2.40%", DASH, "2.00%", "120.0%", "breach", "3"]
    assert "width:100%" in html


def test_the_heading_counts_historical_scenarios_whatever_other_methods_simulate(data: ReportData) -> None:
    simulated = data.risk_metrics.with_columns(method=pl.lit("monte_carlo"), n_scenarios=pl.lit(20_000))
    mixed = pl.concat([data.risk_metrics, simulated], how="vertical_relaxed")
    text = text_of(portfolio_page(replace(data, risk_metrics=mixed), "EQ_US"))
    assert "historical simulation, 500 scenarios" in text
