"""What CONTRIBUTING.md promises: each worked example does what it says, and the gates take it."""

import re
from pathlib import Path

import polars as pl
import pytest

from analytics_platform.storage.lake.lake import DiskLake
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.storage.warehouse import DuckDBWarehouse
from analytics_platform.tables.registry import TABLES
from analytics_platform_tests.contributing.worked_example import (
    CHECKOUT,
    DOCUMENTS,
    Checkout,
    blocks,
    checkout,
    do,
)

EXAMPLES = sorted(path.stem for path in DOCUMENTS.glob("*.md"))


@pytest.fixture
def copy(tmp_path: Path) -> Checkout:
    return checkout(tmp_path)


def test_contributing_leads_to_every_example() -> None:
    text = (CHECKOUT / "CONTRIBUTING.md").read_text("utf-8")
    assert EXAMPLES == ["dataset", "dbt_model", "measure", "source", "state"]
    assert sorted(re.findall(r"\(docs/contributing/(\w+)\.md\)", text)) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_file_that_an_example_shows_is_named(name: str) -> None:
    shown = [block for block in blocks(name) if block.kind == "diff" or block.is_new]
    assert shown
    assert shown[0].path


@pytest.mark.parametrize("name", EXAMPLES)
def test_contributing_tells_how_many_files_are_touched(name: str) -> None:
    text = (CHECKOUT / "CONTRIBUTING.md").read_text("utf-8")
    (told,) = re.findall(rf"\({DOCUMENTS.parent.name}/contributing/{name}\.md\) \| (\d+) files? \|", text)
    touched = {block.path for block in blocks(name) if block.path}
    assert int(told) == sum(not path.startswith(".analytics/") for path in touched)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_does_what_it_says(name: str, copy: Checkout) -> None:
    do(blocks(name), copy)


@pytest.mark.slow
def test_files_of_a_new_source_come_into_the_lake(copy: Checkout) -> None:
    do(blocks("source"), copy, whole=True)
    prices = DiskLake(copy.folder / ".analytics" / "lake").read(TABLES["prices"])
    assert prices.select("source", "instrument_id", pl.col("close_local").cast(pl.String)).rows() == [
        ("acme", "EQ_IBM", "202.91000000"),
        ("acme", "EQ_AAPL", "430.47000000"),
    ]


@pytest.mark.slow
def test_a_new_state_is_entered_in_the_emulated_account(copy: Checkout) -> None:
    do(blocks("state"), copy, whole=True)


@pytest.mark.slow
def test_dataset_measure_and_model_go_through_the_whole_chain(copy: Checkout) -> None:
    for name in ("dataset", "measure", "dbt_model"):
        do(blocks(name), copy, whole=True)
    home = copy.folder / ".analytics"
    warehouse = DuckDBWarehouse(home / "warehouse.duckdb")
    ratings = warehouse.read("staging.stg_credit_ratings", ["instrument_id", "rating"])
    assert sorted(ratings.rows()) == [("EQ_AAPL", "AA+"), ("EQ_IBM", "AA-")]
    published = ServingStore(home / "serving").read("risk_metrics").filter(metric="median_shortfall")
    assert published["value"].null_count() == 0
    assert published["confidence"].unique().sort().to_list() == [0.95, 0.975, 0.99]
    worst = warehouse.read("marts.fct_worst_days", ["instrument_id", "total_return_rate"])
    assert not worst.is_empty()
    assert worst.filter(pl.col("total_return_rate") >= 0).is_empty()


@pytest.mark.slow
def test_the_gates_take_the_examples(copy: Checkout) -> None:
    """Style, types, layers, SQL; and the test that compares SQL with the delivered tables."""
    changed = [path for name in EXAMPLES for path in copy.apply(blocks(name))]
    python = " ".join(path for path in changed if path.endswith(".py"))
    for gate in (
        f".venv/bin/ruff check {python}",
        f".venv/bin/ruff format --check {python}",
        f".venv/bin/mypy {python}",
        ".venv/bin/lint-imports",
        f".venv/bin/sqlfluff lint {' '.join(path for path in changed if path.endswith('.sql'))}",
        ".venv/bin/pytest -q analytics_platform_tests/defs/test_marts.py -k sql_knows_every_delivered_table",
    ):
        copy.run(gate)
