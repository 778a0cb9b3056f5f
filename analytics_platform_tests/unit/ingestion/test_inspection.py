"""A new sender's file gives a draft with what is certain as keys and what is not as open questions."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from analytics_platform.ingestion.child.inspecting import inspect_in_child
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.dialects.toml_files import parse_dialects
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.inspection.inspection import InspectionAnswer, InspectionRequest, inspect
from analytics_platform_tests.unit.ingestion.deliveries import Cells, delivered, far_corner_workbook, workbook

GERMAN = (
    "Depotauszug\n\nStichtag;Depot;Kürzel;Bestand;Einstandswert\n28.02.2013;P1;EQ_A;1.000,5;10,25\n"
    "01.02.2013;P1;EQ_B;-3;n/a\nSumme;997,5;;;\n"
)


def drafted(raw: bytes, name: str, tmp_path: Path) -> InspectionAnswer:
    """Inspect bytes under a name, in this process."""
    path = tmp_path / "file"
    path.write_bytes(raw)
    return inspect(InspectionRequest(path=str(path), name=name, limits=Limits()))


def dialect_of(raw: bytes, name: str, tmp_path: Path) -> tuple[Dialect, str]:
    """Give the dialect that a draft is as it stands, and the draft."""
    toml = drafted(raw, name, tmp_path).toml
    return parse_dialects("x", toml)[name.partition("/")[0]], toml


def test_what_only_one_reading_fits_is_a_key_with_its_evidence(tmp_path: Path) -> None:
    dialect, toml = dialect_of(GERMAN.encode("cp1252"), "positions/bank_2013-02-28.csv", tmp_path)
    assert (dialect.encoding, dialect.delimiter, dialect.header_row) == ("latin-1", ";", 3)
    assert (dialect.decimal_mark, dialect.thousands_mark) == (",", ".")
    assert dialect.date_format == "%d.%m.%Y"
    assert "# all 2 values fit only %d.%m.%Y" in toml
    assert dialect.null_words == ("n/a",)
    assert dialect.columns == {
        "business_date": "Stichtag",
        "portfolio_id": "Depot",
        "instrument_id": "Kürzel",
        "quantity": "Bestand",
        "cost_local": "Einstandswert",
    }
    assert "# DECIDE: the table needs book: " in toml
    assert dialect.ignore_rows == "^Summe"


def test_a_draft_with_its_questions_answered_loads_the_file(tmp_path: Path) -> None:
    raw = GERMAN.encode("cp1252")
    name = "positions/bank_2013-02-01_2013-02-28.csv"
    dialect, _ = dialect_of(raw, name, tmp_path)
    answered = dialect.model_copy(update={"constants": {"book": "custodian"}})
    counts = delivered(raw, name, answered).counts
    assert (counts.accepted, counts.rejected) == (2, 0)


def test_dates_that_fit_two_formats_are_a_question_and_no_key(tmp_path: Path) -> None:
    raw = b"business_date,instrument_id,close_local\n01/02/2013,A,1\n03/02/2013,B,2\n"
    _, toml = dialect_of(raw, "prices/x_2013-02-28.csv", tmp_path)
    assert "\ndate_format" not in toml
    assert "# DECIDE: all 2 dates fit 2 formats; keep one:" in toml
    assert "# date_format = \"%d/%m/%Y\"  # '01/02/2013' is 2013-02-01" in toml
    assert "# date_format = \"%m/%d/%Y\"  # '01/02/2013' is 2013-01-02" in toml


def test_numbers_that_fit_two_notations_are_a_question_and_no_key(tmp_path: Path) -> None:
    raw = b"business_date;instrument_id;close_local\n2013-02-28;A;1.234\n2013-02-28;B;2.500\n"
    _, toml = dialect_of(raw, "prices/x_2013-02-28.csv", tmp_path)
    assert "\ndecimal_mark" not in toml
    assert "# DECIDE: all 2 numbers can be read in 2 ways; keep one:" in toml
    assert "# decimal_mark = \".\"  # '1.234' is 1.234" in toml
    assert "# decimal_mark = \",\"  # '1.234' is 1234" in toml


def test_a_total_that_agrees_becomes_a_check(tmp_path: Path) -> None:
    rows: list[list[Cells]] = [
        ["Prices of the day"],
        ["Date", "Ticker", "Close"],
        [date(2013, 2, 28), "A", 10.5],
        [date(2013, 2, 28), "B", 20.25],
        ["Total", None, 30.75],
    ]
    raw = workbook(("Old", [["x"]]), ("Feb", rows), hidden=["Old"])
    dialect, toml = dialect_of(raw, "prices/x_2013-02-28.xlsx", tmp_path)
    assert (dialect.total_rows, dialect.total_columns) == ("^Total", ("close_local",))
    assert (dialect.header_row, dialect.sheet) == (2, None)
    assert "# hidden sheets are not read: Old" in toml


def test_a_footer_that_counts_the_rows_becomes_a_control(tmp_path: Path) -> None:
    raw = b"business_date,instrument_id,close_local\n2013-02-28,A,1\n2013-02-28,B,2\nTotal,2 rows\n"
    dialect, _ = dialect_of(raw, "prices/x_2013-02-28.csv", tmp_path)
    assert dialect.control is not None
    assert dialect.control.rows == "^Total;([0-9]+) rows$"


def test_serial_numbers_as_dates_are_a_question(tmp_path: Path) -> None:
    raw = b"business_date,instrument_id,close_local\n41333,A,1.5\n"
    _, toml = dialect_of(raw, "prices/x_2013-02-28.csv", tmp_path)
    assert "# date_epoch = 1900  # 41333 is 2013-02-28" in toml
    assert "# date_epoch = 1904  # 41333 is 2017-03-01" in toml


def test_columns_that_are_records_are_proposed_as_wide(tmp_path: Path) -> None:
    raw = b"Date,USD,GBP\n2013-02-28,1.31,0.86\n"
    _, toml = dialect_of(raw, "fx_rates/x_2013-02-28.csv", tmp_path)
    assert '# columns = { "USD" = "USD", "GBP" = "GBP" }' in toml


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_hostile_headers_and_sheet_names_stay_text(extension: str, tmp_path: Path) -> None:
    hostile = 'Close"\n[positions]\nmax_rejected_rows = 9\n#\x1b'
    head: list[Cells] = ["Date", "Ticker", hostile, "'''\\"]
    rows: list[list[Cells]] = [head, ["2013-02-28", "A", 1.5, "x\ny = 1"]]
    raw = workbook(("a'#\"=", rows), ("b", [["x"]]))
    if extension == "csv":
        quoted = [[str(cell).replace('"', '""') for cell in row] for row in rows]
        raw = "\n".join(",".join(f'"{cell}"' for cell in row) for row in quoted).encode()
    dialect, toml = dialect_of(raw, f"prices/x_2013-02-28.{extension}", tmp_path)
    assert list(parse_dialects("x", toml)) == ["prices"]
    assert dialect.max_rejected_rows == 0
    assert set(dialect.columns.values()) <= {"Date", "Ticker", hostile}
    if extension == "xlsx":
        assert dialect.sheet == "a'#\"="


@pytest.mark.parametrize(
    ("raw", "extension", "message"),
    [
        (b"", "csv", "the file is empty"),
        (far_corner_workbook(), "xlsx", "1,048,576 rows"),
        (gzip.compress(b"x" * 60_000_000), "csv.gz", "unpacks to more than"),
        (b"<html>", "xls", "a web page"),
        (b"\n\n", "csv", "no row of headers was found"),
    ],
    ids=["empty", "far corner", "bomb", "web page", "no headers"],
)
def test_a_dangerous_file_is_refused_by_the_child(
    raw: bytes, extension: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(raw)
    with pytest.raises(DeliveryRefused, match=message):
        inspect_in_child(path, parse_file_name(f"prices/x_2013-02-28.{extension}"), Limits())


def test_a_file_that_asks_for_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 1_000_000)
    limits = Limits(memory_bytes=300 << 20)
    with pytest.raises(DeliveryRefused, match="could not be inspected within 300 MiB"):
        inspect_in_child(path, parse_file_name("prices/x_2013-02-28.csv"), limits)
