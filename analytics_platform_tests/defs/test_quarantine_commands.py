"""`analytics quarantine`: what a person sees of refused files, and what a decision does."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from analytics_platform.cli import quarantine as commands
from analytics_platform.defs.resources import intake_resource
from analytics_platform.settings import Settings
from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.ledger.ledger import State
from analytics_platform.tables.market import FX_RATES
from analytics_platform_tests.defs.landed import land

KEY = "fx_rates/bank_2013-02-28.csv"
GERMAN = "business_date;base_currency;quote_currency;rate\n28.02.2013;EUR;USD;1,31\n"
DIALECT = '[fx_rates]\ndelimiter = ";"\ndecimal_mark = ","\ndate_format = "%d.%m.%Y"\n'


@pytest.fixture
def intake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Intake]:
    (tmp_path / "sources").mkdir()
    settings = Settings(home=tmp_path, sources=tmp_path / "sources")
    monkeypatch.setattr(commands, "settings", lambda: settings)
    with ExitStack() as stack:
        yield stack.enter_context(intake_resource(settings).opened())


def _land(intake: Intake, text: str, key: str = KEY) -> None:
    land(intake, key, text)


def _state(intake: Intake, key: str = KEY) -> State | None:
    entry = intake.ledger.entry(key)
    return None if entry is None else entry.state


def test_a_release_after_the_dialect_was_mended_loads_the_file(
    intake: Intake, capsys: pytest.CaptureFixture[str]
) -> None:
    _land(intake, GERMAN)
    assert intake.load(FX_RATES, "run-1").loaded == 0
    assert commands.list_quarantine() == 0
    assert KEY in capsys.readouterr().out.replace("\n", "")
    assert commands.show_quarantine("fx_rates/") == 0
    shown = capsys.readouterr().out
    assert all(
        part in shown for part in (f"{KEY}, version", "refused: nothing of it was loaded", "report.json")
    )
    (intake.sources / "bank.toml").write_text(DIALECT)
    assert commands.release_quarantine(KEY) == 0
    assert "the next run loads it" in capsys.readouterr().out
    assert intake.load(FX_RATES, "run-2").loaded == 1
    assert commands.list_quarantine("fx_rates") == 0
    assert "nothing is in quarantine of fx_rates" in capsys.readouterr().out
    assert commands.release_quarantine(KEY) == 1
    assert "is not released: it is loaded, not in quarantine" in capsys.readouterr().out
    assert [step.to_state for step in intake.ledger.history(KEY)].count(State.QUARANTINED) == 1
    assert commands.show_quarantine(KEY) == 0  # the report stays


def test_a_discarded_file_is_never_loaded_and_its_report_says_why(
    intake: Intake, capsys: pytest.CaptureFixture[str]
) -> None:
    _land(intake, GERMAN)
    intake.load(FX_RATES, "run-1")
    assert commands.discard_quarantine(KEY, None, " ") == 1
    assert commands.discard_quarantine(KEY, None, "=sent by mistake") == 0
    assert _state(intake) is State.DISCARDED
    assert commands.release_quarantine(KEY) == 1
    assert intake.load(FX_RATES, "run-2").files == []
    capsys.readouterr()
    assert commands.show_quarantine(KEY) == 0
    assert "=sent by mistake" in capsys.readouterr().out
    assert commands.discard_quarantine(KEY, None, "again") == 0


def test_a_file_that_was_loaded_without_some_rows_is_not_released(
    intake: Intake, capsys: pytest.CaptureFixture[str]
) -> None:
    (intake.sources / "bank.toml").write_text("[fx_rates]\nmax_rejected_rows = 1\n")
    rows = (
        "business_date,base_currency,quote_currency,rate\n2013-02-28,EUR,USD,1.3\n2013-02-28,EUR,CHF,=1+1\n"
    )
    _land(intake, rows)
    assert intake.load(FX_RATES, "run-1").rows_rejected == 1
    assert commands.list_quarantine() == 0
    assert "loaded without 1 of 2 rows" in capsys.readouterr().out
    assert commands.release_quarantine(KEY) == 1
    assert "deliver a corrected file under the same name" in capsys.readouterr().out
    assert commands.discard_quarantine(KEY, None, "why not") == 1
    (rejected,) = intake.quarantine.root.rglob("rejected.csv")
    assert "'=1+1" in rejected.read_text()


def test_a_file_of_a_bad_name_cannot_be_released(intake: Intake, capsys: pytest.CaptureFixture[str]) -> None:
    _land(intake, "hello", "fxrates/[red]bank_2013-02-28.csv")
    intake.observe()
    assert commands.release_quarantine("fxrates/[red]bank_2013-02-28.csv") == 1
    assert "its name will not do" in capsys.readouterr().out
    assert commands.list_quarantine() == 0
    assert "fxrates/[red]bank" in capsys.readouterr().out


def test_what_quarantine_does_not_know_is_said(intake: Intake, capsys: pytest.CaptureFixture[str]) -> None:
    assert intake.observe() == []
    answers = [
        commands.show_quarantine("x"),
        commands.release_quarantine("x", "v1"),
        commands.discard_quarantine("x", None, "why"),
    ]
    assert answers == [2, 2, 2]
    assert "quarantine knows nothing of version v1 of x" in capsys.readouterr().out
