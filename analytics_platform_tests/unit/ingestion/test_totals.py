"""What a file states about itself is held against its records, in however many batches they come."""

from collections.abc import Sequence
from decimal import Decimal

import polars as pl
import pytest

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.dialects.stated_numbers import RunningSum
from analytics_platform.ingestion.faults import Finding
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.parsing.checks import typed
from analytics_platform.ingestion.parsing.records import to_records
from analytics_platform.ingestion.parsing.totals import Totals
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER, SheetText, cell, no_faults
from analytics_platform.tables.registry import DELIVERED
from analytics_platform_tests.unit.ingestion.corpus.case import short

NAME = parse_file_name("prices/vendor_2013-02-28.csv")
HEADERS = ("business_date", "instrument_id", "close_local", "volume")
A, B, C = ("2013-02-28", "A", "1.5", "10"), ("2013-02-28", "B", "2.5", "20"), ("2013-02-28", "C", "4", "30")
TOTAL = {"total_rows": "^Total", "total_columns": ["close_local", "volume"]}
ALL, SINCE_LAST = short(**TOTAL), short(**TOTAL, total_scope="since_last")


def findings(rows: Sequence[tuple[str, ...]], dialect: Dialect, batch: int) -> tuple[Finding, ...]:
    """Give the findings of rows that come in batches of this size."""
    totals = Totals(DELIVERED["prices"], dialect, NAME, HEADERS)
    numbered = [(number, *row) for number, row in enumerate(rows, 2)]
    schema = {ROW_NUMBER: pl.Int64(), **{cell(place): pl.String() for place in range(len(HEADERS))}}
    for start in range(0, len(rows), batch):
        cells = pl.DataFrame(numbered[start : start + batch], schema=schema, orient="row")
        records = to_records(SheetText(HEADERS, cells, no_faults()), DELIVERED["prices"], dialect, NAME)
        values, _ = typed(records, DELIVERED["prices"], dialect)
        totals.take_ignored(records.ignored_rows)
        totals.take_values(values, records)
    return totals.findings()


@pytest.mark.parametrize("batch", [1, 2, 3, 10])
@pytest.mark.parametrize(
    ("dialect", "rows", "places"),
    [
        (ALL, [A, B, ("Total", "", "4", "30"), C, ("Total", "", "8", "60")], []),
        (
            ALL,
            [A, B, ("Total", "", "4", "31"), C, ("Total", "", "8.01", "60")],
            [(4, "volume"), (6, "close_local")],
        ),
        (SINCE_LAST, [A, B, ("Total", "", "4", "30"), C, ("Total", "", "4", "30")], []),
        (SINCE_LAST, [A, B, ("Total", "", "4", "30"), C, ("Total", "", "8", "30")], [(6, "close_local")]),
        (SINCE_LAST, [("Total", "", "0", "0"), A, ("Total", "", "1.5", "10")], []),
        (ALL, [A, ("Total", "", "1.5", "10"), B], [(4, None)]),
        (ALL, [A, B], [(None, None)]),
    ],
    ids=["right", "wrong", "right groups", "wrong group", "empty group", "record below", "none"],
)
def test_rows_of_totals_are_checked_across_batches(
    dialect: Dialect, rows: list[tuple[str, ...]], places: list[tuple[int | None, str | None]], batch: int
) -> None:
    assert [(one.row, one.column) for one in findings(rows, dialect, batch)] == places


@pytest.mark.parametrize("batch", [1, 10])
@pytest.mark.parametrize(
    ("count", "sum_", "faults"), [("3", "8", 0), ("2", "8", 1), ("3", "8.1", 1), ("x", "x", 2)]
)
def test_control_totals_are_checked_across_batches(count: str, sum_: str, faults: int, batch: int) -> None:
    control = {"rows": "^End;(.)", "sums": {"close_local": "^Sum;(.+)$"}}
    dialect = short(ignore_rows="^(End|Sum)", control=control)
    rows = [A, B, C, ("Sum", sum_, "", ""), ("", "", "", ""), ("End", count, "", "")]
    assert len(findings(rows, dialect, batch)) == faults


def test_a_wide_total_is_checked_column_by_column() -> None:
    dialect = Dialect.model_validate(
        {
            "constants": {"price_type": "close", "currency": "USD"},
            "unpivot": {
                "names_to": "instrument_id",
                "values_to": "close_local",
                "columns_matching": "^C[0-9]$",
            },
            "total_rows": "^Total",
            "total_columns": ["close_local"],
        }
    )
    headers = ("business_date", "C1", "C2")
    totals = Totals(DELIVERED["prices"], dialect, NAME, headers)
    cells = pl.DataFrame(
        {
            ROW_NUMBER: [2, 3, 4],
            "cell_0": ["2013-02-28", "2013-02-28", "Total"],
            "cell_1": ["1", "2", "3"],
            "cell_2": ["10", "", "11"],
        }
    )
    records = to_records(SheetText(headers, cells, no_faults()), DELIVERED["prices"], dialect, NAME)
    values, _ = typed(records, DELIVERED["prices"], dialect)
    totals.take_ignored(records.ignored_rows)
    totals.take_values(values, records)
    assert [(one.row, one.column, one.value) for one in totals.findings()] == [(4, "C2", "11")]


@pytest.mark.parametrize(
    ("stated", "is_spreadsheet", "agrees"),
    [
        ("1000000000.1", False, True),
        ("1000000000.10", False, True),
        ("1000000000.10000001", False, False),
        ("1000000000.1000001", True, True),
        ("1000000000.2", True, False),
        ("1000000000.2000001", True, False),
    ],
)
def test_only_a_spreadsheet_may_be_off_by_its_binary_noise(
    stated: str,
    is_spreadsheet: bool,  # noqa: FBT001 - a case of a test
    agrees: bool,  # noqa: FBT001 - a case of a test
) -> None:
    value = Decimal("1000000000.1")
    assert RunningSum(value, value).agrees_with(Decimal(stated), is_spreadsheet=is_spreadsheet) is agrees
