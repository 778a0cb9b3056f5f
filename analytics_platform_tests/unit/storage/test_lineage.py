"""From a number to the rows of the files, and back to the number."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from analytics_platform.storage.lineage.chain import Link
from analytics_platform.storage.lineage.lineage import UnknownMetricError, explain, metric_name
from analytics_platform.storage.published.versions import Version
from analytics_platform_tests.unit.storage.small_home import MONDAY, TUESDAY, SmallHome, price

EIGHT, NINE = (datetime(2013, 2, 27, hour, tzinfo=UTC) for hour in (8, 9))


@pytest.fixture
def home(tmp_path: Path) -> SmallHome:
    made = SmallHome(tmp_path)
    made.first_deliveries(EIGHT)
    return made


@pytest.fixture
def version(home: SmallHome) -> Version:
    return home.publish(EIGHT, "run-1")


def _walk(link: Link) -> Iterator[Link]:
    yield link
    for below in link.links:
        yield from _walk(below)


def _places(link: Link) -> dict[str, str]:
    return {each.label: str(each.origin) for each in _walk(link) if each.origin is not None}


@pytest.mark.parametrize(
    ("portfolio", "nav"),
    [("BOOK", "1100"), ("EURO", "920"), ("TOP", "2250")],
    ids=["leaf", "other base", "tree"],
)
def test_the_rows_of_the_files_recompute_to_the_net_asset_value(
    home: SmallHome, version: Version, portfolio: str, nav: str
) -> None:
    chain = explain(home.book(version, portfolio), "nav")
    assert chain.is_whole
    assert chain.root.value == chain.root.links[0].value == Decimal(nav)
    leaves = chain.root.links[0].links
    assert sum(position.value for leaf in leaves for position in leaf.links) == Decimal(nav)  # type: ignore[misc]  # every position has a value


def test_each_number_names_its_file_and_row(home: SmallHome, version: Version) -> None:
    chain = explain(home.book(version, "EURO"), "nav_base")
    assert _places(chain.root) == {
        "100 STOCK": "positions/admin.xlsx, row 5",
        "price of STOCK in USD": "prices/vendor.csv, row 3",
        "instrument STOCK: equity in USD, multiplier": "instruments/office.csv, row 2",
        "40 CASH_EUR": "positions/admin.xlsx, row 7",
        "instrument CASH_EUR: cash in EUR, multiplier": "instruments/office.csv, row 3",
        "1 EUR = 1.25 USD, fixing of 2013-02-26": "fx_rates/ecb.csv, row 3",
        "EURO under TOP, EUR": "portfolios/office.csv, row 4",
    }
    run = chain.root.links[-1]
    assert {"run: run-1", "code and model: 0.1.0/1"} <= {link.label for link in run.links}


def test_an_older_version_is_explained_by_the_rows_that_it_knew(home: SmallHome, version: Version) -> None:
    home.deliver("prices", "prices/late.csv", [price(TUESDAY, "12")], NINE, (TUESDAY, TUESDAY))
    second = home.publish(NINE, "run-2")
    old, new = (explain(home.book(each, "BOOK"), "nav") for each in (version, second))
    assert (old.root.value, new.root.value) == (Decimal(1100), Decimal(1200))
    assert _places(old.root)["price of STOCK in USD"] == "prices/vendor.csv, row 3"
    assert _places(new.root)["price of STOCK in USD"] == "prices/late.csv, row 2"
    assert old.is_whole
    assert new.is_whole


def test_a_published_number_that_its_rows_do_not_give_is_told(home: SmallHome, version: Version) -> None:
    tables = {name: home.store.table(version, name) for name in version.tables}
    cent_more = tables["portfolio_risk"].with_columns(pl.col("nav_base") + Decimal("0.01"))
    wrong = home.store.publish(
        {**tables, "portfolio_risk": cent_more}, run_id="run-2", known_at=NINE, code_version="0.1.0/1"
    )
    chain = explain(home.book(wrong, "BOOK"), "nav")
    assert not chain.is_whole
    assert chain.remarks == ("the positions give 1,100.00, which is NOT nav_base",)


def test_a_row_that_the_lake_lost_is_told(home: SmallHome, version: Version) -> None:
    for file in (home.root / "lake" / "prices").rglob("*.parquet"):
        rows = pl.read_parquet(file)
        rows.filter(pl.col("business_date") == MONDAY).write_parquet(file)
    chain = explain(home.book(version, "BOOK"), "nav")
    assert not chain.is_whole
    assert "price of STOCK in USD: its row is not in the lake" in {link.label for link in _walk(chain.root)}


def test_a_number_that_is_missing_is_told_with_its_reason(home: SmallHome, version: Version) -> None:
    tables = {name: home.store.table(version, name) for name in version.tables}
    missing = tables["portfolio_risk"].with_columns(
        nav_base=pl.lit(None, pl.Decimal(38, 8)), reason=pl.lit("no price of STOCK")
    )
    empty = home.store.publish(
        {**tables, "portfolio_risk": missing}, run_id="run-2", known_at=NINE, code_version="0.1.0/1"
    )
    chain = explain(home.book(empty, "BOOK"), "nav")
    assert chain.root.value is None
    assert chain.remarks[0] == "there is no value: no price of STOCK"
    assert chain.is_whole


@pytest.mark.parametrize("text", ["net_asset_value", "", "status", "var_96"])
def test_an_unknown_metric_lists_the_known_ones(text: str) -> None:
    with pytest.raises(
        UnknownMetricError, match=r"known are nav_base, day_pnl_base, .*worst_stress_pnl_base"
    ):
        metric_name(text)
