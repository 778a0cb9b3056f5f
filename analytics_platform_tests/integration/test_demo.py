"""The first command: from the sample files to the risk table."""

import re

import polars as pl
import pytest

from analytics_platform.storage.lake.lake import DiskLake
from analytics_platform.storage.ledger.ledger import IN_LAKE, Ledger, State
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.storage.warehouse import DuckDBWarehouse
from analytics_platform.tables.registry import DELIVERED, TABLES
from analytics_platform_tests.integration.conftest import Demo

NOT_IN_THE_SAMPLE = {"fx_forward_terms"}
PORTFOLIOS = {"GLOBAL", "EQUITY", "EQ_US", "EQ_EUR", "UST_LADDER", "OPT_OVERLAY"}


def test_the_risk_table_shows_every_portfolio(demo: Demo) -> None:
    for portfolio in PORTFOLIOS:
        assert re.search(rf"│\s+{portfolio}\s+│", demo.output), demo.output
    assert "2013-03-01" in demo.output


def test_the_numbers_of_the_last_session_are_complete(demo: Demo) -> None:
    risk = ServingStore(demo.at.settings.serving).read("portfolio_risk")
    last = risk.filter(pl.col("business_date") == pl.col("business_date").max())
    assert set(last["portfolio_id"]) == PORTFOLIOS
    numbers = ["nav_base", "day_pnl_base", "var_95_base", "var_99_base", "es_975_base", "ytd_return_rate"]
    assert last.select(pl.col(numbers).is_null().any()).row(0) == (False,) * len(numbers)
    assert risk["business_date"].n_unique() == 60


def test_value_at_risk_rises_with_confidence_and_stays_below_the_shortfall(demo: Demo) -> None:
    risk = ServingStore(demo.at.settings.serving).read("portfolio_risk")
    ordered = (
        (pl.col("var_95_base") <= pl.col("var_975_base"))
        & (pl.col("var_975_base") <= pl.col("var_99_base"))
        & (pl.col("var_99_base") <= pl.col("es_99_base"))
        & (pl.col("es_95_base") <= pl.col("es_975_base"))
    )
    assert risk.filter(~ordered).is_empty()
    assert risk.height == 60 * len(PORTFOLIOS)


def test_every_landed_file_has_a_final_state(demo: Demo) -> None:
    entries = Ledger(demo.at.settings.ledger_url).entries()
    assert {str(entry.state) for entry in entries} == {"loaded", "superseded", "quarantined"}
    landed = [path for path in demo.at.settings.sample_data.rglob("*") if path.is_file()]
    assert len(entries) == len(landed)


def test_the_accounts_of_all_files_balance_and_their_rows_are_in_the_lake(demo: Demo) -> None:
    entries = Ledger(demo.at.settings.ledger_url).entries(states=IN_LAKE)
    lake = demo.at.settings.lake
    for entry in entries:
        parts = (entry.rows_accepted, entry.rows_rejected, entry.rows_ignored)
        assert entry.rows_read == sum(part or 0 for part in parts), entry.version.key
    assert {name for name in DELIVERED if not any((lake / name).glob("*/*/*.parquet"))} == NOT_IN_THE_SAMPLE
    for name in DELIVERED.keys() - NOT_IN_THE_SAMPLE:
        objects = list((lake / name).glob("*/*/*.parquet"))
        accepted = sum(entry.rows_accepted or 0 for entry in entries if entry.dataset == name)
        assert pl.scan_parquet(objects).select(pl.len()).collect().item() == accepted, name


def test_refused_files_are_told_with_place_and_cure_and_kept(demo: Demo) -> None:
    refused = Ledger(demo.at.settings.ledger_url).entries(states=[State.QUARANTINED])
    assert len(refused) == 6
    text = " ".join(demo.output.split())
    for entry in refused:
        assert " ".join((entry.message or "").split()) in text
        folder = demo.at.settings.quarantine / entry.version.key / entry.version.version_id
        assert {path.name for path in folder.iterdir()} >= {"report.json", "report.txt"}
        assert (folder / entry.version.key.rpartition("/")[2]).stat().st_size == entry.version.size


def test_the_one_bad_row_is_kept_in_the_senders_own_columns(demo: Demo) -> None:
    (rejected,) = (demo.at.settings.quarantine / "prices").glob("index-vendor_*/*/rejected.csv")
    rows = pl.read_csv(rejected, infer_schema=False)
    assert rows.height == 1
    assert rows["Level"].to_list() == ["n.q."]
    assert "not a number" in rows["reason"][0]


def test_the_restated_position_counts_and_the_first_one_is_still_there(demo: Demo) -> None:
    lake = DiskLake(demo.at.settings.lake)
    restated = (pl.col("portfolio_id") == "EQ_US") & (pl.col("instrument_id") == "EQ_MSFT")
    day = pl.col("business_date").cast(pl.String) == "2013-02-28"
    ibor = pl.col("book") == "ibor"
    current = lake.read(TABLES["positions"]).filter(restated, day, ibor)
    assert [int(quantity) for quantity in current["quantity"]] == [462_100]
    files = list((lake.root / "positions").glob("*/*/*.parquet"))
    known = pl.scan_parquet(files).filter(restated, day, ibor).sort("known_at").collect()
    assert [int(quantity) for quantity in known["quantity"]] == [426_100, 462_100]


@pytest.mark.parametrize("name", sorted(DELIVERED))
def test_sql_and_python_agree_on_which_rows_are_current(demo: Demo, name: str) -> None:
    table = DELIVERED[name]
    columns = [*table.columns.names(), "delivery_id", "row_number"]
    by_sql = DuckDBWarehouse(demo.at.settings.warehouse).read(f"staging.stg_{name}", columns)
    by_python = DiskLake(demo.at.settings.lake).read(table).select(columns)
    order = ["delivery_id", "row_number"]
    assert by_sql.sort(columns).rows() == by_python.sort(columns).rows(), order


def test_a_second_demo_does_nothing(demo: Demo) -> None:
    before = _tree(demo)
    done = demo.at.run("demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing changed" in done.stdout
    assert _tree(demo) == before


def _tree(demo: Demo) -> dict[str, int]:
    roots = (demo.at.settings.lake, demo.at.settings.serving, demo.at.settings.pages)
    return {str(path): path.stat().st_mtime_ns for root in roots for path in root.rglob("*")}
