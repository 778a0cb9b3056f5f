"""However a file is cut into batches, and whichever rows are taken at once, the result is the same."""

import csv
import io
from functools import partial
from pathlib import Path
from typing import Literal

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pyarrow import parquet

from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform.ingestion.dialects.dialect import CANONICAL, Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.parsing import passes
from analytics_platform.ingestion.parsing.ingest import ingest
from analytics_platform.ingestion.parsing.parse import ParseResult, parse_batch
from analytics_platform.ingestion.protocol import ACCEPTED_FILE, REJECTED_FILE
from analytics_platform.ingestion.readers import csv_reader
from analytics_platform.tables.registry import DELIVERED
from analytics_platform_tests.unit.ingestion.deliveries import (
    PRICE_HEADER,
    PRICE_ROW,
    delivered,
    delivered_prices,
    prices_csv,
)

Quoting = Literal[0, 1]
"""QUOTE_MINIMAL or QUOTE_ALL."""

NAME = parse_file_name("prices/v_2013-02-28.csv")
GOOD = PRICE_ROW.split(",")
CELLS = st.sampled_from(
    [
        *GOOD,
        *("", " ", "-1", "+2", "1e5", "x", "#N/A", "n/a", "2013-02-27", "0.123456789", "1.1000000000"),
        *("99999999999", "12345678901.5", "-0.00000001", ".5", "5.", "1,5", "1 000", "Total", '"', "a\nb"),
        *("\u00e9", "448", "441.39", " EQ_AAPL ", "usd", "GBX", "settle"),
    ]
)
ROWS = st.lists(
    st.one_of(
        st.just(GOOD),
        st.tuples(st.integers(0, 8), CELLS).map(lambda at: [*GOOD[: at[0]], at[1], *GOOD[at[0] + 1 :]]),
        st.text("ABC", min_size=1, max_size=2).map(lambda name: [GOOD[0], f"EQ_{name}", *GOOD[2:]]),
        st.lists(CELLS, max_size=11),
    ),
    max_size=14,
)
DIALECTS = st.sampled_from(
    [
        CANONICAL,
        Dialect(ignore_rows="^Total"),
        Dialect(null_words=("n/a", "-1"), decimal_mark=",", thousands_mark="."),
        Dialect(percent=("volume",), words={"currency": {"usd": "USD"}}),
        Dialect(scale={"close_local": "0.01"}, constants={"currency": "USD"}, ignore_columns=("currency",)),
        Dialect(constants={"currency": "dollar"}, columns={"volume": "currency"}),
        Dialect(minor_unit_columns=("close_local",)),
        Dialect(total_rows="^Total", total_columns=("close_local",)),
    ]
)


def as_csv(rows: list[list[str]], quoting: Quoting) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=quoting).writerows([PRICE_HEADER.split(","), *rows])
    return buffer.getvalue().encode()


