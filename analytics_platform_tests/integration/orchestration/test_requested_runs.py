"""Requests of real executions become runs and are answered: each once, whatever comes twice or is lost."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dagster import DagsterRunStatus
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG

from analytics_platform.defs.partitions import RANGE_END, RANGE_START
from analytics_platform.defs.triggers import closing
from analytics_platform.storage.ledger.task_tokens import Answer
from analytics_platform.storage.queues.sqs import QueueError
from analytics_platform_tests.integration.cloud import Cloud
from analytics_platform_tests.integration.orchestration.installed_on_aws import (
    InstalledOnAws,
    succeed,
)
from analytics_platform_tests.integration.postgres import PostgresServer

OLD = "prices/vendor_2013-02-01.csv"
ASKED = {
    "kind": "materialize",
    "id": "r-1",
    "job": "end_of_day",
    "first_session": "2013-03-01",
    "last_session": "2013-03-04",
    "requested_by": "desk",
}


def test_a_request_becomes_one_run_and_its_success_is_told(at: InstalledOnAws) -> None:
    execution = at.start(at.machine(), ASKED)
    (request,) = at.request_tick()
    assert (request.job_name, request.asset_selection) == ("end_of_day", None)
    assert {key: value for key, value in request.tags.items() if key != "dagster/sensor_name"} == {
        RANGE_START: "2013-03-01",
        RANGE_END: "2013-03-04",
        "analytics/request": "r-1",
        "analytics/requested_by": "desk",
        "analytics/execution": execution.arn,
    }
    run = at.run(request, DagsterRunStatus.STARTED)
    assert at.request_tick() == []
    succeed(at.instance, run)
    assert at.request_tick() == []
    assert execution.ended() == (
        "SUCCEEDED",
        {
            "run_id": run.run_id,
            "status": "SUCCESS",
            "first_session": "2013-03-01",
            "last_session": "2013-03-04",
        },
    )


def test_assets_are_computed_by_a_run_of_these_assets(at: InstalledOnAws) -> None:
    at.start(at.machine(), {**ASKED, "job": None, "assets": ["lake/prices", "lake/instruments"]})
    (request,) = at.request_tick()
    assert request.job_name == "end_of_day"
    assert {key.to_user_string() for key in request.asset_selection or ()} == {
        "lake/prices",
        "lake/instruments",
    }


def test_five_duplicate_starts_are_one_run(at: InstalledOnAws) -> None:
    machine = at.machine()
    execution = at.start(machine, ASKED, name="2013-03-01")
    sfn = at.cloud.client("stepfunctions")
    for _ in range(4):
        try:
            again = sfn.start_execution(stateMachineArn=machine, input=json.dumps(ASKED), name="2013-03-01")
            assert again["executionArn"] == execution.arn
        except sfn.exceptions.ExecutionAlreadyExists:
            pass
    (message,) = at.waiting(at.requests)
    for _ in range(4):
        at.send(at.requests, message)
    (request,) = at.request_tick()
    at.run(request, DagsterRunStatus.STARTED)
    at.send(at.requests, message)
    assert at.request_tick() == []
    assert len(at.store.open()) == 1
    assert at.left(at.requests) == 0


def test_two_tokens_of_one_attempt_are_one_run_that_answers_both(at: InstalledOnAws) -> None:
    execution = at.start(at.machine(), ASKED)
    (message,) = at.waiting(at.requests)
    at.send(at.requests, {**json.loads(message), "token": "another"})
    (request,) = at.request_tick()
    run = at.run(request, DagsterRunStatus.STARTED)
    succeed(at.instance, run)
    at.request_tick()
    assert execution.ended()[0] == "SUCCEEDED"
    other = at.store.get("another")
    assert other is not None
    assert other.answer is Answer.GONE, "nobody waits for it"


def test_what_cannot_be_is_answered_at_once_and_never_reaches_dagster(at: InstalledOnAws) -> None:
    saturday = at.start(at.machine(), {**ASKED, "first_session": "2013-03-02"})
    shapeless = at.start(at.machine(), {"kind": "delete"})
    at.start(at.machine(), ASKED)
    assert len(at.request_tick()) == 1, "one bad request does not stop the others"
    error, told = saturday.ended()
    assert error == "Request.Invalid"
    assert "first_session: 2013-03-02 is no session of XNYS that has ended" in str(told)
    assert "the request cannot be read: " in str(shapeless.ended()[1])
    assert at.left(at.requests) == 0


def test_messages_without_a_token_go_to_the_dead_letter_queue(
    at: InstalledOnAws, capfd: pytest.CaptureFixture[str]
) -> None:
    for poison in ("not json", "[]", '{"execution": "e", "attempt": "a"}', '{"token": "a\\u0000b"}'):
        at.send(at.requests, poison)
    at.request_tick()
    told = "4 messages name no task to answer; the queue gives them to its dead-letter queue: "
    assert capfd.readouterr().err.count(told) == 1
    for _ in range(3):
        at.show_again(at.requests)
        at.request_tick()
    assert (at.left(at.requests), at.left(at.dead_requests)) == (0, 4)


def test_a_failed_run_that_is_tried_again_is_answered_by_the_last_try(at: InstalledOnAws) -> None:
    execution = at.start(at.machine(), ASKED)
    (request,) = at.request_tick()
    first = at.run(request, DagsterRunStatus.FAILURE, **{WILL_RETRY_TAG: "true"})
    assert at.request_tick() == []
    assert execution.told()["status"] == "RUNNING", "a retry is coming"
    second = at.run(request, DagsterRunStatus.STARTED)
    at.instance.add_run_tags(first.run_id, {AUTO_RETRY_RUN_ID_TAG: second.run_id})
    assert at.request_tick() == []
    assert execution.told()["status"] == "RUNNING"
    at.instance.report_run_failed(second, "again")
    at.request_tick()
    error, cause = execution.ended()
    assert error == "Dagster.RunFailed"
    assert second.run_id in str(cause)


def test_a_canceled_run_cancels(at: InstalledOnAws) -> None:
    execution = at.start(at.machine(), ASKED)
    (request,) = at.request_tick()
    run = at.run(request, DagsterRunStatus.CANCELED)
    at.request_tick()
    error, cause = execution.ended()
    assert error == "Dagster.RunCanceled"
    assert run.run_id in str(cause)


def test_a_run_that_does_not_come_is_asked_for_again_but_not_for_ever(at: InstalledOnAws) -> None:
    execution = at.start(at.machine(), ASKED)
    keys = {at.request_tick()[0].run_key for _ in range(2)}
    (request,) = at.request_tick()
    assert keys == {request.run_key}, "with the same key, so that one which comes late is the only one"
    at.instance.delete_run(at.run(request, DagsterRunStatus.STARTED).run_id)
    for _ in range(2):
        assert [each.run_key for each in at.request_tick()] == [request.run_key]
    assert at.request_tick() == []
    error, cause = execution.ended()
    assert error == "Dagster.RunFailed"
    assert "asked 5 times for the run and has none" in str(cause)


def test_a_task_that_waits_no_longer_gets_no_run(at: InstalledOnAws) -> None:
    execution = at.start(at.machine(seconds=1), ASKED)
    assert execution.ended()[0] in {"States.Timeout", "TIMED_OUT"}
    assert at.request_tick() == [], "whoever pressed the button has been told that it was canceled"
    assert at.store.open() == []


def test_a_task_that_times_out_is_closed_and_its_run_goes_on(
    at: InstalledOnAws, capfd: pytest.CaptureFixture[str]
) -> None:
    execution = at.start(at.machine(seconds=4), ASKED)
    (request,) = at.request_tick()
    run = at.run(request, DagsterRunStatus.STARTED)
    assert execution.ended()[0] in {"States.Timeout", "TIMED_OUT"}
    succeed(at.instance, run)
    at.request_tick()
    assert (
        capfd.readouterr().err.count("1 tasks waited no longer; what was begun for them goes on: arn:") == 1
    )
    assert at.store.open() == []
    assert at.request_tick() == []


def test_waiting_tasks_get_heartbeats(at: InstalledOnAws, monkeypatch: pytest.MonkeyPatch) -> None:
    at.start_upload(OLD)
    at.request_tick()
    (token,) = at.store.open()
    assert token.told_at is None, "it has only just begun to wait"
    monkeypatch.setattr(closing, "HEARTBEAT_AFTER", timedelta(0))
    at.request_tick()
    (token,) = at.store.open()
    assert token.told_at is not None
    assert datetime.now(UTC) - token.told_at < timedelta(seconds=30)


def test_an_outage_of_step_functions_is_told_once_and_answers_come_later(
    at: InstalledOnAws, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    executions = [at.start(at.machine(), {**ASKED, "job": f"no-{n}"}) for n in range(3)]
    with monkeypatch.context() as outage:
        outage.setenv("AWS_ENDPOINT_URL_STEPFUNCTIONS", "http://127.0.0.1:9")
        outage.setenv("AWS_ENDPOINT_URL_SFN", "http://127.0.0.1:9")
        at.request_tick()
    assert capfd.readouterr().err.count("Step Functions could not be told") == 1
    assert len(at.store.open()) == 3
    at.request_tick()
    assert {execution.ended()[0] for execution in executions} == {"Request.Invalid"}


def test_a_tick_with_nothing_to_do_says_so(at: InstalledOnAws) -> None:
    assert at.request_tick() == []
    assert at.reason == "0 tasks were answered, 0 wait"


def test_on_postgresql_requests_are_taken_in_and_answered_too(
    cloud: Cloud, tmp_path: Path, postgres: PostgresServer
) -> None:
    at = InstalledOnAws(cloud, tmp_path, ledger_url=postgres.new_database())
    upload, request = at.start_upload("notes.txt"), at.start(at.machine(), ASKED)
    invalid = at.start(at.machine(), {"kind": "\0"})
    (asked,) = at.request_tick()
    assert upload.ended()[0] == "Delivery.Refused"
    assert invalid.ended()[0] == "Request.Invalid"
    succeed(at.instance, at.run(asked, DagsterRunStatus.STARTED))
    at.request_tick()
    assert request.ended()[0] == "SUCCEEDED"
    at.close()


def test_while_the_queue_is_away_waiting_tasks_are_answered(at: InstalledOnAws) -> None:
    execution = at.start(at.machine(), ASKED)
    (request,) = at.request_tick()
    at.run(request, DagsterRunStatus.CANCELED)
    at.cloud.client("sqs").delete_queue(QueueUrl=at.requests)
    with pytest.raises(
        QueueError, match=r"the queue http.* failed: .*; check its URL, region and permissions"
    ):
        at.request_tick()
    assert execution.ended()[0] == "Dagster.RunCanceled"
