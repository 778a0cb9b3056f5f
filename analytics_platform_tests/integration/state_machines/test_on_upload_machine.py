"""Every way in which an upload can end."""

import contextlib
import time

import pytest
from botocore.exceptions import ClientError

from analytics_platform_tests.integration.state_machines.machines import RULE, ZONE, Machines, event

KEY = f"{ZONE}/positions/custodian-a_2013-03-01.csv"


def test_an_accepted_upload_is_loaded_and_nobody_is_told(machines: Machines) -> None:
    execution = machines.start("on_upload", event(KEY))
    asked = machines.request()
    assert asked["execution"] == execution
    assert asked["attempt"] == "Load/0"
    assert asked["request"] == {
        "kind": "upload",
        "bucket": "machines-landing",
        "key": KEY,
        "version_id": "v1",
    }
    loaded = {"run_id": "r1", "state": "loaded", "rows_accepted": 7, "rows_rejected": 0}
    machines.succeed(asked["token"], loaded)
    ended = machines.ended(execution)
    assert (ended.status, ended.output) == ("SUCCEEDED", loaded)
    assert machines.told() == []


@pytest.mark.parametrize(
    "event",
    [event(f"{ZONE}/positions/"), event("other/prices/exchange_2013-03-01.csv"), event(KEY, bucket="other")],
    ids=["folder", "outside the zone", "other bucket"],
)
def test_what_is_no_delivery_is_ignored(machines: Machines, event: dict[str, object]) -> None:
    ended = machines.run("on_upload", event)
    assert ended.status == "SUCCEEDED"
    assert ended.output["verdict"] == "ignored"
    assert machines.told() == []


@pytest.mark.parametrize(
    "told",
    [event(f"{ZONE}/holdings/fund-admin_2013-02-28.csv"), ["poison"], "poison", {"detail": None}],
    ids=["unknown dataset", "list", "text", "no event"],
)
def test_a_rejected_upload_is_told_once_and_fails_by_name(machines: Machines, told: object) -> None:
    ended = machines.run("on_upload", told)
    assert (ended.status, ended.error) == ("FAILED", "Upload.Rejected")
    (notice,) = machines.told()
    assert (notice["error"], notice["cause"]) == ("Upload.Rejected", ended.cause)


@pytest.mark.parametrize(
    ("error", "is_told"),
    [
        ("Delivery.Refused", True),
        ("Request.Invalid", True),
        ("Dagster.RunFailed", False),
        ("Dagster.RunCanceled", False),
    ],
)
def test_a_named_error_of_dagster_ends_the_execution_by_that_name(
    machines: Machines, error: str, *, is_told: bool
) -> None:
    execution = machines.start("on_upload", event(KEY))
    machines.fail(machines.request()["token"], error, "row 3 lacks a price")
    ended = machines.ended(execution)
    assert (ended.status, ended.error) == ("FAILED", error)
    assert ended.cause.endswith("row 3 lacks a price")
    assert [notice["error"] for notice in machines.told()] == ([error] if is_told else [])


def test_an_error_that_nobody_has_heard_of_is_told_as_a_fault(machines: Machines) -> None:
    execution = machines.start("on_upload", event(KEY))
    machines.fail(machines.request()["token"], "Dagster.Unheard", "of")
    ended = machines.ended(execution)
    assert (ended.status, ended.error) == ("FAILED", "Machine.Fault")
    assert ended.cause.endswith("Dagster.Unheard of")
    assert [notice["cause"] for notice in machines.told()] == [ended.cause]


def test_silence_is_told_and_fails(machines: Machines) -> None:
    ended = machines.run("on_upload", event(KEY, timeout_seconds=60, heartbeat_seconds=1))
    assert (ended.status, ended.error) == ("FAILED", "Request.TimedOut")
    (notice,) = machines.told()
    assert notice["cause"] == ended.cause
    assert ended.cause.startswith(f"s3://machines-landing/{KEY}: no answer from Dagster")


def test_heartbeats_keep_a_task_alive_and_its_time_out_ends_it_nevertheless(machines: Machines) -> None:
    started = time.monotonic()
    execution = machines.start("on_upload", event(KEY, timeout_seconds=3, heartbeat_seconds=1))
    token = machines.request()["token"]
    client = machines.client("stepfunctions")
    while "DescribeSilence" not in machines.entered(execution):
        with contextlib.suppress(ClientError):
            client.send_task_heartbeat(taskToken=token)
        time.sleep(0.2)
        assert time.monotonic() < started + 20
    assert time.monotonic() > started + 2.5
    assert machines.ended(execution).error == "Request.TimedOut"


def test_an_answer_after_the_time_out_is_refused(machines: Machines) -> None:
    machines.run("on_upload", event(KEY, timeout_seconds=60, heartbeat_seconds=1))
    token = machines.request()["token"]
    with pytest.raises(ClientError, match=r"TaskTimedOut|TaskDoesNotExist|InvalidToken"):
        machines.succeed(token, {})


def test_a_function_that_is_not_there_is_told(machines: Machines) -> None:
    missing = "arn:aws:lambda:eu-west-1:123456789012:function:missing"
    ended = machines.run(machines.variant("on_upload", RouteUploadFunctionArn=missing), event(KEY))
    assert (ended.status, ended.error) == ("FAILED", "Machine.Fault")
    assert [notice["cause"] for notice in machines.told()] == [ended.cause]


def test_a_file_that_is_put_starts_the_machine_by_itself(machines: Machines) -> None:
    events, machine = machines.client("events"), machines.account.machines["on_upload"]
    events.put_targets(Rule=RULE, Targets=[{"Id": "machine", "Arn": machine}])
    try:
        machines.put(KEY)
    finally:
        events.remove_targets(Rule=RULE, Ids=["machine"])
    asked = machines.request()
    assert (asked["request"]["kind"], asked["request"]["key"]) == ("upload", KEY)
    machines.succeed(asked["token"], {})
    assert machines.ended(asked["execution"]).status == "SUCCEEDED"
