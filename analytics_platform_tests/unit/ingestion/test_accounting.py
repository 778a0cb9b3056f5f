"""Whatever a file holds, its account balances, and what is accepted keeps the contract of the table."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics_platform.ingestion.accounting import AccountingError, RowCounts
from analytics_platform.ingestion.dialects.columns import Unpivot
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.parsing.delivery_files import AcceptedFile, RejectedFile
from analytics_platform.ingestion.parsing.ingest import ingest
from analytics_platform.ingestion.readers.packed_sheet import PackedSheet
from analytics_platform.tables.registry import DELIVERED
from analytics_platform_tests.unit.ingestion.deliveries import PRICE_HEADER, PRICE_ROW, delivered

GOOD = PRICE_ROW.split(",")
CELLS = st.sampled_from(
    [
        *GOOD,
        "",
        " ",
        "#N/A",
        "x",
        "1e5",
        "Total",
        "2013-02-27",
        "0.123456789",
        '"',
        "a\nb",
        "\u00e9",
        "-1",
        "1,5",
    ]
)
ROWS = st.lists(
    st.one_of(
        st.just(GOOD),
        st.lists(CELLS, min_size=0, max_size=11),
        st.tuples(st.integers(0, 8), CELLS).map(
            lambda change: [*GOOD[: change[0]], change[1], *GOOD[change[0] + 1 :]]
        ),
        st.text("ABC", min_size=1, max_size=2).map(lambda name: [GOOD[0], f"EQ_{name}", *GOOD[2:]]),
    ),
    max_size=12,
)


def as_csv(header: list[str], rows: list[list[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return buffer.getvalue().encode()


@given(ROWS, st.sampled_from([None, "^Total", "a"]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_every_row_of_a_file_is_accounted_for_once(rows: list[list[str]], ignore_rows: str | None) -> None:
    raw = as_csv(PRICE_HEADER.split(","), rows)
    result = delivered(raw, "prices/v_2013-02-28.csv", Dialect(ignore_rows=ignore_rows))
    assert result.counts.read == len(rows)
    accepted = set(result.accepted["row_number"])
    rejected = set(result.rejected["row_number"])
    assert not accepted & rejected
    assert accepted | rejected <= set(range(2, len(rows) + 2))
    assert DELIVERED["prices"].schema.is_valid(result.accepted.drop("row_number"))
    assert result.rejected["reason"].str.len_chars().min() != 0


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_every_cell_of_a_wide_file_is_accounted_for_once(rows: list[tuple[str, str, str]]) -> None:
    wide = Unpivot(names_to="quote_currency", values_to="rate", columns={"USD": "USD", "JPY": "JPY"})
    dialect = Dialect(constants={"base_currency": "EUR"}, unpivot=wide, ignore_rows="^Total")
    raw = as_csv(["business_date", "USD", "JPY"], [list(row) for row in rows])
    result = delivered(raw, "fx_rates/v_2013-02-28.csv", dialect)
    left_out = sum(not any(cell.strip() for cell in row) for row in rows)
    left_out += sum(next((cell for cell in row if cell.strip()), "").startswith("Total") for row in rows)
    assert result.counts.read == 2 * len(rows) - left_out
    assert DELIVERED["fx_rates"].schema.is_valid(result.accepted.drop("row_number"))


@given(st.binary(max_size=200), st.sampled_from(["csv", "tsv", "csv.gz", "xlsx", "xls", "parquet"]))
@settings(max_examples=40)
def test_random_bytes_are_refused_and_nothing_else_happens(raw: bytes, extension: str) -> None:
    with pytest.raises(DeliveryRefused):
        delivered(raw, f"prices/v_2013-02-28.{extension}")


@pytest.mark.parametrize("counts", [(3, 1, 1, 0), (1, 1, 1, 0), (0, 1, -1, 0), (1, 0, 0, 2), (-1, -1, 0, 0)])
def test_an_account_that_does_not_balance_cannot_be_made(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(AccountingError):
        RowCounts(*counts)


def test_an_account_that_balances_can() -> None:
    assert RowCounts(4, 2, 1, 1).read == 4


def test_accounts_of_batches_add_up() -> None:
    assert RowCounts(4, 2, 1, 1) + RowCounts(3, 3, 0, 0) == RowCounts(7, 5, 1, 1)


@pytest.mark.parametrize("written", [(1, 1), (2, 0), (3, 1), (1, 2)])
def test_files_with_other_rows_than_the_account_are_an_error(written: tuple[int, int]) -> None:
    RowCounts(4, 2, 1, 1).check_written(2, 1)
    with pytest.raises(AccountingError):
        RowCounts(4, 2, 1, 1).check_written(*written)


def one_row_less(rows: pa.Table) -> pa.Table:
    return rows.slice(1)


@pytest.mark.parametrize("step", ["sort", "write", "reject"])
def test_a_row_lost_on_the_way_stops_the_delivery_and_leaves_nothing_behind(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if step == "sort":
        made = PackedSheet.text_of
        monkeypatch.setattr(PackedSheet, "text_of", lambda sheet, places: made(sheet, places[1:]))
    elif step == "write":
        put = AcceptedFile.write
        monkeypatch.setattr(AcceptedFile, "write", lambda file, rows: put(file, one_row_less(rows)))
    else:
        kept = RejectedFile.write
        monkeypatch.setattr(RejectedFile, "write", lambda file, rows: kept(file, rows.slice(1)))
    path = tmp_path / "delivered"
    bad = [*GOOD[:1], "?", *GOOD[2:]]
    others = [[GOOD[0], f"EQ_{place}", *GOOD[2:]] for place in range(3)]
    path.write_bytes(as_csv(PRICE_HEADER.split(","), [*others, bad]))
    with pytest.raises(AccountingError):
        ingest(path, parse_file_name("prices/v_2013-02-28.csv"), Dialect(), Limits(), tmp_path)
    assert not list(tmp_path.glob("*.parquet"))
