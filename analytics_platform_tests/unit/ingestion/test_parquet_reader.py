"""Parquet gives each typed value as exact text, or is refused."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.readers.formats import read
from analytics_platform.ingestion.readers.sheet import SheetText

NAME = parse_file_name("prices/a_2013-02-28.parquet")


def written(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()


def sheet(raw: bytes, dialect: Dialect | None = None, limits: Limits | None = None) -> SheetText:
    return read(raw, NAME, dialect or Dialect(), limits or Limits())


def refused(raw: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(DeliveryRefused) as error:
        sheet(raw, limits=limits)
    return str(error.value)


@pytest.mark.parametrize(
    ("values", "kind", "texts"),
    [
        ([Decimal("130.3100"), None], pa.decimal128(20, 4), ["130.3100", ""]),
        ([130.31, 1e-7, 1e20, 5.0, None], pa.float64(), ["130.31", "0.0000001", "1" + "0" * 20, "5", ""]),
        ([130.31, 0.1], pa.float32(), ["130.31", "0.1"]),
        ([float("nan"), float("inf")], pa.float64(), ["NaN", "inf"]),
        ([12345678901234567], pa.int64(), ["12345678901234567"]),
        ([date(2013, 2, 28), None], pa.date32(), ["2013-02-28", ""]),
        ([datetime(2013, 2, 28, tzinfo=UTC), None], pa.timestamp("ns", "UTC"), ["2013-02-28", ""]),
        ([datetime(2013, 2, 28, 1, tzinfo=UTC)], pa.timestamp("s", "UTC"), ["2013-02-28 01:00:00"]),
        ([True, False, None], pa.bool_(), ["TRUE", "FALSE", ""]),
        (["00123", ""], pa.string(), ["00123", ""]),
        (["a", "b", "a"], pa.dictionary(pa.int32(), pa.string()), ["a", "b", "a"]),
        ([None, None], pa.null(), ["", ""]),
    ],
    ids=lambda value: str(value) if isinstance(value, pa.DataType) else "",
)
def test_typed_values_are_written_exactly(
    values: Sequence[object], kind: pa.DataType, texts: list[str]
) -> None:
    found = sheet(written(pa.table({"a": pa.array(values, kind)})))
    assert found.cells["cell_0"].to_list() == texts
    assert found.cells["row_number"].to_list() == list(range(1, len(texts) + 1))


def test_values_are_written_as_the_dialect_writes_them() -> None:
    table = pa.table({"n": [1234.5], "d": [date(2013, 2, 28)], "m": pa.array([Decimal("1.50")])})
    found = sheet(written(table), Dialect(decimal_mark=",", date_format="%d.%m.%Y"))
    assert found.cells.rows() == [(1, "1234,5", "28.02.2013", "1,50")]


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"a": [[1, 2]]}),
        pa.table({"a": [{"b": 1}]}),
        pa.table({"a": pa.array([b"x"])}),
        pa.table({"a": pa.array([1], pa.duration("s"))}),
    ],
    ids=["list", "struct", "bytes", "duration"],
)
def test_columns_that_hold_no_plain_value_are_refused_by_name(table: pa.Table) -> None:
    assert "column 'a': the column holds" in refused(written(table))


def test_a_header_that_is_there_twice_is_refused() -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert "the header 'a' is there more than once" in refused(written(table))


def test_more_cells_than_allowed_are_refused_before_they_are_read() -> None:
    raw = written(pa.table({"a": pa.array([None] * 1000, pa.string())}))
    assert "1,000 rows and 1 columns, over 999 cells" in refused(raw, replace(Limits(), max_cells=999))


def test_a_damaged_file_is_refused_wherever_it_is_damaged() -> None:
    frame = pl.DataFrame({"a": [f"value {i}" for i in range(500)], "b": [float(i) for i in range(500)]})
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    raw = buffer.getvalue()
    assert "cannot be read" in refused(raw[: len(raw) // 2])
    assert "cannot be read" in refused(raw[:-12] + b"\xff\xff\xff\x7fPAR1")
    assert "cannot be read" in refused(b"PAR1" + raw[40:])
    assert "was refused" in refused(raw[:100] + b"\xff" * 200 + raw[300:])
