"""From the landing zone to the lake: each version once, whatever fails on the way."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from analytics_platform.defs.resources import intake_resource
from analytics_platform.ingestion.dialects.toml_files import DialectError
from analytics_platform.settings import Settings
from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.ledger.ledger import State
from analytics_platform.tables.market import FX_RATES
from analytics_platform_tests.defs.landed import land

HEADER = "business_date,base_currency,quote_currency,rate\n"
KEY = "fx_rates/bank_2013-02-28.csv"


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    (tmp_path / "sources").mkdir()
    with ExitStack() as stack:
        settings = Settings(home=tmp_path, sources=tmp_path / "sources")
        yield stack.enter_context(intake_resource(settings).opened())


def _land(intake: Intake, text: str, key: str = KEY) -> None:
    land(intake, key, text)


def _rate(rate: str, currency: str = "USD") -> str:
    return f"{HEADER}2013-02-28,EUR,{currency},{rate}\n"


def _states(intake: Intake) -> dict[str, list[State]]:
    states: dict[str, list[State]] = {}
    for entry in intake.ledger.entries():
        states.setdefault(entry.version.key, []).append(entry.state)
    return states


def test_a_file_is_loaded_once(intake: Intake) -> None:
    _land(intake, _rate("1.31"))
    assert intake.load(FX_RATES, "run-1").loaded == 1
    assert intake.load(FX_RATES, "run-2").loaded == 0
    assert intake.lake.read(FX_RATES).height == 1


def test_a_correction_and_its_withdrawal_are_both_deliveries(intake: Intake) -> None:
    for rate in ("1.31", "1.32", "1.31"):
        _land(intake, _rate(rate))
        intake.load(FX_RATES, "run")
    assert [str(rate) for rate in intake.lake.read(FX_RATES)["rate"]] == ["1.31000000"]
    assert _states(intake) == {KEY: [State.SUPERSEDED, State.SUPERSEDED, State.LOADED]}
    assert intake.lake.deliveries().height == 3


def test_versions_that_wait_together_are_loaded_in_their_order(intake: Intake) -> None:
    for rate in ("1.31", "1.32"):
        _land(intake, _rate(rate))
    assert intake.load(FX_RATES, "run").loaded == 2
    assert [str(rate) for rate in intake.lake.read(FX_RATES)["rate"]] == ["1.32000000"]


def test_a_refused_file_leaves_the_others_and_what_was_there(intake: Intake) -> None:
    _land(intake, _rate("1.31"))
    intake.load(FX_RATES, "run-1")
    _land(intake, _rate("one point three"))
    _land(intake, _rate("1.29", "CHF"), "fx_rates/other_2013-02-28.csv")
    outcome = intake.load(FX_RATES, "run-2")
    assert (outcome.loaded, len(outcome.refused)) == (1, 1)
    assert "row 2, column 'rate', value 'one point three'" in outcome.refused[0]
    assert sorted(str(rate) for rate in intake.lake.read(FX_RATES)["rate"]) == ["1.29000000", "1.31000000"]
    assert _states(intake)[KEY] == [State.LOADED, State.QUARANTINED]
    (report,) = intake.quarantine.root.rglob("report.txt")
    assert "one point three" in report.read_text()
    (rejected,) = intake.quarantine.root.rglob("rejected.csv")
    assert "one point three" in rejected.read_text()


def test_a_broken_dialect_harms_only_its_own_source(intake: Intake) -> None:
    (intake.sources / "bank.toml").write_text("[fx_rates]\ndelimeter = ';'\n")
    _land(intake, _rate("1.31"))
    _land(intake, _rate("1.29", "CHF"), "fx_rates/other_2013-02-28.csv")
    with pytest.raises(DialectError, match="did you mean 'delimiter'"):
        intake.load(FX_RATES, "run-1")
    assert _states(intake) == {KEY: [State.SEEN], "fx_rates/other_2013-02-28.csv": [State.LOADED]}
    (intake.sources / "bank.toml").unlink()
    assert intake.load(FX_RATES, "run-2").loaded == 1


def test_what_was_published_before_a_crash_is_not_doubled_after_it(intake: Intake) -> None:
    _land(intake, _rate("1.31"))
    intake.load(FX_RATES, "run-1")
    # The crash came after publication and before the ledger was told: the run is lost, the version owed.
    (entry,) = intake.ledger.entries()
    fresh = type(intake.ledger)(f"sqlite:///{intake.quarantine.root.parent / 'fresh.sqlite'}")
    again = Intake(intake.landing, fresh, intake.lake, intake.quarantine, intake.sources, intake.child)
    assert again.load(FX_RATES, "run-2").loaded == 1
    assert again.lake.read(FX_RATES).height == 1
    assert again.lake.deliveries().height == 1
    assert fresh.entries()[0].sha256 == entry.sha256


def test_a_file_of_no_dataset_goes_to_quarantine_at_once(intake: Intake) -> None:
    _land(intake, "hello", "fxrates/bank_2013-02-28.csv")
    intake.observe()
    (entry,) = intake.ledger.entries()
    assert entry.state == State.QUARANTINED
    assert "is one of these meant: fx_rates" in (entry.message or "")


def test_files_of_later_sessions_wait_for_their_run(intake: Intake) -> None:
    _land(intake, _rate("1.31"))
    assert intake.load(FX_RATES, "run-1", until=date(2013, 2, 27)).loaded == 0
    assert intake.load(FX_RATES, "run-2", until=date(2013, 2, 28)).loaded == 1
