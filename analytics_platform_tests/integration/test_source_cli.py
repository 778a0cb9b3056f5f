"""`analytics source` drafts a dialect and tries one, and changes nothing else."""

from pathlib import Path

import pytest

from analytics_platform.cli.source import source_check, source_new
from analytics_platform.settings import settings

DELIVERIES = settings().sample_data
GOOD = DELIVERIES / "1_first" / "positions" / "custodian-a_2013-03-01.csv"
BAD = DELIVERIES / "3_refused" / "prices" / "exchange_2013-02-27_2013-02-28.csv"


def told(captured: pytest.CaptureFixture[str]) -> str:
    """Give what was printed, in one line."""
    return " ".join(captured.readouterr().out.split())


def test_a_draft_is_printed_or_added_to_a_file_but_never_over_a_section(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "bank.toml"
    assert source_new(GOOD, None, None, None) == 0
    assert 'date_format = "%d.%m.%Y" # all 11 values fit only %d.%m.%Y' in told(capsys)
    output.write_text("[prices]\n", "utf-8")
    assert source_new(GOOD, "bank", "positions", output) == 0
    assert "wrote [positions]" in told(capsys)
    written = output.read_text("utf-8")
    assert written.startswith("[prices]\n\n# Draft for bank")
    assert source_new(GOOD, "bank", "positions", output) == 1
    assert "has a section [positions] already" in told(capsys)
    assert output.read_text("utf-8") == written


def test_a_check_shows_what_would_be_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    assert source_check(GOOD, None, None) == 0
    text = told(capsys)
    assert "12 records read for positions: 11 accepted, 0 rejected, 1 ignored" in text
    assert "agrees: number of rows" in text
    assert "note: column 'Depotbezeichnung' is not used" in text


def test_a_check_shows_why_a_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert source_check(BAD, None, None) == 1
    text = told(capsys)
    assert "11 records read: 9 good, 2 rejected, 0 ignored" in text
    assert "refused: nothing of it would be loaded" in text


def test_a_file_of_any_name_can_be_checked_if_it_is_said_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Depot Februar.csv"
    file.write_bytes(GOOD.read_bytes())
    assert source_check(file, None, "positions") == 1
    assert "does not tell who sent it; say --source" in told(capsys)
    assert source_check(file, "custodian-a", None) == 1
    assert "say --dataset, one of" in told(capsys)
    assert source_check(file, "custodian-a", "positions") == 0
    assert "the name of the file tells no date" in told(capsys)
    assert source_check(tmp_path / "Depot.docx", "custodian-a", "positions") == 1
    assert "is not one of .csv" in told(capsys)


def test_a_file_that_cannot_be_inspected_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.xlsx"
    file.write_bytes(b"<html>")
    assert source_new(file, "bank", "prices", None) == 1
    assert "it is a web page" in told(capsys)
