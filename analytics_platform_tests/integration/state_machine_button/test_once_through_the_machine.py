"""One execution a request: many callers at once, an AWS that is away, refuses or loses what is said."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from analytics_platform.api.actions.dagster_runs import Location
from analytics_platform.api.actions.state_machine import StartsByMachine
from analytics_platform_tests.integration.dagster_server import Api, is_up, process, wait_until
from analytics_platform_tests.integration.request_worker import a_request
from analytics_platform_tests.integration.state_machine_button.button_on_aws import (
    Button,
    press,
    state,
    until,
)
from analytics_platform_tests.integration.state_machine_button.faulty_aws import (
    Happens,
    faulty_aws,
    loses_answers,
    loses_questions,
    refuses,
)
from analytics_platform_tests.unit.api.actions.installed import closed_port


def test_5_presses_one_after_the_other_start_one_execution(button: Button) -> None:
    at = button.open()
    answers = [press(at) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202, 200, 200, 200, 200]
    (request_id,) = {answer.json()["id"] for answer in answers}
    assert [each["name"] for each in button.executions()] == [request_id]


def test_10_presses_at_once_on_2_servers_start_one_execution(button: Button) -> None:
    servers = (button.open(), button.open())
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: press(servers[n % 2]), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [202]
    (request_id,) = {answer.json()["id"] for answer in answers}
    assert [each["name"] for each in button.executions()] == [request_id]


@pytest.mark.parametrize("has_ended", [False, True], ids=["runs", "has ended"])
def test_an_execution_of_the_name_is_taken_for_the_one_that_was_asked_for(
    button: Button, *, has_ended: bool
) -> None:
    starts, request, location = StartsByMachine(button.machine), a_request(), Location("", "", (), (), ())
    starts.start(request, location)
    if has_ended:
        token = button.request()["token"]
        button.cloud.client("stepfunctions").send_task_success(taskToken=token, output="{}")
        until(lambda: starts.outlook(request).ended is not None)
    for _ in range(4):
        starts.start(request, location)
    assert [each["name"] for each in button.executions()] == [request.id]


@pytest.mark.slow
def test_5_presses_at_once_on_2_processes_start_one_execution(button: Button) -> None:
    module = "analytics_platform_tests.integration.button_server"
    with ExitStack() as running, ThreadPoolExecutor(5) as pool:
        apis = []
        for _ in range(2):
            port = str(closed_port())
            command = [sys.executable, "-m", module, str(button.home), port, button.dagster.url]
            log = button.home / f"{port}.log"
            started = running.enter_context(process(command, dict(os.environ), log))  # noqa: TID251 - the same
            apis.append(Api(f"http://127.0.0.1:{port}", started))
        for api in apis:
            wait_until(lambda url=api.url: is_up(f"{url}/health"))  # type: ignore[misc]
        answers = list(pool.map(lambda n: apis[n % 2].materialize("at-once", "lake/prices"), range(5)))
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 202]
    (request_id,) = {answer.json()["id"] for answer in answers}
    assert [each["name"] for each in button.executions()] == [request_id]


@pytest.mark.parametrize("happens", [loses_answers, loses_questions], ids=["lost answer", "lost question"])
def test_what_is_lost_is_made_up_for_at_once_when_the_key_is_asked_again(
    button: Button, happens: Happens
) -> None:
    with faulty_aws(button.cloud.endpoint, happens):
        lost = press(button.open())
    assert (lost.status_code, "same Idempotency-Key" in lost.json()["detail"]) == (503, True)
    again = press(button.open())
    assert (again.status_code, again.json()["state"]) == (200, "requested")
    assert again.json()["id"] in lost.json()["detail"]
    assert [each["name"] for each in button.executions()] == [again.json()["id"]]


@pytest.mark.parametrize(
    ("happens", "cure"),
    [
        (refuses("AccessDeniedException"), "states:StartExecution"),
        (refuses("ExpiredTokenException"), "have expired: renew them"),
        (refuses("StateMachineDoesNotExist"), "set ANALYTICS_MATERIALIZE_MACHINE to its ARN"),
        (refuses("SomethingNew"), "look at ANALYTICS_MATERIALIZE_MACHINE"),
        (refuses("InternalServerError", 500), "look at ANALYTICS_MATERIALIZE_MACHINE"),
    ],
    ids=["no permission", "expired", "no machine", "unknown", "server error"],
)
def test_an_aws_that_refuses_keeps_the_request_and_tells_the_cure(
    button: Button, happens: Happens, cure: str
) -> None:
    with faulty_aws(button.cloud.endpoint, happens):
        at = button.open()
        refused = press(at)
        assert (refused.status_code, cure in refused.json()["detail"]) == (503, True)
        assert "arn:" not in refused.json()["detail"]
        (kept,) = at.client.get("/materializations").json()["requests"]
        assert kept["state"] == "requested"
    again = press(button.open())
    assert (again.status_code, again.json()["id"]) == (200, kept["id"])
    assert [each["name"] for each in button.executions()] == [kept["id"]]


def test_an_aws_that_is_away_keeps_the_request(button: Button, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as away:
        away.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed_port()}")
        at = button.open()
        refused = press(at)
        assert (refused.status_code, "does not answer" in refused.json()["detail"]) == (503, True)
        canceled = press(at, "another")
        (kept, _) = at.client.get("/materializations").json()["requests"]
        ended = at.client.post(f"/materializations/{kept['id']}/cancel")
        assert (canceled.status_code, ended.json()["state"]) == (503, "canceled")
    at = button.open()
    assert press(at, "another").json()["state"] == "canceled"
    assert press(at).status_code == 200
    assert len(button.executions()) == 1


def test_a_started_request_is_told_as_last_known_in_the_list_while_aws_is_away(
    button: Button, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = press(button.open()).json()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed_port()}")
    at = button.open()
    assert at.client.get(f"/materializations/{told['id']}").status_code == 503
    assert at.client.get("/materializations").json()["requests"] == [told]
    run_id = button.dagster.run(told["id"])
    assert state(at, told["id"])["run_id"] == run_id  # and AWS was not needed for it


def test_a_started_request_goes_on_while_dagster_is_away(button: Button) -> None:
    told = press(button.open()).json()
    away = button.open(f"http://127.0.0.1:{closed_port()}")
    assert press(away).status_code == 503
    run_id = button.dagster.run(told["id"])
    again = press(button.open())
    assert (again.status_code, again.json()["run_id"], len(button.executions())) == (200, run_id, 1)
