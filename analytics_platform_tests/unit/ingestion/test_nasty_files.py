"""Every nasty file of the corpus gets its known answer, in the process that reads what is not trusted."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform.ingestion.faults import DeliveryRefused, Finding
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.tables.registry import DELIVERED
from analytics_platform_tests.unit.ingestion.corpus import (
    csv_files,
    dialect_files,
    json_files,
    ods_files,
    old_and_parquet_files,
    workbook_files,
)
from analytics_platform_tests.unit.ingestion.corpus.case import Case, Told

CASES = [
    *csv_files.encodings(),
    *csv_files.shapes(),
    *csv_files.values(),
    *dialect_files.units(),
    *dialect_files.headers(),
    *dialect_files.totals(),
    *workbook_files.sheets(),
    *workbook_files.cells(),
    *workbook_files.attacks(),
    *old_and_parquet_files.old_workbooks(),
    *old_and_parquet_files.parquet_files(),
    *ods_files.open_documents(),
    *json_files.json_lines(),
]


@pytest.fixture(scope="module")
def child() -> Iterator[ParsingChild]:
    with ParsingChild() as one:
        yield one


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_nasty_file_gets_its_answer(case: Case, child: ParsingChild, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(case.raw)
    output = tmp_path / "output"
    output.mkdir()
    name = parse_file_name(case.name)
    if case.refused:
        assert case.first is not None
        with pytest.raises(DeliveryRefused) as refusal:
            child.parse(path, name, case.dialect, output)
        assert_told(case.first, refusal.value.findings)
        return
    parsed = child.parse(path, name, case.dialect, output)
    counts = parsed.counts
    account = (case.accepted, case.rejected, case.ignored)
    assert (counts.accepted, counts.rejected, counts.ignored) == account, parsed.findings
    assert counts.read == sum(account)
    accepted = pl.read_parquet(parsed.accepted)
    assert accepted.schema == DELIVERED[name.dataset].lake_columns
    assert accepted.height == case.accepted
    for column, total in case.sums.items():
        assert sum(accepted[column].drop_nulls(), Decimal(0)) == Decimal(total), column
    if case.ids:
        assert accepted["instrument_id"].to_list() == list(case.ids)
    assert bool(parsed.findings) == (case.first is not None)
    if case.first is not None:
        assert_told(case.first, parsed.findings)
    assert {file.name for file in output.iterdir()} <= {parsed.accepted.name, parsed.rejected.name}


def assert_told(expected: Told, findings: Sequence[Finding]) -> None:
    """Assert that the first fault is where it is expected, says what is expected, and what to do."""
    found = findings[0]
    here = [one for one in findings if (one.row, one.column) == (found.row, found.column)]
    assert any(expected.text in f"{one.file} was refused: {one}" for one in here), found
    assert all(one.cure for one in findings)
    for part in ("row", "column", "value"):
        wanted = getattr(expected, part)
        assert wanted is None or getattr(found, part) == wanted, found


def test_the_corpus_is_large_and_every_case_has_a_name_of_its_own() -> None:
    assert len(CASES) == len({case.id for case in CASES}) >= 40


@pytest.mark.parametrize(
    "key",
    [
        "prices/a'; drop table prices; --_2013-02-28.csv",
        "prices/<script>_2013-02-28.csv",
        "prices/../ledger_2013-02-28.csv",
        "../prices/a_2013-02-28.csv",
        "/prices/a_2013-02-28.csv",
        "prices/a_2013-02-28.csv\0",
        "prices/a_2013-02-28.csv/x",
        "prices/a\nb_2013-02-28.csv",
        "prices; drop/a_2013-02-28.csv",
        "prices/\uff41_2013-02-28.csv",
        "prices/a_\u0662\u0660\u0661\u0663-02-28.csv",
    ],
)
def test_a_hostile_key_names_no_delivery(key: str) -> None:
    with pytest.raises(DeliveryRefused) as refusal:
        parse_file_name(key)
    assert str(refusal.value).replace("\n- ", "").isprintable()
