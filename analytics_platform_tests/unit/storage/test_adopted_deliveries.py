"""Putting a file that the parsing child has written: once published it is never changed, before it may be."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from analytics_platform.storage.lake.lake import Delivery, DiskLake, Lake
from analytics_platform.tables.market import FX_RATES
from analytics_platform.tables.platform import DELIVERIES

DAY = date(2013, 2, 25)
DELIVERY = Delivery("d1", "ecb", DAY, DAY, datetime(2013, 3, 1, tzinfo=UTC))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return an empty lake."""
    return DiskLake(tmp_path / "lake")


def _file(folder: Path, rate: str) -> Path:
    frame = pl.DataFrame(
        [
            {
                "business_date": DAY,
                "base_currency": "EUR",
                "quote_currency": "USD",
                "rate": Decimal(rate),
                "source": "ecb",
                "delivery_id": "d1",
                "known_at": DELIVERY.known_at,
                "row_number": 2,
            }
        ],
        schema=FX_RATES.lake_columns,
    )
    path = folder / "accepted.parquet"
    frame.write_parquet(path)
    return path


def _publish(lake: Lake) -> None:
    texts = dict.fromkeys(("uri", "version_id", "sha256", "run_id"), "x")
    counts = {"rows_read": 1, "rows_accepted": 1, "rows_rejected": 0, "rows_ignored": 0}
    facts = {"table_name": "fx_rates", "first_date": DAY, "last_date": DAY, "sheet": None, **texts, **counts}
    lake.publish(FX_RATES, DELIVERY, pl.DataFrame([facts], schema=DELIVERIES.columns))


def test_what_a_killed_attempt_has_put_is_replaced_and_what_is_published_is_not(
    lake: Lake, tmp_path: Path
) -> None:
    lake.adopt(FX_RATES, _file(tmp_path, "1.3"), DELIVERY)
    lake.adopt(FX_RATES, _file(tmp_path, "1.4"), DELIVERY)
    _publish(lake)
    lake.adopt(FX_RATES, _file(tmp_path, "1.5"), DELIVERY)
    assert lake.read(FX_RATES)["rate"].to_list() == [Decimal("1.4")]


def test_a_file_of_other_columns_is_refused_by_name(lake: Lake, tmp_path: Path) -> None:
    path = _file(tmp_path, "1.3")
    pl.read_parquet(path).with_columns(pl.col("rate").cast(pl.Float64)).write_parquet(path)
    with pytest.raises(ValueError, match=r"rate: expected Decimal.*found Float64"):
        lake.adopt(FX_RATES, path, DELIVERY)