def files(raw: bytes, dialect: Dialect, folder: Path, most_rows: int | None) -> tuple[object, ...]:
    """Rows of both files and everything that is told, or the refusal."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "delivered"
    path.write_bytes(raw)
    read = partial(csv_reader.batches, most_rows=most_rows)
    try:
        found = ingest(path, NAME, dialect, Limits(), folder, read=read)
    except DeliveryRefused as refused:
        assert not (folder / ACCEPTED_FILE).exists()
        assert not (folder / REJECTED_FILE).exists()
        return (str(refused),)
    frames = [pl.read_parquet(folder / file) for file in (ACCEPTED_FILE, REJECTED_FILE)]
    return *((frame.schema, frame.rows()) for frame in frames), found


@given(
    ROWS, DIALECTS, st.integers(1, 4), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.integers(1, 9)
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_batches_of_any_size_give_the_same_files_findings_and_counts(  # noqa: PLR0913, PLR0917 - one for each draw
    tmp_path: Path, rows: list[list[str]], dialect: Dialect, most_rows: int, quoting: Quoting, together: int
) -> None:
    raw = as_csv(rows, quoting)
    whole = files(raw, dialect, tmp_path / "whole", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "ROWS_TOGETHER", together)
        assert files(raw, dialect, tmp_path / "cut", most_rows) == whole


def one_by_one(raw: bytes, dialect: Dialect) -> ParseResult | str:
    """All rows of a file through the checks that look at every cell, in one batch; or why it is refused."""
    try:
        sheet = csv_reader.read_csv(raw, NAME, dialect, Limits())
        return parse_batch(sheet, DELIVERED["prices"], dialect, NAME)
    except DeliveryRefused as refused:
        return str(refused)


def streamed(raw: bytes, dialect: Dialect) -> ParseResult | str:
    """Do the same by the way that deliveries take."""
    try:
        return delivered(raw, str(NAME), dialect)
    except DeliveryRefused as refused:
        return str(refused)


@given(ROWS, DIALECTS.filter(lambda dialect: dialect.total_rows is None))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_rows_taken_at_once_are_those_that_pass_one_by_one_with_the_same_values(
    rows: list[list[str]], dialect: Dialect
) -> None:
    numbered = [
        row if len(row) < 2 else [row[0], f"{row[1]}{place}", *row[2:]] for place, row in enumerate(rows)
    ]
    raw = as_csv(numbered, csv.QUOTE_MINIMAL)
    expected, found = one_by_one(raw, dialect), streamed(raw, dialect)
    if isinstance(expected, str) or isinstance(found, str):
        assert found == expected
        return
    assert_frame_equal(found.accepted, expected.accepted)
    assert found.rejected.rows() == expected.rejected.rows()
    assert (found.counts, found.findings, found.notes) == (expected.counts, expected.findings, expected.notes)


@pytest.mark.parametrize("most_rows", [1, 2, 3, None])
def test_all_rows_of_a_key_are_rejected_in_whatever_batches_they_are(most_rows: int | None) -> None:
    others = [PRICE_ROW.replace("AAPL", f"A{place}") for place in range(5)]
    rows = [PRICE_ROW, *others[:3], PRICE_ROW.replace("USD", "usd"), *others[3:], PRICE_ROW, "x"]
    result = delivered(prices_csv(*rows), str(NAME), None, most_rows)
    message = (
        "the key (business_date=2013-02-28, instrument_id='EQ_AAPL', price_type='close') is there more than "
        "once: rows 2, 6, 9"
    )
    reasons = dict(result.rejected.select("row_number", "reason").iter_rows())
    assert list(reasons) == [2, 6, 9, 10]
    assert reasons[2] == reasons[9] == message
    assert reasons[6].endswith(f"not of the form ^[A-Z]{{3}}$; {message}")
    assert result.accepted["row_number"].to_list() == [3, 4, 5, 7, 8]


def test_a_double_that_is_only_suspected_rejects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [PRICE_ROW.replace("AAPL", f"A{place}") for place in range(40)]
    monkeypatch.setattr(
        "analytics_platform.ingestion.parsing.keys.column_hashes",
        lambda values: pl.zeros(len(values), pl.UInt64, eager=True).to_numpy(),
    )
    assert delivered_prices(*rows).counts.accepted == 40


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['1,"2'], "row 20002: a quotation mark is opened and never closed"),
        (["1,\xff"], "row 20002"),
    ],
    ids=["quotation mark", "encoding"],
)
def test_an_error_behind_many_batches_leaves_nothing_behind(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    raw = "\n".join([PRICE_HEADER, *[PRICE_ROW] * 20_000, *lines]).encode("latin-1")
    assert message in str(files(raw, CANONICAL, tmp_path, 1000)[0])


@pytest.mark.slow
def test_a_large_file_is_read_in_flat_memory_and_no_row_is_lost(tmp_path: Path) -> None:
    peaks = [peak_of(tmp_path, rows) for rows in (600_000, 1_500_000)]
    assert peaks[1] < 700_000_000
    assert peaks[1] < peaks[0] * 1.3


def peak_of(folder: Path, rows: int) -> int:
    """Largest memory of a child that reads so many rows."""
    path = folder / f"{rows}.csv"
    lines = (PRICE_ROW.replace("AAPL", str(place)) for place in range(rows))
    path.write_text("\n".join([PRICE_HEADER, *lines, ""]), "utf-8")
    with ParsingChild() as child:
        found = child.parse(path, NAME, CANONICAL, folder)
        assert found.counts.accepted == rows
        assert parquet.read_metadata(found.accepted).num_rows == rows
        status = Path(f"/proc/{child.pid}/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) << 10
