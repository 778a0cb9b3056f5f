"""The child parses untrusted files; whatever kills it, the parent blames the file and takes the next one."""

import io
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from analytics_platform.ingestion.child.child import ParsingChild, ParsingFailed
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.tables.registry import DELIVERED
from analytics_platform_tests.unit.ingestion.deliveries import PRICE_ROW, prices_csv

CSV = parse_file_name("prices/vendor_2013-02-28.csv")
XLSX = parse_file_name("prices/vendor_2013-02-28.xlsx")
PARQUET = parse_file_name("prices/vendor_2013-02-28.parquet")
LARGE = prices_csv() + f"{PRICE_ROW}\n".encode() * 700_000
GIBIBYTE = 1 << 30
LIMITS = replace(Limits(), memory_bytes=2 * GIBIBYTE, seconds=60.0)

Put = Callable[[bytes], Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(raw: bytes) -> Path:
        path = tmp_path / "delivered"
        path.write_bytes(raw)
        return path

    return write


@pytest.fixture(scope="module")
def shared() -> Iterator[ParsingChild]:
    with ParsingChild(LIMITS) as child:
        yield child


def works(child: ParsingChild, put: Put, output: Path) -> bool:
    """Whether the child parses a good file."""
    return child.parse(put(prices_csv(PRICE_ROW)), CSV, Dialect(), output).counts.accepted == 1


def test_accepted_and_rejected_rows_come_back_as_files(
    shared: ParsingChild, put: Put, tmp_path: Path
) -> None:
    raw = prices_csv(PRICE_ROW, PRICE_ROW.replace("AAPL", "?"), "Total,,,,,,,,")
    dialect = Dialect(max_rejected_rows=1, ignore_rows="^Total")
    found = shared.parse(put(raw), CSV, dialect, tmp_path)
    accepted = pl.read_parquet(found.accepted)
    assert accepted.schema == DELIVERED["prices"].lake_columns
    assert accepted["source"].unique().to_list() == ["vendor"]
    assert accepted["instrument_id"].to_list() == ["EQ_AAPL"]
    assert pl.read_parquet(found.rejected)["instrument_id"].to_list() == ["EQ_?"]
    assert (found.counts.read, found.counts.ignored) == (3, 1)
    assert [finding.row for finding in found.findings] == [3]


def test_a_delivery_refused_for_its_rows_leaves_them_with_their_reasons(
    shared: ParsingChild, put: Put, tmp_path: Path
) -> None:
    with pytest.raises(DeliveryRefused, match="column 'instrument_id', value 'EQ_\\?'") as refused:
        shared.parse(put(prices_csv(PRICE_ROW, PRICE_ROW.replace("AAPL", "?"))), CSV, Dialect(), tmp_path)
    assert refused.value.counts is not None
    assert refused.value.counts.rejected == 1
    assert pl.read_parquet(tmp_path / "rejected.parquet")["row_number"].to_list() == [3]


def test_a_refused_file_leaves_the_child_alive(shared: ParsingChild, put: Put, tmp_path: Path) -> None:
    assert works(shared, put, tmp_path)
    before = shared.pid
    with pytest.raises(DeliveryRefused, match="does not start as such a file"):
        shared.parse(put(prices_csv(PRICE_ROW)), XLSX, Dialect(), tmp_path)
    assert works(shared, put, tmp_path)
    assert shared.pid == before


def test_a_file_that_breaks_its_reader_is_refused_and_the_next_file_works(
    shared: ParsingChild, put: Put, tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    cells = pa.DictionaryArray.from_arrays(pa.array([0] * 40, pa.int32()), ["x" * (64 << 20)])
    table = pa.table({"instrument_id": cells})
    parquet.write_table(table, buffer, compression="zstd", store_schema=False)
    bomb = buffer.getvalue()
    assert len(bomb) < 10_000
    with pytest.raises(DeliveryRefused, match=r"within the limits of 2,048 MiB"):
        shared.parse(put(bomb), PARQUET, Dialect(), tmp_path)
    assert works(shared, put, tmp_path)


def kill(child: ParsingChild) -> None:
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)


def test_a_child_killed_in_the_middle_of_a_file_refuses_it_and_the_next_file_works(
    shared: ParsingChild, put: Put, tmp_path: Path
) -> None:
    rejected = tmp_path / "rejected.parquet"

    def kill_when_first_rows_are_written() -> None:
        while not rejected.exists():
            time.sleep(0.001)
        kill(shared)

    killer = threading.Thread(target=kill_when_first_rows_are_written)
    killer.start()
    with pytest.raises(DeliveryRefused, match="it ended by SIGKILL"):
        shared.parse(put(LARGE), CSV, Dialect(), tmp_path)
    killer.join()
    assert not rejected.exists()
    assert not (tmp_path / "accepted.parquet").exists()
    assert works(shared, put, tmp_path)


def test_a_child_that_died_while_idle_costs_no_file(shared: ParsingChild, put: Put, tmp_path: Path) -> None:
    assert works(shared, put, tmp_path)
    before = shared.pid
    kill(shared)
    assert works(shared, put, tmp_path)
    assert shared.pid != before


def test_an_error_of_ours_is_no_fault_of_the_file(shared: ParsingChild, put: Put, tmp_path: Path) -> None:
    with pytest.raises(ParsingFailed, match="FileNotFoundError"):
        shared.parse(put(prices_csv(PRICE_ROW)), CSV, Dialect(), tmp_path / "nowhere")
    assert works(shared, put, tmp_path)


def test_a_file_that_needs_more_memory_than_allowed_is_refused(put: Put, tmp_path: Path) -> None:
    with (
        ParsingChild(replace(LIMITS, memory_bytes=700 << 20)) as child,
        pytest.raises(
            DeliveryRefused, match=r"prices/vendor_2013-02-28.csv was refused: the file could not be"
        ),
    ):
        child.parse(put(LARGE), CSV, Dialect(), tmp_path)


def test_a_file_that_takes_too_long_is_refused_and_the_next_file_works(put: Put, tmp_path: Path) -> None:
    with ParsingChild(replace(LIMITS, seconds=0.2)) as child:
        with pytest.raises(DeliveryRefused, match=r"it took more than 0.2 seconds"):
            child.parse(put(LARGE), CSV, Dialect(), tmp_path)
        child.limits = LIMITS
        assert works(child, put, tmp_path)


def test_a_child_that_cannot_start_is_no_fault_of_the_file(put: Put, tmp_path: Path) -> None:
    with (
        ParsingChild(LIMITS, {"PYTHONHOME": str(tmp_path)}) as child,
        pytest.raises(ParsingFailed, match="did not start"),
    ):
        works(child, put, tmp_path)


def test_the_child_inherits_no_environment_and_ends_with_its_parent(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_TEST", "x")
    with ParsingChild(LIMITS) as child:
        assert works(child, put, tmp_path)
        process = Path(f"/proc/{child.pid}")
        assert b"SECRET_OF_THE_TEST" not in (process / "environ").read_bytes()
    assert not process.exists()
