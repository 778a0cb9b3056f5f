"""Tasks that wait for a file are told how it ended: loaded and computed, refused, or given up."""

from dagster import DagsterRunStatus
from dagster._core.storage.tags import WILL_RETRY_TAG

from analytics_platform.storage.ledger.ledger import State
from analytics_platform_tests.integration.orchestration.installed_on_aws import InstalledOnAws

OLD = "prices/vendor_2013-02-01.csv"


def test_an_upload_is_loaded_by_a_run_of_the_landing_sensor_and_then_answered(at: InstalledOnAws) -> None:
    execution = at.start_upload(OLD)
    assert at.request_tick() == [], "the landing sensor asks for the runs that load files"
    assert at.reason == "0 tasks were answered, 1 wait"
    (request,) = at.landing_tick()
    run = at.run(request, DagsterRunStatus.STARTED)
    at.request_tick()
    assert execution.told()["status"] == "RUNNING"
    at.finish(OLD, State.LOADED, run.run_id)
    at.request_tick()
    assert execution.told()["status"] == "RUNNING", "its results are not computed"
    at.ledger.note_recomputed([at.entry(OLD).version])
    at.request_tick()
    assert execution.ended() == (
        "SUCCEEDED",
        {"run_id": run.run_id, "state": "loaded", "rows_accepted": 2, "rows_rejected": 1},
    )
    assert at.left(at.requests) == 0
    assert at.store.open() == []


def test_a_refused_delivery_fails_with_the_reason(at: InstalledOnAws) -> None:
    execution = at.start_upload(OLD)
    at.request_tick()
    at.finish(OLD, State.QUARANTINED, "run", "the column close_local is missing")
    at.request_tick()
    assert execution.ended() == (
        "Delivery.Refused",
        f"{OLD} is in quarantine: the column close_local is missing",
    )


def test_a_name_that_tells_nothing_is_refused_at_once(at: InstalledOnAws) -> None:
    execution = at.start_upload("notes.txt")
    at.request_tick()
    error, cause = execution.ended()
    assert error == "Delivery.Refused"
    assert "notes.txt is in quarantine: " in str(cause)


def test_a_version_that_was_loaded_before_is_answered_at_once(at: InstalledOnAws) -> None:
    version = at.put(OLD)
    at.watch.look()
    at.finish(OLD, State.LOADED, "run-1")
    at.ledger.note_recomputed([at.entry(OLD).version])
    execution = at.start_upload(OLD, version)
    at.request_tick()
    assert execution.ended()[1] == {
        "run_id": "run-1",
        "state": "loaded",
        "rows_accepted": 2,
        "rows_rejected": 1,
    }


def test_both_ways_at_once_load_a_version_once(at: InstalledOnAws) -> None:
    at.notify()
    execution = at.start_upload(OLD)
    (request,) = at.landing_tick()
    at.request_tick()
    run = at.run(request, DagsterRunStatus.STARTED)
    assert at.landing_tick() == []
    assert len(at.ledger.entries()) == 1
    at.finish(OLD, State.LOADED, run.run_id)
    at.ledger.note_recomputed([at.entry(OLD).version])
    at.request_tick()
    assert execution.ended()[0] == "SUCCEEDED"


def test_files_that_no_run_loads_any_more_fail_with_the_run(at: InstalledOnAws) -> None:
    execution = at.start_upload(OLD)
    at.request_tick()
    for _ in range(3):
        (request,) = at.landing_tick()
        at.request_tick()
        assert execution.told()["status"] == "RUNNING"
        run = at.run(request, DagsterRunStatus.FAILURE, **{WILL_RETRY_TAG: "false"})
    at.request_tick()
    error, cause = execution.ended()
    assert error == "Dagster.RunFailed"
    assert f"run {run.run_id} of ingest has ended without it" in str(cause)


def test_a_chain_that_fails_after_it_loaded_the_file_fails_its_task(at: InstalledOnAws) -> None:
    execution = at.start_upload("positions/admin_2013-03-01.csv")
    at.request_tick()
    (request,) = at.landing_tick()
    assert request.job_name == "end_of_day"
    run = at.run(request, DagsterRunStatus.STARTED)
    at.finish("positions/admin_2013-03-01.csv", State.LOADED, run.run_id)
    at.request_tick()
    assert execution.told()["status"] == "RUNNING"
    at.instance.report_run_failed(run, "the warehouse is away")
    at.request_tick()
    error, cause = execution.ended()
    assert error == "Dagster.RunFailed"
    assert str(cause).endswith("the warehouse is away")


def test_an_upload_elsewhere_or_of_no_version_is_invalid(at: InstalledOnAws) -> None:
    elsewhere = at.start(at.machine(), {"kind": "upload", "bucket": "other", "key": OLD})
    missing = at.start_upload(OLD, "no-such-version")
    at.request_tick()
    told = f"s3://other/{OLD} is no file in the landing zone s3://{at.bucket}/landing; put it there"
    assert elsewhere.ended() == ("Request.Invalid", told)
    assert missing.ended()[0] == "Request.Invalid"
    assert "the landing zone has no version no-such-version of prices/vendor" in str(missing.ended()[1])
