"""A history that the Glue job loads is what the ordinary ingestion would have made of it, row by row."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from analytics_platform.defs.resources import intake_resource
from analytics_platform.settings import Settings
from analytics_platform.storage.histories.cutting import CutHistory, Histories
from analytics_platform.storage.histories.leases import run_name
from analytics_platform.storage.histories.loading import PatientLedger, account, load_share, release_earlier
from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.storage.landing.zone import LandingZone, ObjectVersion, open_landing_zone
from analytics_platform.storage.ledger.ledger import Ledger, State
from analytics_platform.tables.market import PRICES
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.history_job import archives, price_history, run_job, told_by

FIRST, LAST = date(2011, 11, 7), date(2013, 3, 1)
KEY = f"prices/vendor_{FIRST}_{LAST}.csv"
_ARGUMENTS = {"job": "prices", "dataset": "prices", "span": "quarter", "workers": "2"}
OF_A_DELIVERY = ("delivery_id", "known_at", "row_number")
"""What the way into the lake says of a row, beside its content."""


@dataclass(frozen=True)
class Place:
    """An installation, and where its histories are kept."""

    settings: Settings
    histories: str

    @contextmanager
    def intake(self) -> Iterator[Intake]:
        """Open the ordinary ingestion."""
        with intake_resource(self.settings).opened() as opened:
            yield opened

    def prices(self) -> pl.DataFrame:
        """Return what readers of the lake see."""
        lake = open_lake(self.settings.lake_url, **self.settings.lake_options)
        return lake.read(PRICES).drop(OF_A_DELIVERY).sort(PRICES.key)

    def variables(self) -> dict[str, str]:
        """Return the settings as the job gets them."""
        of = self.settings
        names = {"profile", "lake_url", "landing_url", "ledger_url", "home", *_AWS}
        return {
            f"ANALYTICS_{name.upper()}": str(getattr(of, name))
            for name in sorted(names)
            if getattr(of, name) is not None
        }


_AWS = ("staging_url", "redshift_host", "redshift_workgroup", "catalog_database")


def on_disk(home: Path) -> Place:
    """Return an installation of the local profile."""
    return Place(Settings(home=home), str(home / "histories"))


def on_s3(s3: EmulatedS3, home: Path) -> Place:
    """Return one whose lake, landing zone and histories are buckets."""
    settings = Settings(
        home=home,
        profile="aws",
        lake_url=f"s3://{s3.new_bucket(versioning=None)}/lake",
        landing_url=f"s3://{s3.new_bucket()}",
        staging_url="s3://staging/staging",
        redshift_host="nobody.example.com",
        redshift_workgroup="none",
        catalog_database=f"lake_{uuid.uuid4().hex}",
    )
    return Place(settings, f"s3://{s3.new_bucket()}")


def ordinarily(home: Path, file: Path) -> pl.DataFrame:
    """Return what the ordinary ingestion makes of the history as one delivery."""
    place = on_disk(home)
    with place.intake() as intake:
        intake.landing.put(KEY, file)
        assert intake.load(PRICES, "run").loaded == 1
    return place.prices()


def _put_history(place: Place, file: Path) -> None:
    open_landing_zone(place.histories).put(KEY, file)


def _cut(place: Place, file: Path) -> CutHistory:
    """Put a history where it is kept, and its parts into the landing zone."""
    _put_history(place, file)
    of = place.settings
    kept = Histories(open_landing_zone(place.histories), open_landing_zone(of.landing_url), of.sources)
    return kept.cut(KEY, "quarter")


@pytest.fixture
def history(tmp_path: Path) -> Path:
    file = tmp_path / "history.csv"
    price_history(file, instruments=20, first=FIRST, last=LAST)
    return file


def test_the_job_gives_what_the_ordinary_ingestion_gives(
    tmp_path: Path, history: Path, s3: EmulatedS3
) -> None:
    place, bucket = on_s3(s3, tmp_path / "job"), s3.new_bucket()
    packed = archives(tmp_path)
    for file in (packed.code, packed.slim):
        s3.put(bucket, file.name, file)
    _check_job(tmp_path, history, place, {**packed.addresses(f"s3://{bucket}"), "workers": "1"})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["disk", "s3"])
def test_the_job_loads_a_million_rows_once(tmp_path: Path, kind: str, s3: EmulatedS3) -> None:
    file = tmp_path / "history.csv"
    rows = price_history(file, instruments=3000, first=FIRST, last=LAST)
    assert rows > 1_000_000
    place = on_disk(tmp_path / "job") if kind == "disk" else on_s3(s3, tmp_path / "job")
    addresses = archives(tmp_path).addresses(f"file://{tmp_path}")
    _check_job(tmp_path, file, place, addresses)
    before = _deliveries(place)
    again = run_job(tmp_path, place.variables(), {**_ARGUMENTS, "histories": place.histories, **addresses})
    assert again.returncode == 0, again.stdout + again.stderr
    assert _deliveries(place).equals(before)


def _check_job(tmp_path: Path, history: Path, place: Place, given: dict[str, str]) -> None:
    rows = history.read_bytes().count(b"\n") - 1
    _put_history(place, history)
    done = run_job(tmp_path, place.variables(), {**_ARGUMENTS, "histories": place.histories, **given})
    assert done.returncode == 0, done.stdout + done.stderr
    told = told_by(done)
    assert (told["rows"], told["rows_read"], told["rows_accepted"]) == (rows, rows, rows)
    assert (told["parts"], told["states"]) == (6, {"loaded": 6})
    made = place.prices()
    assert made.height == rows
    assert made.equals(ordinarily(tmp_path / "ordinary", history))


def _deliveries(place: Place) -> pl.DataFrame:
    return open_lake(place.settings.lake_url, **place.settings.lake_options).deliveries()


def test_a_job_that_was_lost_goes_on_where_it_ended(tmp_path: Path, history: Path) -> None:
    place = on_disk(tmp_path / "job")
    parts = _cut(place, history).parts
    lost = run_name("prices", time.time() + 3600, 1)
    with place.intake() as intake:
        intake.observe("prices/")
        first, *_ = intake.ledger.entries(dataset="prices")
        assert intake.ledger.claim(first.version, lost)
        ledger = PatientLedger(place.settings.ledger_url)
        load_share(intake, ledger, PRICES, run_name("prices", time.time() + 3600, 0))
        states = [entry.state for entry in ledger.entries(dataset="prices")]
        assert sorted(states) == sorted([State.LAUNCHED, *[State.LOADED] * (len(parts) - 1)])
        assert release_earlier(ledger, "other") == 0
        assert release_earlier(ledger, "prices") == 1
        load_share(intake, ledger, PRICES, run_name("prices", time.time() + 3600, 0))
    assert place.prices().equals(ordinarily(tmp_path / "ordinary", history))


def test_two_workers_share_the_files_and_load_each_once(tmp_path: Path, history: Path) -> None:
    place = on_disk(tmp_path / "job")
    parts = _cut(place, history).parts
    with place.intake() as intake, place.intake() as other:
        ledger = PatientLedger(place.settings.ledger_url)
        intake.observe("prices/")
        taken = intake.ledger.entries(dataset="prices")[0]
        assert intake.ledger.claim(taken.version, "an ordinary run of Dagster")
        assert load_share(other, ledger, PRICES, run_name("prices", time.time() + 60, 0)) == []
        assert intake.ledger.release("an ordinary run of Dagster") == 1
        assert intake.load(PRICES, "another run").loaded == 1
    assert {entry.attempts for entry in ledger.entries(dataset="prices")} == {1, 2}
    assert intake.lake.deliveries().height == len(parts)


@dataclass
class _Interrupting:
    """A landing zone in which something happens when the first file is fetched."""

    zone: LandingZone
    happens: Callable[[], object]
    is_over: bool = False

    def fetch(self, version: ObjectVersion, folder: Path) -> Path:
        """Let it happen, then fetch."""
        if not self.is_over:
            self.is_over = True
            self.happens()
        return self.zone.fetch(version, folder)

    def put(self, key: str, file: Path) -> ObjectVersion:
        """Put as the zone does."""
        return self.zone.put(key, file)

    def versions(self, prefix: str = "", *, after: str | None = None) -> Iterator[ObjectVersion]:
        """List as the zone does."""
        return self.zone.versions(prefix, after=after)


def test_a_file_that_is_taken_from_a_worker_is_loaded_once(tmp_path: Path, history: Path) -> None:
    place = on_disk(tmp_path / "job")
    parts = _cut(place, history).parts
    ledger, worker = PatientLedger(place.settings.ledger_url), run_name("prices", time.time() + 60, 0)
    with place.intake() as intake, place.intake() as other:

        def taken() -> None:
            assert ledger.release(worker) == 1
            assert other.load(PRICES, "an ordinary run of Dagster").loaded == len(parts)

        slow = replace(intake, landing=_Interrupting(intake.landing, taken))
        assert load_share(slow, ledger, PRICES, worker) == []
    entries = ledger.entries(dataset="prices")
    assert {(entry.state, entry.run_id) for entry in entries} == {
        (State.LOADED, "an ordinary run of Dagster")
    }
    assert other.lake.deliveries().height == len(parts)
    assert place.prices().equals(ordinarily(tmp_path / "ordinary", history))


def test_what_needs_quarantine_is_left_to_the_platform(tmp_path: Path, history: Path) -> None:
    place = on_disk(tmp_path / "job")
    history.write_text(history.read_text("utf-8").replace("EQ_00007,close", "EQ_00007,typo", 1), "utf-8")
    cut = _cut(place, history)
    ledger = PatientLedger(place.settings.ledger_url)
    with place.intake() as intake:
        left = load_share(intake, ledger, PRICES, run_name("prices", time.time() + 60, 0))
        assert len(left) == 1
        assert "typo" in left[0]
        assert not place.settings.quarantine.exists()
        found = account(ledger, [cut])
        assert (found.is_complete, found.states) == (False, {"loaded": 5, "seen": 1})
        assert "typo" in found.left[0]
        outcome = intake.load(PRICES, "an ordinary run of Dagster")
    assert len(outcome.refused) == 1
    assert list(place.settings.quarantine.rglob("report.txt"))
    entries = Ledger(place.settings.ledger_url).entries(dataset="prices", states=[State.QUARANTINED])
    assert [entry.failures for entry in entries] == [0]


def test_rows_that_were_lost_on_the_way_are_told(tmp_path: Path, history: Path) -> None:
    place = on_disk(tmp_path / "job")
    cut = _cut(place, history)
    with place.intake() as intake:
        intake.load(PRICES, "run")
        assert account(intake.ledger, [cut]).is_complete
        short = cut.parts[2].model_copy(update={"rows": cut.parts[2].rows + 1})
        told = account(intake.ledger, [cut.model_copy(update={"parts": (short,)})])
    assert not told.is_complete
    assert f"of its {short.rows} rows were read" in told.left[0]
