"""Every way in which a request of the button can end."""

import pytest

from analytics_platform_tests.integration.state_machines.machines import Machines

ASKED = {
    "id": "request-1",
    "assets": ["lake/prices"],
    "first_session": "2013-03-01",
    "last_session": "2013-03-01",
    "requested_by": "ann",
}
DONE = {"run_id": "r1", "status": "SUCCESS", "first_session": "2013-03-01", "last_session": "2013-03-01"}


def test_a_request_is_asked_for_and_its_run_is_given_back(machines: Machines) -> None:
    execution = machines.start("materialize", ASKED)
    asked = machines.request()
    assert asked["request"] == {"kind": "materialize", "job": None, **ASKED}
    machines.succeed(asked["token"], DONE)
    ended = machines.ended(execution)
    assert (ended.status, ended.output) == ("SUCCEEDED", DONE)
    assert machines.told() == []


@pytest.mark.parametrize(
    ("error", "is_told"),
    [("Request.Invalid", True), ("Dagster.RunFailed", False), ("Dagster.RunCanceled", False)],
)
def test_a_named_error_of_dagster_ends_the_request_by_that_name(
    machines: Machines, error: str, *, is_told: bool
) -> None:
    execution = machines.start("materialize", ASKED)
    machines.fail(machines.request()["token"], error, "there is no asset lake/price")
    ended = machines.ended(execution)
    assert (ended.status, ended.error) == ("FAILED", error)
    assert ended.cause.endswith("there is no asset lake/price")
    assert [notice["error"] for notice in machines.told()] == ([error] if is_told else [])


@pytest.mark.parametrize(
    "told",
    [["poison"], "poison", {}, {**ASKED, "id": 7}, {"id": "x", "first_session": "2013-03-01"}],
    ids=["list", "text", "nothing", "id is a number", "no last session"],
)
def test_an_input_that_lacks_something_is_refused(machines: Machines, told: object) -> None:
    ended = machines.run("materialize", told)
    assert (ended.status, ended.error) == ("FAILED", "Request.Invalid")
    assert machines.requests() == []


def test_silence_of_dagster_is_told(machines: Machines) -> None:
    ended = machines.run("materialize", {**ASKED, "timeout_seconds": 60, "heartbeat_seconds": 1})
    assert (ended.status, ended.error) == ("FAILED", "Request.TimedOut")
    assert [notice["cause"] for notice in machines.told()] == [ended.cause]


def test_an_error_that_nobody_has_heard_of_is_told_as_a_fault(machines: Machines) -> None:
    execution = machines.start("materialize", ASKED)
    machines.fail(machines.request()["token"], "Dagster.Unheard", "of")
    ended = machines.ended(execution)
    assert (ended.status, ended.error) == ("FAILED", "Machine.Fault")
    assert ended.cause.endswith("Dagster.Unheard of")
    assert [notice["cause"] for notice in machines.told()] == [ended.cause]


@pytest.mark.slow
def test_a_queue_that_is_not_there_is_told(machines: Machines) -> None:
    missing = machines.account.requests_queue + "-missing"
    execution = machines.start(machines.variant("materialize", RequestsQueueUrl=missing), ASKED)
    ended = machines.ended(execution, seconds=120)
    assert (ended.status, ended.error) == ("FAILED", "Machine.Fault")
    assert [notice["cause"] for notice in machines.told()] == [ended.cause]


def test_a_request_that_nobody_can_be_told_of_ends_by_its_name_nevertheless(machines: Machines) -> None:
    missing = machines.account.topic + "-missing"
    machine = machines.variant("materialize", NotificationsTopicArn=missing)
    execution = machines.start(machine, ASKED)
    machines.fail(machines.request()["token"], "Request.Invalid", "there is no asset lake/price")
    ended = machines.ended(execution)
    assert (ended.status, ended.error) == ("FAILED", "Request.Invalid")
