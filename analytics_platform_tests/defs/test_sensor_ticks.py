"""The sensor tick by tick, on real files and a real instance: every file gets its run, none two."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterRunStatus
from dagster._core.storage.tags import RUN_KEY_TAG

from analytics_platform.calendars.sessions import calendar
from analytics_platform.definitions import defs
from analytics_platform.defs.ingestion.landing_sensor import LONGEST_CURSOR, cursor_after, landing_zone_sensor
from analytics_platform.defs.resources import intake_resource
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.settings import Settings
from analytics_platform.storage.landing.zone import ObjectVersion
from analytics_platform.storage.ledger.ledger import State

HEADER = "business_date,instrument_id,close_local,currency\n"


class Installed:
    """An installation with a sensor and a daemon that only notes what the sensor asks for."""

    def __init__(self, home: Path, **changed: float) -> None:
        (home / "sources").mkdir(exist_ok=True)
        self.settings = Settings(home=home, sources=home / "sources").model_copy(update=changed)
        self.instance = dg.DagsterInstance.ephemeral()
        self.intake = intake_resource(self.settings)
        self.ledger = self.intake.watch().ledger
        self.cursor: str | None = None
        self.reason: str | None = None

    def land(self, *names: str) -> None:
        """Put files as senders do."""
        for name in names:
            upload = self.settings.home / "upload"
            upload.write_text(f"{name}\n")
            self.intake.watch().landing.put(name, upload)

    def tick(self) -> list[dg.RunRequest]:
        """Evaluate the sensor once, as the daemon does."""
        given = {"intake": self.intake}
        with dg.build_sensor_context(self.instance, cursor=self.cursor, resources=given) as context:
            data = landing_zone_sensor.evaluate_tick(context)
        self.cursor, self.reason = data.cursor, data.skip_message
        return list(data.run_requests or [])

    def run(self, request: dg.RunRequest, status: DagsterRunStatus) -> str:
        """Note a run for a request."""
        tags = {**request.tags, RUN_KEY_TAG: str(request.run_key)}
        job = defs().resolve_job_def(str(request.job_name))
        return self.instance.create_run_for_job(job, tags=tags, status=status).run_id


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Installed]:
    installed = Installed(tmp_path, retry_seconds=0.0)
    yield installed
    installed.ledger.close()


OLD = "prices/vendor_2013-02-01.csv"


def test_a_file_gets_one_run_while_that_run_is_on_its_way(at: Installed) -> None:
    at.land(OLD)
    (request,) = at.tick()
    assert request.job_name == "ingest"
    at.run(request, DagsterRunStatus.STARTING)
    assert at.tick() == []
    assert at.reason == "1 files wait for a run that was asked for"
    at.land("prices/other_2013-02-01.csv")
    (second,) = at.tick()
    assert second.run_key != request.run_key
    keys = {e.version.key: e.request_key for e in at.ledger.entries()}
    assert keys == {OLD: request.run_key, "prices/other_2013-02-01.csv": second.run_key}


def test_a_request_that_got_lost_is_repeated_with_the_same_key(at: Installed) -> None:
    at.land(OLD)
    (request,) = at.tick()
    (again,) = at.tick()
    assert again.run_key == request.run_key


def test_a_run_that_ended_without_its_file_is_asked_for_again_but_not_for_ever(at: Installed) -> None:
    at.land(OLD)
    keys = set()
    for _ in range(3):
        (request,) = at.tick()
        keys.add(request.run_key)
        at.run(request, DagsterRunStatus.FAILURE)
    assert len(keys) == 3
    assert at.tick() == []
    assert at.reason is not None
    assert "after 3 runs that ended without them; see `analytics reconcile`" in at.reason


def test_a_file_that_was_given_up_and_is_let_go_gets_runs_that_there_never_were(at: Installed) -> None:
    at.land(OLD)
    keys = []
    for _ in range(2):
        for _ in range(3):
            (request,) = at.tick()
            keys.append(request.run_key)
            at.run(request, DagsterRunStatus.FAILURE)
        assert at.tick() == []
        at.ledger.forget_requests(entry.version for entry in at.ledger.entries())
    assert len(set(keys)) == 6, "Dagster starts no second run of a key"


def test_what_a_dead_run_took_is_given_back_and_asked_for_again(at: Installed) -> None:
    at.land(OLD)
    (request,) = at.tick()
    run_id = at.run(request, DagsterRunStatus.STARTED)
    (entry,) = at.ledger.entries()
    assert at.ledger.claim(entry.version, run_id)
    assert at.tick() == []
    at.instance.report_run_failed(at.instance.get_run_by_id(run_id))  # type: ignore[arg-type]
    (again,) = at.tick()
    assert again.run_key != request.run_key
    assert [e.state for e in at.ledger.entries()] == [State.SEEN]


def test_a_failed_version_waits_longer_each_time(tmp_path: Path, at: Installed) -> None:
    at.land(OLD)
    patient = Installed(tmp_path, retry_seconds=3600.0)
    patient.tick()
    (entry,) = at.ledger.entries()
    at.ledger.claim(entry.version, "run")
    at.ledger.fail(entry.version, "the bucket is throttled")
    assert patient.tick() == []
    assert patient.reason == "1 files wait for their next attempt"
    assert len(at.tick()) == 1


def test_a_file_of_a_later_session_waits_for_it(at: Installed) -> None:
    ahead = calendar("XNYS").offset(calendar("XNYS").at_or_before(date.today()), 10)  # noqa: DTZ011 - the sensor's clock
    at.land(f"prices/vendor_{ahead}.csv")
    assert at.tick() == []
    assert at.reason == "1 files wait for their session"


def test_a_large_landing_zone_is_looked_at_in_several_ticks(tmp_path: Path, at: Installed) -> None:
    names = [f"prices/vendor-{number:03}_2013-02-01.csv" for number in range(40)]
    at.land(*names)
    hurried = Installed(tmp_path, sensor_seconds=1e-9)
    ticks = 0
    while not (requests := hurried.tick()):
        ticks += 1
        assert hurried.cursor is not None
        assert len(hurried.cursor.encode()) < 2048
        assert ticks <= len(names)
    assert ticks > 10
    assert len(requests) == 1
    assert [e.version.key for e in sorted(at.ledger.entries(), key=lambda e: e.version.key)] == names


def test_the_longest_key_makes_a_small_cursor() -> None:
    assert len(cursor_after("ü" * 4000).encode()) <= LONGEST_CURSOR < 2048
    assert cursor_after(None) == ""


def _loaded(at: Installed, key: str, run_id: str) -> None:
    version = ObjectVersion(datetime(2013, 3, 1, tzinfo=UTC), key, "v1", 1)
    at.ledger.observe(version, parse_file_name(key))
    at.ledger.claim(version, run_id)
    at.ledger.finish(version, State.LOADED, sha256=key, run_id=run_id)


def test_a_file_that_a_run_of_other_sessions_loaded_is_recomputed_once(at: Installed) -> None:
    _loaded(at, "positions/admin_2013-03-01.csv", "unknown")
    _loaded(at, "prices/vendor_2013-02-27.csv", "unknown")
    (request,) = at.tick()
    first, last = (value for key, value in sorted(request.tags.items(), reverse=True) if "range" in key)
    assert (request.job_name, first, last) == ("end_of_day", "2013-02-27", "2013-03-01")
    at.run(request, DagsterRunStatus.STARTED)
    assert at.tick() == []
    (run,) = at.instance.get_runs()
    at.instance.report_run_failed(run)
    assert at.tick() == [], "an alert has told it; the same run would fail again"
    assert len(at.ledger.not_recomputed()) == 2


def test_a_run_of_the_whole_chain_in_a_process_counts_as_computed(at: Installed) -> None:
    _loaded(at, "positions/admin_2013-03-01.csv", "unknown")
    (request,) = at.tick()
    job = defs().resolve_job_def("end_of_day")
    run = at.instance.create_run_for_job(
        job, tags=dict(request.tags), status=DagsterRunStatus.STARTED, asset_selection=frozenset()
    )
    at.instance.report_dagster_event(dg.DagsterEvent("PIPELINE_START", "end_of_day"), run_id=run.run_id)
    at.instance.report_dagster_event(dg.DagsterEvent("PIPELINE_SUCCESS", "end_of_day"), run_id=run.run_id)
    assert at.tick() == []
    assert at.ledger.not_recomputed() == []


def test_a_file_before_the_open_window_is_not_recomputed(at: Installed) -> None:
    _loaded(at, "positions/admin_2013-03-01.csv", "unknown")
    _loaded(at, OLD, "unknown")
    at.tick()
    assert [entry.version.key for entry in at.ledger.not_recomputed()] == ["positions/admin_2013-03-01.csv"]
