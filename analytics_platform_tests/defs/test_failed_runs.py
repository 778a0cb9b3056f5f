"""`analytics runs`: what failed is told until it is repaired, and is executed again, once."""

import json
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterRunStatus
from dagster._core.storage.tags import PARENT_RUN_ID_TAG, ROOT_RUN_ID_TAG, RUN_KEY_TAG, WILL_RETRY_TAG

from analytics_platform.cli import runs_report
from analytics_platform.cli.runs_report import moment_since, print_failed
from analytics_platform.defs.instance import PROCESS_TAG
from analytics_platform.defs.partitions import RANGE_END, RANGE_START
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.storage.landing.object_versions import ObjectVersion
from analytics_platform.storage.ledger.ledger import State
from analytics_platform_tests.defs.failing_chain import FIRST, LAST, NOW, RANGE, World


@pytest.fixture(scope="module")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the databases once: their tables take longer than most tests."""
    home = tmp_path_factory.mktemp("home")
    world = World(home)
    world.run()
    world.instance.wipe()
    world.close()
    return home


@pytest.fixture
def world(made_home: Path, tmp_path: Path) -> Iterator[World]:
    made = World(shutil.copytree(made_home, tmp_path / "home"))
    yield made
    made.close()


def test_a_failed_run_is_told_with_its_step_and_its_cause_in_one_line(world: World) -> None:
    run_id = world.failing_run()
    (failed,) = world.failed()
    assert (failed.run.run_id, failed.step, failed.attempts) == (run_id, "computed", 1)
    assert (failed.under_way, failed.cause) == (None, "ValueError: line one line two")


def test_a_retry_goes_on_from_the_failure_with_the_sessions_of_the_run(world: World) -> None:
    run_id = world.failing_run(**{RUN_KEY_TAG: "asked by the sensor", PROCESS_TAG: "another:1:2"})
    assert world.retry(run_id[:8]) == 0
    assert world.executed == [("computed", FIRST, LAST)]
    (child,) = world.children(run_id)
    assert (child.tags[RANGE_START], child.tags[RANGE_END]) == (FIRST, LAST)
    assert child.tags[RUN_KEY_TAG] == "asked by the sensor"  # the ledger knows the retry by it
    assert child.tags[PROCESS_TAG] != "another:1:2"
    assert child.root_run_id == run_id
    assert world.failed() == []


def test_a_whole_retry_executes_every_step(world: World) -> None:
    run_id = world.failing_run()
    assert world.retry(run_id, whole=True) == 0
    assert [name for name, _, _ in world.executed] == ["loaded", "computed"]


def test_a_retry_that_fails_is_told_and_counted_and_can_be_retried(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = world.failing_run()
    world.broken.touch()
    assert world.retry(run_id) == 1
    assert "computed: ValueError: line one" in capsys.readouterr().out
    world.broken.unlink()
    (failed,) = world.failed()
    assert (failed.attempts, failed.run.run_id == run_id) == (2, False)
    assert world.retry(run_id) == 0
    assert world.failed() == []


def test_a_later_run_of_the_same_job_and_sessions_repairs(world: World) -> None:
    world.failing_run("analytics")
    world.run("analytics", {RANGE_START: "2013-02-27", RANGE_END: LAST})
    assert len(world.failed()) == 1, "only a part of the sessions"
    world.run("analytics")
    assert world.failed() == []


def test_a_later_run_of_the_whole_chain_repairs_every_job(world: World) -> None:
    world.failing_run("analytics")
    world.run("end_of_day", {RANGE_START: "2013-02-01", RANGE_END: "2013-03-01"})
    assert world.failed() == []


def test_an_earlier_run_repairs_nothing(world: World) -> None:
    world.run()
    world.failing_run()
    assert len(world.failed()) == 1


def test_a_run_with_a_retry_under_way_is_not_retried_again(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = world.failing_run()
    job = world.defs().resolve_job_def("end_of_day")
    alive = world.instance.create_run_for_job(
        job,
        parent_run_id=run_id,
        root_run_id=run_id,
        status=DagsterRunStatus.STARTED,
        tags={**RANGE, PARENT_RUN_ID_TAG: run_id, ROOT_RUN_ID_TAG: run_id},
    )
    assert world.retry(run_id) == 0
    assert world.retry(every=True) == 0
    assert f"a retry is under way: {alive.run_id}" in capsys.readouterr().out
    assert world.executed == []
    (failed,) = world.failed()
    assert (failed.under_way, failed.attempts) == (alive.run_id, 2)


def test_a_retry_that_was_announced_and_that_no_daemon_will_make_is_made_by_hand(world: World) -> None:
    run_id = world.failing_run()
    world.instance.add_run_tags(run_id, {WILL_RETRY_TAG: "true"})
    assert world.failed()[0].under_way is None
    assert world.retry(run_id) == 0
    run = world.instance.get_run_by_id(run_id)
    assert run is not None
    assert run.tags[WILL_RETRY_TAG] == "false", "a daemon that comes up later leaves it alone"


def test_runs_for_the_same_sessions_are_retried_once(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = world.failing_run(), world.failing_run()
    assert world.retry(every=True) == 0
    assert world.executed == [("computed", FIRST, LAST)]
    assert f"not retried: {first}" in capsys.readouterr().out
    assert [len(world.children(each)) for each in (first, second)] == [0, 1]
    assert world.failed() == []


def test_a_dry_run_says_what_it_would_do_and_does_nothing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = world.failing_run()
    assert world.retry(every=True, dry_run=True) == 0
    assert run_id in capsys.readouterr().out
    assert world.executed == []
    assert world.children(run_id) == []


def test_a_run_that_never_started_is_told_and_executed_as_a_whole(world: World) -> None:
    job = world.defs().resolve_job_def("end_of_day")
    run = world.instance.create_run_for_job(job, tags=RANGE, status=DagsterRunStatus.STARTING)
    world.instance.report_run_failed(run, "Run timed out due to taking longer than 180 seconds to start.")
    (failed,) = world.failed()
    assert failed.cause.startswith("Run timed out")
    assert world.retry(run.run_id) == 0
    assert [name for name, _, _ in world.executed] == ["loaded", "computed"]


def test_a_canceled_run_is_told_and_can_be_retried(world: World) -> None:
    job = world.defs().resolve_job_def("end_of_day")
    run = world.instance.create_run_for_job(job, tags=RANGE, status=DagsterRunStatus.STARTED)
    world.instance.report_run_canceled(run)
    (failed,) = world.failed()
    assert failed.run.status is DagsterRunStatus.CANCELED
    assert world.retry(every=True) == 0
    assert world.failed() == []


def test_a_run_of_a_job_that_is_gone_is_told_with_what_to_do(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    @dg.job
    def forgotten() -> None:
        """Be gone."""

    run = world.instance.create_run_for_job(forgotten, status=DagsterRunStatus.STARTED)
    world.instance.report_run_failed(run, "gone")
    assert world.retry(run.run_id) == 1
    assert "analytics backfill" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "every"),
    [
        pytest.param([], False, id="nothing"),
        pytest.param(["abcdefgh"], True, id="both"),
        pytest.param(["abcdefgh"], False, id="an unknown run"),
        pytest.param(["ab"], False, id="too short"),
    ],
)
def test_wrong_use_is_told(world: World, asked: list[str], every: bool) -> None:  # noqa: FBT001 - a case
    world.failing_run()
    assert world.retry(*asked, every=every) == 2
    assert world.executed == []


def test_a_run_that_succeeded_is_not_retried(world: World) -> None:
    assert world.retry(world.run()) == 2
    world.executed.clear()
    run_id = world.failing_run()
    assert world.retry(run_id) == 0
    world.executed.clear()
    assert world.retry(run_id) == 0, "it is repaired: nothing to do, and nothing wrong"
    assert world.executed == []


def _version(key: str) -> ObjectVersion:
    return ObjectVersion(NOW, key, "1", 10, "etag")


def _seen(world: World, key: str) -> ObjectVersion:
    version = _version(key)
    world.ledger.observe(version, parse_file_name(key, NOW.date()))
    return version


def test_files_that_a_run_gave_up_are_owed_again_by_its_retry(world: World) -> None:
    key = "prices/vendor_2013-02-28.csv"
    run_id = world.failing_run()
    version = _seen(world, key)
    for _ in range(world.ledger.max_attempts):
        world.ledger.claim(version, run_id)
        state = world.ledger.fail(version, "the disk is full", run_id=run_id)
    assert state is State.QUARANTINED
    (failed,) = world.failed()
    assert [entry.version.key for entry in failed.given_up] == [key]
    assert world.retry(run_id) == 0
    entry = world.ledger.entry(key)
    assert entry is not None
    assert (entry.state, entry.failures) == (State.SEEN, 0)


def test_files_that_are_still_owed_are_told_and_the_sensor_may_ask_again_after_the_retry(
    world: World,
) -> None:
    key = "prices/vendor_2013-02-28.csv"
    _seen(world, key)
    entry = world.ledger.entry(key)
    assert entry is not None
    world.ledger.note_requests([replace(entry, requests=world.ledger.max_attempts)], "the key")
    run_id = world.failing_run(**{RUN_KEY_TAG: "the key"})
    (failed,) = world.failed()
    assert [each.version.key for each in failed.owed] == [key]
    assert world.retry(run_id) == 0
    after = world.ledger.entry(key)
    assert after is not None
    assert after.asked == 0


def test_the_table_and_the_json_say_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs_report, "settings", lambda: world.of)
    run_id = world.failing_run()
    assert print_failed(None, NOW, as_json=False) == 0
    told = capsys.readouterr().out
    assert run_id in told
    assert "analytics runs retry" in told
    assert print_failed("24h", NOW, as_json=True) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["run_id"] == run_id
    assert (found["first_session"], found["last_session"]) == (FIRST, LAST)
    assert found["step"] == "computed"
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    assert print_failed(tomorrow, NOW, as_json=False) == 0
    assert run_id not in capsys.readouterr().out
    assert print_failed("yesterday", NOW, as_json=False) == 2


def test_a_run_whose_process_is_gone_is_told_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs_report, "settings", lambda: world.of)
    job = world.defs().resolve_job_def("end_of_day")
    dead = {**RANGE, PROCESS_TAG: f"{socket.gethostname()}:999999999:1"}
    run = world.instance.create_run_for_job(job, tags=dead, status=DagsterRunStatus.STARTED)
    waiting = world.instance.create_run_for_job(job, tags=RANGE, status=DagsterRunStatus.STARTING)
    assert print_failed(None, NOW, as_json=False) == 0
    told = capsys.readouterr().out
    assert run.run_id in told
    assert "the process of the run is gone" in told
    assert f"the oldest since {datetime.now(UTC):%Y-%m-%d}" in told
    assert waiting.run_id in told


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        pytest.param("90m", timedelta(minutes=90), id="minutes"),
        pytest.param("24h", timedelta(hours=24), id="hours"),
        pytest.param("7d", timedelta(days=7), id="days"),
    ],
)
def test_a_span_is_counted_back_from_now(text: str, ago: timedelta) -> None:
    assert moment_since(text, NOW) == NOW - ago
