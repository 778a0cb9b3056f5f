"""The button that starts a state machine: from the press to the end of the run."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from analytics_platform.api.actions.state_machine import MachineNameError
from analytics_platform_tests.integration.state_machine_button.button_on_aws import (
    Button,
    ended,
    make_machine,
    press,
    state,
    until,
)
from analytics_platform_tests.integration.state_machine_button.faulty_aws import faulty_aws
from analytics_platform_tests.unit.api.actions.installed import installed


def test_a_press_becomes_an_execution_whose_run_is_found_by_its_tag(button: Button) -> None:
    at = button.open()
    asked = press(at)
    told = asked.json()
    assert (asked.status_code, told["state"], told["run_id"]) == (202, "requested", None)
    request = button.request()["request"]
    assert request == {
        "kind": "materialize",
        "id": told["id"],
        "job": None,
        "assets": ["lake/prices"],
        "first_session": "2013-03-01",
        "last_session": "2013-03-01",
        "requested_by": "desk",
    }
    assert button.execution()["name"] == told["id"]
    run_id = button.dagster.run(told["id"])
    (listed,) = at.client.get("/materializations").json()["requests"]
    assert (listed["state"], listed["run_id"]) == ("queued", run_id)
    for status, expected in (("STARTED", "started"), ("SUCCESS", "success")):
        button.dagster.come_to(run_id, status)
        assert (state(at, told["id"])["state"], state(at, told["id"])["run_id"]) == (expected, run_id)
    late = press(at)
    assert (late.status_code, late.json()["state"], len(button.executions())) == (200, "success", 1)


def test_a_job_over_a_range_is_told_to_the_machine(button: Button) -> None:
    body = {"job": "analytics", "from": "2013-02-28", "to": "2013-03-01"}
    at = button.open()
    asked = at.client.post("/materializations", json=body, headers={"Idempotency-Key": "range"})
    assert asked.status_code == 202
    told = json.loads(button.execution()["input"])
    assert (told["job"], told["assets"]) == ("analytics", None)
    assert (told["first_session"], told["last_session"]) == ("2013-02-28", "2013-03-01")


def test_what_there_is_not_starts_no_execution_and_frees_its_key(button: Button) -> None:
    at = button.open()
    refused = press(at, assets=["lake/price"])
    assert (refused.status_code, "lake/prices" in refused.json()["detail"]) == (404, True)
    assert button.executions() == []
    assert press(at).status_code == 202


def test_a_request_that_the_machine_could_not_bring_to_a_run_fails_with_error_and_cause(
    button: Button,
) -> None:
    at = button.open()
    told = press(at).json()
    token = button.request()["token"]
    button.cloud.client("stepfunctions").send_task_failure(
        taskToken=token,
        error="Request.Invalid",
        cause="first_session: 2013-03-01 is no session; give another",
    )
    end = ended(at, told["id"])
    assert (end["state"], end["run_id"], end["failed_step"]) == ("failure", None, None)
    assert "before there was a run: Request.Invalid: " in end["failure"]
    assert "2013-03-01 is no session" in end["failure"]
    assert at.client.get("/materializations").json()["requests"] == [end]
    again = press(at)
    assert (again.status_code, again.json(), len(button.executions())) == (200, end, 1)
    canceled = at.client.post(f"/materializations/{told['id']}/cancel")
    assert (canceled.status_code, "has ended as failure" in canceled.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (
            {"Type": "Fail", "Error": "Dagster.Silent", "Cause": "nobody answered"},
            "before there was a run: Dagster.Silent: nobody answered",
        ),
        ({"Type": "Fail", "Error": "Dagster.Silent"}, "Dagster.Silent: it tells no cause"),
        ({"Type": "Succeed"}, "Dagster no longer knows the run"),
    ],
    ids=["error and cause", "no cause", "run was deleted"],
)
def test_an_execution_that_ended_without_a_run_is_told(
    button: Button, monkeypatch: pytest.MonkeyPatch, end: dict[str, str], expected: str
) -> None:
    text = json.dumps({"StartAt": "End", "States": {"End": end}})
    monkeypatch.setenv("ANALYTICS_MATERIALIZE_MACHINE", _another(button, text))
    at = button.open()
    told = ended(at, press(at).json()["id"])
    assert (told["state"], expected in told["failure"]) == ("failure", True)


def test_an_execution_that_timed_out_is_told(button: Button, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = {"Type": "Wait", "Seconds": 3, "End": True}
    text = json.dumps({"StartAt": "Wait", "TimeoutSeconds": 1, "States": {"Wait": wait}})
    monkeypatch.setenv("ANALYTICS_MATERIALIZE_MACHINE", _another(button, text))
    at = button.open()
    told = ended(at, press(at).json()["id"])
    assert (told["state"], "States.Timeout" in told["failure"]) == ("failure", True)


def test_a_run_that_came_before_its_execution_ended_is_the_one_that_counts(button: Button) -> None:
    at = button.open()
    told = press(at).json()
    run_id = button.dagster.run(told["id"], "SUCCESS")
    client = button.cloud.client("stepfunctions")
    client.send_task_failure(taskToken=button.request()["token"], error="Dagster.RunFailed", cause="x")
    until(lambda: button.execution()["status"] == "FAILED")
    end = state(at, told["id"])
    assert (end["state"], end["run_id"]) == ("success", run_id)


def test_cancel_before_there_is_a_run_stops_the_execution(button: Button) -> None:
    calls: list[str] = []

    def noted(call: str, pass_on: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        calls.append(call)
        return pass_on()

    with faulty_aws(button.cloud.endpoint, noted):
        at = button.open()
        told = press(at).json()
        for _ in range(2):
            canceled = at.client.post(f"/materializations/{told['id']}/cancel")
            assert (canceled.status_code, canceled.json()["state"]) == (202, "canceled")
    assert calls == ["StartExecution", "DescribeExecution", "StopExecution"]
    again = press(at)
    assert (again.status_code, again.json()["state"], len(button.executions())) == (200, "canceled", 1)
    assert [line["what"] for line in at.audited()] == ["materialize", "cancel", "cancel", "materialize"]


def test_cancel_after_that_ends_the_run(button: Button) -> None:
    at = button.open()
    told = press(at).json()
    run_id = button.dagster.run(told["id"], "STARTED")
    canceled = at.client.post(f"/materializations/{told['id']}/cancel")
    assert (canceled.status_code, canceled.json()["state"]) == (202, "canceled")
    assert button.dagster.ended == [run_id]


def test_an_execution_that_a_person_stopped_cancels_its_request(
    button: Button, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = {"Type": "Wait", "Seconds": 1, "Next": "End"}
    text = json.dumps({"StartAt": "Wait", "States": {"Wait": wait, "End": {"Type": "Succeed"}}})
    machine = _another(button, text)
    monkeypatch.setenv("ANALYTICS_MATERIALIZE_MACHINE", machine)
    at = button.open()
    told = press(at).json()
    client = button.cloud.client("stepfunctions")
    (execution,) = client.list_executions(stateMachineArn=machine)["executions"]
    client.stop_execution(executionArn=execution["executionArn"])
    assert ended(at, told["id"])["state"] == "canceled"


@pytest.mark.parametrize(
    "name",
    [
        "materialize",
        "arn:aws:states:eu-west-1:123456789012:activity:materialize",
        "arn:aws:states:::stateMachine:",
    ],
)
def test_what_names_no_machine_is_refused_when_the_server_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("ANALYTICS_MATERIALIZE_MACHINE", name)
    with pytest.raises(MachineNameError, match="arn:aws:states:REGION:ACCOUNT:stateMachine:NAME"):
        installed(tmp_path)


def _another(button: Button, text: str) -> str:
    machine, _ = make_machine(button.cloud, f"other-{uuid.uuid4().hex[:8]}", text)
    return machine
