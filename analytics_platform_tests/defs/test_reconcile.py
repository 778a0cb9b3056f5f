"""`analytics reconcile`: what landing zone, ledger and lake disagree about is told, and closed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_platform.cli import reconcile
from analytics_platform.defs.resources import intake_resource
from analytics_platform.settings import Settings
from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.lake.lake import DamagedLakeError
from analytics_platform.storage.ledger.ledger import State
from analytics_platform.tables.market import FX_RATES

KEYS = [f"fx_rates/bank_2013-02-{day}.csv" for day in (26, 27, 28)]


@pytest.fixture
def of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    (tmp_path / "sources").mkdir()
    of = Settings(home=tmp_path, sources=tmp_path / "sources")
    monkeypatch.setattr(reconcile, "settings", lambda: of)
    return of


@pytest.fixture
def intake(of: Settings) -> Iterator[Intake]:
    with intake_resource(of).opened() as opened:
        yield opened


def _land(intake: Intake, folder: Path) -> None:
    for key in KEYS:
        upload = folder / "upload"
        upload.write_text(f"business_date,base_currency,quote_currency,rate\n{key[-14:-4]},EUR,USD,1.3\n")
        intake.landing.put(key, upload)


def _states(intake: Intake) -> list[State]:
    return [entry.state for entry in intake.ledger.entries()]


def test_nothing_is_told_when_all_agree(
    intake: Intake, of: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    _land(intake, of.home)
    intake.load(FX_RATES, "run")
    assert reconcile.run_reconcile(dry_run=True) == 0
    assert "agree" in capsys.readouterr().out


def test_landed_files_that_the_ledger_lacks_are_told_and_then_enqueued(
    intake: Intake, of: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    _land(intake, of.home)
    assert reconcile.run_reconcile(dry_run=True) == 1
    told = capsys.readouterr().out
    assert all(key in told for key in KEYS)
    assert _states(intake) == []
    assert reconcile.run_reconcile(dry_run=False) == 0
    assert _states(intake) == [State.SEEN] * 3
    assert reconcile.run_reconcile(dry_run=True) == 0


def test_what_a_dead_run_took_is_given_back(intake: Intake, of: Settings) -> None:
    _land(intake, of.home)
    first, *_ = intake.observe()
    intake.ledger.claim(first, "a run that nobody knows")
    assert reconcile.run_reconcile(dry_run=True) == 1
    assert reconcile.run_reconcile(dry_run=False) == 0
    assert _states(intake) == [State.SEEN] * 3


@pytest.mark.parametrize("pattern", ["fx_rates/*/*/*.parquet", "deliveries/fx_rates/*/*.parquet"])
def test_what_the_lake_has_lost_is_loaded_again(
    intake: Intake, of: Settings, pattern: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _land(intake, of.home)
    intake.load(FX_RATES, "run-1")
    whole = intake.lake.read(FX_RATES)
    next(of.lake.glob(pattern)).unlink()
    assert reconcile.run_reconcile(dry_run=False) == 0
    assert "is missing in the lake" in " ".join(capsys.readouterr().out.split())
    assert sorted(_states(intake)) == [State.LOADED, State.LOADED, State.SEEN]
    intake.load(FX_RATES, "run-2")
    assert intake.lake.read(FX_RATES).sort("business_date").equals(whole.sort("business_date"))
    assert reconcile.run_reconcile(dry_run=True) == 0


def test_a_damaged_object_is_told_by_readers_and_loaded_again(
    intake: Intake, of: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    _land(intake, of.home)
    intake.load(FX_RATES, "run-1")
    whole = intake.lake.read(FX_RATES)
    damaged = next(of.lake.glob("fx_rates/*/*/*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:500])
    with pytest.raises(DamagedLakeError, match="run `analytics reconcile`"):
        intake.lake.read(FX_RATES)
    assert reconcile.run_reconcile(dry_run=True) == 1
    assert damaged.exists()
    assert reconcile.run_reconcile(dry_run=False) == 0
    assert "is damaged" in " ".join(capsys.readouterr().out.split())
    intake.load(FX_RATES, "run-2")
    assert intake.lake.read(FX_RATES).sort("business_date").equals(whole.sort("business_date"))


def test_files_that_the_sensor_has_given_up_are_asked_for_again(intake: Intake, of: Settings) -> None:
    _land(intake, of.home)
    intake.observe()
    (entry, *_) = intake.ledger.entries()
    for number in (1, 2, 3):
        intake.ledger.note_requests([type(entry)(**{**vars(entry), "requests": number})], f"key-{number}")
    assert reconcile.run_reconcile(dry_run=True) == 1
    assert reconcile.run_reconcile(dry_run=False) == 0
    assert {entry.asked for entry in intake.ledger.entries()} == {0}


def test_rows_in_the_lake_that_nobody_knows_are_left_to_a_person(intake: Intake, of: Settings) -> None:
    _land(intake, of.home)
    intake.load(FX_RATES, "run")
    intake.ledger.close()
    for suffix in ("", "-wal", "-shm"):
        (of.home / f"ledger.sqlite{suffix}").unlink(missing_ok=True)
    (Path(of.landing_url) / KEYS[2]).unlink()
    shutil.rmtree(Path(of.landing_url) / ".versions" / KEYS[2])
    assert reconcile.run_reconcile(dry_run=False) == 1
    assert [e.version.key for e in intake_resource(of).watch().ledger.entries()] == KEYS[:2]
