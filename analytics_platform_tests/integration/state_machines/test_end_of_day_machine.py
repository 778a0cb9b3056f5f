"""Every way in which the end of a day can end. Session 2013-03-01 is a Friday and no month's end."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from analytics_platform_tests.integration.state_machines.machines import ZONE, Machines

SESSION = "2013-03-01"
REQUIRED = (
    "prices/exchange_2013-02-25_2013-03-01.csv",
    "fx_rates/ecb_2013-03-01.csv",
    "curve_quotes/treasury_2003-01-02_2013-03-04.csv",
    "positions/fund-admin_2013-03-01.xlsx",
)
OPTIONAL = ("prices/option-desk_2013-03-01.csv", "prices/ust-desk_2013-03-01.csv")
DONE = {"run_id": "r1", "status": "SUCCESS", "first_session": SESSION, "last_session": SESSION}


def put(machines: Machines, *names: str) -> None:
    for name in names:
        machines.put(f"{ZONE}/{name}")


def test_when_all_is_there_one_run_is_asked_for_and_its_end_is_told(machines: Machines) -> None:
    put(machines, *REQUIRED, *OPTIONAL)
    execution = machines.start("end_of_day", {"session": SESSION}, name="day-2013-03-01")
    asked = machines.request()
    assert asked["attempt"] == "Materialize/0"
    assert asked["request"] == {
        "kind": "materialize",
        "id": "day-2013-03-01",
        "job": "end_of_day",
        "assets": None,
        "first_session": SESSION,
        "last_session": SESSION,
        "requested_by": "end_of_day",
    }
    machines.succeed(asked["token"], DONE)
    ended = machines.ended(execution)
    assert (ended.status, ended.output) == ("SUCCEEDED", DONE)
    (notice,) = machines.told()
    assert (notice["session"], notice["missing"], notice["run"]) == (SESSION, [], DONE)


def test_on_a_day_without_a_session_nothing_happens(machines: Machines) -> None:
    ended = machines.run("end_of_day", {"time": "2013-03-02T22:30:00Z"})
    assert (ended.status, ended.output["verdict"]) == ("SUCCEEDED", "no session")
    assert machines.told() == []
    assert machines.requests() == []


def test_the_time_of_the_schedule_says_which_session_has_ended(machines: Machines) -> None:
    ended = machines.run("end_of_day", {"time": "2013-03-02T02:00:00Z"})
    assert ended.error == "Deliveries.Missing"
    assert machines.told()[0]["session"] == SESSION


def test_it_waits_until_the_last_delivery_has_come(machines: Machines) -> None:
    put(machines, *REQUIRED[1:], *OPTIONAL)
    deadline = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    told = {"session": SESSION, "deadline": deadline, "look_again_seconds": 1}
    execution = machines.start("end_of_day", told)
    machines.reach(execution, "Wait")
    put(machines, REQUIRED[0])
    machines.succeed(machines.request()["token"], DONE)
    assert machines.ended(execution).status == "SUCCEEDED"
    assert len(machines.told()) == 1


def test_what_is_required_and_late_ends_the_day_and_is_told_by_name(machines: Machines) -> None:
    put(machines, *REQUIRED[1:])
    deadline = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
    told = {"session": SESSION, "deadline": deadline, "look_again_seconds": 1}
    execution = machines.start("end_of_day", told)
    ended = machines.ended(execution)
    assert (ended.status, ended.error) == ("FAILED", "Deliveries.Missing")
    assert "prices of exchange" in ended.cause
    assert "Wait" in machines.entered(execution)
    (notice,) = machines.told()
    late = [line.partition(", due")[0] for line in notice["missing"]]
    assert late == [
        "prices of exchange (required",
        "prices of option-desk (not required",
        "prices of ust-desk (not required",
    ]
    assert machines.requests() == []


def test_what_is_not_required_and_late_is_told_and_the_day_goes_on(machines: Machines) -> None:
    put(machines, *REQUIRED, OPTIONAL[0])
    execution = machines.start("end_of_day", {"session": SESSION})
    machines.succeed(machines.request()["token"], DONE)
    assert machines.ended(execution).status == "SUCCEEDED"
    late, done = machines.told()
    assert (
        late["missing"] == done["missing"] == ["prices of ust-desk (not required, due 2013-03-02 00:00 UTC)"]
    )


@pytest.mark.parametrize(
    ("error", "is_told"),
    [("Request.Invalid", True), ("Dagster.RunFailed", False), ("Dagster.RunCanceled", False)],
)
def test_a_named_error_of_dagster_ends_the_day_by_that_name(
    machines: Machines, error: str, *, is_told: bool
) -> None:
    put(machines, *REQUIRED, *OPTIONAL)
    execution = machines.start("end_of_day", {"session": SESSION})
    machines.fail(machines.request()["token"], error, "the audit failed")
    ended = machines.ended(execution)
    assert (ended.status, ended.error) == ("FAILED", error)
    assert ended.cause.endswith("the audit failed")
    assert [notice["error"] for notice in machines.told()] == ([error] if is_told else [])


def test_an_error_that_nobody_has_heard_of_is_told_as_a_fault(machines: Machines) -> None:
    put(machines, *REQUIRED, *OPTIONAL)
    execution = machines.start("end_of_day", {"session": SESSION})
    machines.fail(machines.request()["token"], "Dagster.Unheard", "of")
    ended = machines.ended(execution)
    assert (ended.status, ended.error) == ("FAILED", "Machine.Fault")
    assert ended.cause.endswith("Dagster.Unheard of")
    assert [notice["cause"] for notice in machines.told()] == [ended.cause]


def test_silence_of_dagster_is_told_and_ends_the_day(machines: Machines) -> None:
    put(machines, *REQUIRED, *OPTIONAL)
    told = {"session": SESSION, "timeout_seconds": 60, "heartbeat_seconds": 1}
    ended = machines.run("end_of_day", told)
    assert (ended.status, ended.error) == ("FAILED", "Request.TimedOut")
    assert [notice["error"] for notice in machines.told()] == ["Request.TimedOut"]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"session": "2013-02-30"}, "2013-02-30 is no date"),
        (["2013-03-01"], "no JSON object"),
    ],
    ids=["no date", "list"],
)
def test_an_input_that_cannot_be_is_told_and_refused(machines: Machines, told: object, says: str) -> None:
    ended = machines.run("end_of_day", told)
    assert (ended.status, ended.error) == ("FAILED", "Request.Invalid")
    assert says in ended.cause
    assert [notice["cause"] for notice in machines.told()] == [ended.cause]


def test_a_function_that_is_not_there_is_told(machines: Machines) -> None:
    missing = "arn:aws:lambda:eu-west-1:123456789012:function:missing"
    ended = machines.run(machines.variant("end_of_day", ExpectedDeliveriesFunctionArn=missing), {})
    assert (ended.status, ended.error) == ("FAILED", "Machine.Fault")
    assert [notice["cause"] for notice in machines.told()] == [ended.cause]


def test_five_starts_of_one_name_are_one_execution(machines: Machines) -> None:
    put(machines, *REQUIRED, *OPTIONAL)
    before = machines.executions("end_of_day")
    started = {machines.start("end_of_day", {"session": SESSION}, name="same-day") for _ in range(5)}
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        machines.start("end_of_day", {"session": "2013-02-28"}, name="same-day")
    (execution,) = started
    machines.succeed(machines.request()["token"], DONE)
    assert machines.ended(execution).status == "SUCCEEDED"
    assert machines.executions("end_of_day") == before + 1
    assert machines.requests() == []
