"""The landing sensor on a queue: hints are followed, written down, then deleted; the ledger decides."""

import json
import random
import time

import pytest
from dagster import DagsterRunStatus

from analytics_platform.defs.ingestion import upload_hints
from analytics_platform.defs.resources import intake_resource
from analytics_platform.storage.ledger.ledger import State
from analytics_platform_tests.integration.orchestration.installed_on_aws import InstalledOnAws, record

DAYS = [f"2013-01-{day:02}" for day in range(2, 32)]
OLD = "prices/vendor_2013-02-01.csv"


def test_what_s3_tells_of_is_written_down_and_deleted_and_loaded_by_one_run(at: InstalledOnAws) -> None:
    at.notify()
    at.put(OLD)
    at.put("fx_rates/bank_2013-02-01.csv")
    assert at.left(at.uploads) >= 2
    (request,) = at.landing_tick()
    assert request.job_name == "ingest"
    assert at.left(at.uploads) == 0, "also the test event that S3 sends first"
    assert {entry.version.key for entry in at.ledger.entries()} == {OLD, "fx_rates/bank_2013-02-01.csv"}
    at.run(request, DagsterRunStatus.STARTING)
    assert at.landing_tick() == []
    assert at.reason == "2 files wait for a run that was asked for"


def test_duplicate_and_reordered_events_make_no_second_run(at: InstalledOnAws) -> None:
    versions = [at.put(OLD, content) for content in ("a", "b", "a")]
    at.tell_of(OLD, OLD, OLD, OLD)
    (request,) = at.landing_tick()
    assert [entry.version.version_id for entry in at.ledger.entries()] == versions
    at.run(request, DagsterRunStatus.STARTED)
    at.tell_of(OLD, OLD)
    assert at.landing_tick() == []
    assert at.left(at.uploads) == 0
    assert len(at.ledger.entries()) == 3


def test_a_dropped_event_is_found_by_the_listing(at: InstalledOnAws) -> None:
    assert at.landing_tick() == []
    at.put(OLD)
    assert at.landing_tick() == [], "nobody told, and it is not yet time to list"
    assert at.ledger.entries() == []
    cursor = json.loads(at.cursors["landing_zone_sensor"] or "")
    at.cursors["landing_zone_sensor"] = json.dumps({**cursor, "listed_at": time.time() - 3601})
    assert len(at.landing_tick()) == 1
    assert json.loads(at.cursors["landing_zone_sensor"] or "")["listed_at"] > time.time() - 60


def test_a_long_listing_goes_on_beside_the_queue(at: InstalledOnAws) -> None:
    assert at.landing_tick() == []
    names = [f"prices/vendor_{day}.csv" for day in DAYS[:6]]
    for name in names:
        at.put(name)
    at.hurry()
    at.cursors["landing_zone_sensor"] = json.dumps({"listed_at": 1.0, "after": None, "busy": 0})
    for number in range(3):
        at.put(late := f"transactions/bank_2013-02-{number + 11}.csv")
        at.tell_of(late)
        assert len(at.landing_tick()) == 1, "what is told of does not wait for the listing"
    assert 3 <= len(at.ledger.entries()) < len(names) + 3
    for _ in names:
        at.landing_tick()
    assert len(at.ledger.entries()) == len(names) + 3
    assert json.loads(at.cursors["landing_zone_sensor"] or "")["after"] is None


def test_poison_is_left_for_the_dead_letter_queue_and_told(
    at: InstalledOnAws, capfd: pytest.CaptureFixture[str]
) -> None:
    at.put(OLD)
    broken = {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {}}}]}
    for poison in ("not json", "[1]", json.dumps(broken)):
        at.send(at.uploads, poison)
    at.tell_of(OLD)
    assert len(at.landing_tick()) == 1
    told = capfd.readouterr().err
    assert told.count("3 messages tell of no upload; the queue gives them to its dead-letter queue: ") == 1
    assert "no JSON: 'not json'" in told
    for _ in range(3):
        at.show_again(at.uploads)
        at.landing_tick()
    assert at.left(at.uploads) == 0
    assert at.left(at.dead_uploads) == 3


def test_what_was_put_elsewhere_is_acknowledged_and_passed_over(
    at: InstalledOnAws, capfd: pytest.CaptureFixture[str]
) -> None:
    elsewhere = [record("other", "landing/prices/x"), record(at.bucket, "reports/prices/x")]
    removed = record(at.bucket, f"landing/{OLD}", "ObjectRemoved:Delete")
    folder = record(at.bucket, "landing/prices/")
    at.send(at.uploads, {"Records": [*elsewhere, removed, folder]})
    at.send(at.uploads, {"Records": [record(at.bucket, "landing/prices/never-put_2013-02-01.csv")]})
    assert at.landing_tick() == []
    assert capfd.readouterr().err.count("2 uploads are not in the landing zone and were passed over") == 1
    assert at.left(at.uploads) == 0
    assert at.ledger.entries() == []


@pytest.mark.parametrize(
    ("messages", "files"),
    [
        pytest.param(50, 100, id="a few files"),
        pytest.param(1000, 1000, id="a thousand files", marks=pytest.mark.slow),
    ],
)
def test_a_burst_is_at_most_three_runs_of_one_tick(at: InstalledOnAws, messages: int, files: int) -> None:
    at.intake = intake_resource(at.settings.model_copy(update={"sensor_seconds": 600.0}))  # moto is slow
    keys = [f"prices/vendor-{n}_{day}.csv" for n in range(files // len(DAYS) + 1) for day in DAYS][:files]
    random.Random(7).shuffle(keys)  # noqa: S311 - an order, no secret
    for key in keys:
        at.put(key)
    told = [record(at.bucket, f"landing/{key}") for key in keys]
    for start in range(0, files, files // messages):
        at.send(at.uploads, {"Records": told[start : start + files // messages]})
    assert 1 <= len(at.landing_tick()) <= 3
    assert at.left(at.uploads) == 0
    assert [entry.state for entry in at.ledger.entries()] == [State.SEEN] * files


def test_a_queue_that_does_not_end_is_followed_in_several_ticks(
    at: InstalledOnAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_hints, "_TOGETHER", 2)
    assert at.landing_tick() == []
    keys = [f"prices/vendor_{day}.csv" for day in DAYS[:8]]
    for key in keys:
        at.put(key)
    at.tell_of(*keys)
    at.hurry()
    for ticks in range(4):
        assert at.landing_tick() == [], "files that arrive together are loaded together"
        assert at.reason == "followed 2 messages; the rest follows in the next tick"
        assert len(at.ledger.entries()) == 2 * (ticks + 1)
    assert len(at.landing_tick()) == 1
    at.cursors["landing_zone_sensor"] = json.dumps({"listed_at": time.time(), "after": None, "busy": 9})
    at.tell_of(*keys)
    assert len(at.landing_tick()) == 1, "they do not wait for ever"


def test_while_the_queue_is_away_the_landing_zone_is_listed(
    at: InstalledOnAws, capfd: pytest.CaptureFixture[str]
) -> None:
    at.cloud.client("sqs").delete_queue(QueueUrl=at.uploads)
    at.put(OLD)
    (request,) = at.landing_tick()
    assert capfd.readouterr().err.count(f"the queue {at.uploads} failed: ") == 1
    at.run(request, DagsterRunStatus.STARTED)
    assert at.landing_tick() == []
    assert at.reason is not None
    assert at.reason.endswith("check its URL, region and permissions")
