"""The state machines as they stand in the files: linted, and held to the rules of this project."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from statelint.config import Config  # type: ignore[import-untyped]
from statelint.linter import Linter  # type: ignore[import-untyped]

from analytics_platform.triggers.state_machines import (
    FOLDER,
    NAMES,
    PLACEHOLDERS,
    StateMachineError,
    definition,
    placeholders,
    source,
)

NAMED_ERRORS = {
    "Deliveries.Missing",
    "FanOut.ItemsFailed",
    "Machine.Fault",
    "Request.Invalid",
    "Request.TimedOut",
    "Upload.Rejected",
}
SUBSTITUTIONS = {name: f"the {name}" for name in PLACEHOLDERS}
every_machine = pytest.mark.parametrize("name", NAMES)


def problems(text: str) -> list[str]:
    return [str(problem) for problem in Linter.validate(text, Config([], False, False))]  # noqa: FBT003 - of statelint


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All states, those inside a Map too."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def machine(name: str) -> dict[str, Any]:
    return dict(json.loads(definition(name, SUBSTITUTIONS)))


def tasks(name: str) -> dict[str, dict[str, Any]]:
    return {key: state for key, state in states(machine(name)) if state["Type"] == "Task"}


def test_the_folder_holds_the_machines_and_nothing_else() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.asl.json" for name in NAMES)


@every_machine
def test_the_linter_finds_nothing(name: str) -> None:
    assert problems(definition(name, SUBSTITUTIONS)) == []


def test_the_linter_finds_what_is_wrong() -> None:
    broken = source("materialize").replace('"Next": "Limits"', '"Next": "Limit"')
    assert any("Limit" in problem for problem in problems(broken))


@every_machine
def test_paths_are_json_paths_which_every_emulator_knows(name: str) -> None:
    text = source(name)
    for newer in ("QueryLanguage", "JSONata", "{%", '"Assign"', '"Arguments"', '"Output"', "[?("):
        assert newer not in text


@every_machine
def test_the_whole_execution_ends_in_time(name: str) -> None:
    assert 0 < machine(name)["TimeoutSeconds"] <= 5 * 86_400


@every_machine
def test_every_task_ends_in_time_is_tried_again_and_is_caught(name: str) -> None:
    for key, task in tasks(name).items():
        assert task.keys() & {"TimeoutSeconds", "TimeoutSecondsPath"}, key
        assert all(retry["BackoffRate"] > 1 and retry["MaxAttempts"] <= 5 for retry in task["Retry"]), key
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], key


@every_machine
def test_only_notifications_are_tried_again_whatever_the_error(name: str) -> None:
    for key, task in tasks(name).items():
        if task["Resource"].endswith("sns:publish"):
            continue
        for retry in task["Retry"]:
            assert not {"States.ALL", "States.TaskFailed", "States.Timeout"} & set(retry["ErrorEquals"]), key


@every_machine
def test_a_task_that_waits_for_a_token_wants_signs_of_life_and_tells_which_attempt_it_is(name: str) -> None:
    for task in tasks(name).values():
        if task["Resource"].endswith("waitForTaskToken"):
            assert "HeartbeatSecondsPath" in task
            body = task["Parameters"]["MessageBody"]
            assert body.keys() == {"token.$", "execution.$", "attempt.$", "request"}
            assert body["request"]["kind"] in {"upload", "materialize"}


@every_machine
def test_a_failed_run_is_told_by_the_platform_and_not_once_more_by_the_machine(name: str) -> None:
    for task in tasks(name).values():
        for catch in task["Catch"]:
            if "Dagster.RunFailed" in catch["ErrorEquals"]:
                assert machine(name)["States"][catch["Next"]]["Type"] == "Fail"


@every_machine
def test_errors_have_names_of_ours(name: str) -> None:
    """Names that begin with ``States.`` are kept for AWS: a Fail state must not use them."""
    for key, state in states(machine(name)):
        if state["Type"] == "Fail" and "Error" in state:
            assert state["Error"] in NAMED_ERRORS, key
        if key.startswith("Describe") and "Error" in state.get("Parameters", {}):
            assert state["Parameters"]["Error"] in NAMED_ERRORS, key


def test_every_placeholder_is_used_by_a_machine() -> None:
    assert frozenset().union(*(placeholders(source(name)) for name in NAMES)) == PLACEHOLDERS


def test_what_is_filled_in_cannot_leave_its_place() -> None:
    told = {
        **SUBSTITUTIONS,
        "RequestsQueueUrl": 'https://x/"}, "Next": "y\\',
        "NotificationsTopicArn": "${SubnetA}",
    }
    filled = json.loads(definition("materialize", told))
    assert filled["States"]["Materialize"]["Parameters"]["QueueUrl"] == told["RequestsQueueUrl"]
    assert filled["States"]["Tell"]["Parameters"]["TopicArn"] == "${SubnetA}"


@pytest.mark.parametrize(
    ("name", "told", "says"),
    [
        ("on_uploads", SUBSTITUTIONS, "name one of on_upload,"),
        ("../on_upload", SUBSTITUTIONS, "there is no state machine"),
        (
            "on_upload",
            {"RequestsQueueUrl": "q"},
            "has to be told NotificationsTopicArn, RouteUploadFunctionArn",
        ),
        ("on_upload", {**SUBSTITUTIONS, "QueueUrl": "q"}, "no state machine names QueueUrl"),
    ],
    ids=["unknown machine", "path", "lacks some", "unknown placeholder"],
)
def test_what_cannot_be_filled_in_is_refused(name: str, told: dict[str, str], says: str) -> None:
    with pytest.raises(StateMachineError, match=says):
        definition(name, told)
