"""A machine that does to bucket and runs what may happen, and the plain model that it is compared with."""

import json
import shutil
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote_plus

import polars as pl
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform.ingestion.dialects.toml_files import DialectError
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.lake.lake import DiskLake
from analytics_platform.storage.landing.events import hints_of, key_in_zone
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.landing.zone import ObjectVersion
from analytics_platform.storage.landing.zone_s3 import S3LandingZone
from analytics_platform.storage.ledger.ledger import IN_LAKE, Entry, Ledger, State
from analytics_platform.tables.market import FX_RATES
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.intake_model import BANK, CONTENTS, KEYS, Model, Put, Rows

DAY = date(2013, 2, 28)
CURRENCIES = {"bank": "USD", "broker": "GBP"}
"""Two sources must not deliver the same rate: the audit would refuse the second."""

PREFIXES = ("", "fx_rates/", "fx_rates/bank", BANK, "prices/")

MOST_RUNS = 10
"""Each run settles at least one version of a key that others waited for."""

keys = st.sampled_from(sorted(KEYS))
contents = st.sampled_from(CONTENTS)
places = st.integers(0, 20)


class IntakeMachine(RuleBasedStateMachine):
    """Senders, runs and accidents, in any order.

    Parameters
    ----------
    s3 : EmulatedS3
        Where the bucket is.
    child : ParsingChild
        Reads all files.
    """

    def __init__(self, s3: EmulatedS3, child: ParsingChild) -> None:
        super().__init__()
        self.s3, self.child = s3, child
        self.bucket = s3.new_bucket()
        self.home = Path(tempfile.mkdtemp(prefix="machine_"))
        (self.home / "sources").mkdir()
        self.model = Model()
        self.runs = 0
        self.intake = self._opened()

    def _opened(self) -> Intake:
        return Intake(
            landing=S3LandingZone(self.bucket),
            ledger=Ledger(f"sqlite:///{self.home / 'ledger.sqlite'}"),
            lake=DiskLake(self.home / "lake"),
            quarantine=Quarantine(self.home / "quarantine"),
            sources=self.home / "sources",
            child=self.child,
        )

    def _put(self, key: str, content: str) -> None:
        text = (
            f"business_date,base_currency,quote_currency,rate\n{DAY},EUR,{CURRENCIES[KEYS[key]]},{content}\n"
        )
        self.model.puts[key].append(Put(self.s3.put(self.bucket, key, text), content))

    def _run(self) -> None:
        self.runs += 1
        self.intake.load(FX_RATES, f"run-{self.runs}")

    def _versions(self, key: str) -> list[ObjectVersion]:
        return sorted(self.intake.landing.versions(key))

    # --- What senders do ------------------------------------------------------------------------------

    @rule(key=keys, content=contents)
    def put(self, key: str, content: str) -> None:
        """Put a file, of the same content as before or of another."""
        self._put(key, content)

    @rule(key=keys, several=st.lists(contents, min_size=2, max_size=4))
    def put_in_one_second(self, key: str, several: list[str]) -> None:
        """Put several versions faster than the clock of the bucket can tell."""
        for content in several:
            self._put(key, content)

    @rule(key=keys)
    def delete(self, key: str) -> None:
        """Delete a file: its versions stay, and what was loaded stays loaded."""
        self.s3.client.delete_object(Bucket=self.bucket, Key=key)

    # --- What hints tell ------------------------------------------------------------------------------

    @rule(prefix=st.sampled_from(PREFIXES))
    def listing(self, prefix: str) -> None:
        """List some of the bucket."""
        self.intake.observe(prefix)

    @rule(key=keys, place=places, times=st.integers(1, 2))
    def event(self, key: str, place: int, times: int) -> None:
        """Tell of one version, late, early or twice."""
        versions = self._versions(key)
        for _ in range(times if versions else 0):
            self.intake.ledger.observe(versions[place % len(versions)], parse_file_name(key))

    @rule(told=st.lists(keys, min_size=1, max_size=4))
    def notifications(self, told: list[str]) -> None:
        """Follow what the bucket tells, whatever it leaves out, repeats or mixes up."""
        places = [{"bucket": {"name": self.bucket}, "object": {"key": quote_plus(key)}} for key in told]
        records = [{"eventName": "ObjectCreated:Put", "s3": place} for place in places]
        hints = hints_of(json.dumps({"Records": records}))
        named = [key_in_zone(f"s3://{self.bucket}", hint.bucket, hint.key) for hint in hints]
        watch = LandingWatch(self.intake.landing, self.intake.ledger, self.intake.quarantine)
        watch.look_at(key for key in named if key is not None)
        known = {(e.version.key, e.version.version_id) for e in self.intake.ledger.entries()}
        assert {(key, put.version_id) for key in told for put in self.model.puts[key]} <= known

    # --- What runs do ---------------------------------------------------------------------------------

    @rule()
    def run(self) -> None:
        """Load what is owed."""
        self._run()

    @rule()
    def run_that_fails(self) -> None:
        """Load while the dialect of one source is broken."""
        broken = self.home / "sources" / "bank.toml"
        broken.write_text("[fx_rates]\ndelimeter = ';'\n")
        try:
            self._run()
        except DialectError:
            pass
        finally:
            broken.unlink()

    @rule(key=keys, place=places)
    def run_that_dies(self, key: str, place: int) -> None:
        """Take one version and end without a word."""
        versions = self._versions(key)
        if versions:
            self.runs += 1
            self.intake.ledger.claim(versions[place % len(versions)], f"dead-{self.runs}")

    @rule(key=keys, several=st.lists(contents, min_size=3, max_size=3), place=st.integers(0, 2))
    def late_version(self, key: str, several: list[str], place: int) -> None:
        """Load one of several versions after those that were put after it."""
        self.put_in_one_second(key, several)
        self.intake.observe(key)
        taken = next(
            v for v in self._versions(key) if v.version_id == self.model.puts[key][place - 3].version_id
        )
        self.intake.ledger.claim(taken, "late")
        self._run()
        self.intake.ledger.release("late")
        self._run()

    @rule()
    def recovery(self) -> None:
        """Give back what dead runs took."""
        for run_id in self.intake.ledger.runs_in_flight():
            self.intake.ledger.release(run_id)

    @rule()
    def restart(self) -> None:
        """Open everything anew."""
        self.intake.ledger.close()
        self.intake = self._opened()

    @rule(place=places)
    def discard(self, place: int) -> None:
        """Decide that a bad file is never loaded."""
        bad = [entry for entry in self._entries(State.QUARANTINED) if not self._put_of(entry).is_good]
        if bad:
            entry = bad[place % len(bad)]
            assert self.intake.ledger.discard(entry.version)
            self._put_of(entry).is_discarded = True

    # --- What must hold -------------------------------------------------------------------------------

    @invariant()
    def every_row_comes_from_a_version_that_was_put(self) -> None:
        """No reader sees anything else, at any moment."""
        for source, rate in self._rows(None).items():
            key = next(key for key, name in KEYS.items() if name == source)
            assert rate in {
                Decimal(put.content) for put in self.model.puts[key] if put.content != CONTENTS[-1]
            }

    @invariant()
    def the_ledger_knows_each_version_once(self) -> None:
        """No version has two rows or none that was never put."""
        known = [(e.version.key, e.version.version_id) for e in self.intake.ledger.entries()]
        put = {(key, each.version_id) for key, puts in self.model.puts.items() for each in puts}
        assert len(known) == len(set(known))
        assert set(known) <= put

    @rule()
    def in_the_end(self) -> None:
        """Once everything is loaded that can be, only the order of the puts counts."""
        self.recovery()
        self.intake.observe()
        for _ in range(MOST_RUNS):
            for entry in self._given_up():
                assert entry.message is not None
                assert entry.message.startswith("gave up after 3 attempts"), entry
                assert self.intake.ledger.requeue(entry.version)
            if not self._entries(State.SEEN):
                break
            self._run()
        entries = self.intake.ledger.entries()
        states = {(e.version.key, e.version.version_id): e.state for e in entries}
        assert self.model.told_once(states) == self.model.states()
        in_lake = sorted((e.version.key, e.version.version_id) for e in entries if e.state in IN_LAKE)
        assert sorted(self.intake.lake.deliveries().select("uri", "version_id").iter_rows()) == in_lake
        assert self._rows(None) == self._expected(None)
        for entry in entries:
            assert self._rows(entry.version) == self._expected(entry.version)

    def teardown(self) -> None:
        """Settle what is left and look once more."""
        self.in_the_end()
        self.intake.ledger.close()
        shutil.rmtree(self.home)

    def _entries(self, state: State) -> list[Entry]:
        return self.intake.ledger.entries(states=[state])

    def _given_up(self) -> list[Entry]:
        return [entry for entry in self._entries(State.QUARANTINED) if self._put_of(entry).is_good]

    def _put_of(self, entry: Entry) -> Put:
        puts = self.model.puts[entry.version.key]
        return next(put for put in puts if put.version_id == entry.version.version_id)

    def _rows(self, as_known_with: ObjectVersion | None) -> Rows:
        lake = self.intake.lake
        rows = (
            lake.read(FX_RATES)
            if as_known_with is None
            else lake.read(FX_RATES, as_known_at=as_known_with.known_at)
        )
        assert rows["source"].is_unique().all()
        return dict(rows.select("source", pl.col("rate")).iter_rows())

    def _expected(self, as_known_with: ObjectVersion | None) -> Rows:
        rows: Rows = {}
        for key in KEYS:
            versions = self._versions(key)
            known = [v for v in versions if as_known_with is None or v.known_at <= as_known_with.known_at]
            rows |= self.model.rows(key, len(known))
        return rows
