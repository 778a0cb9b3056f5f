"""Every way in which a fan-out can end; each item is a real process."""

from pathlib import Path

import pytest

from analytics_platform.local_aws.fargate import MISSING_IMAGE
from analytics_platform_tests.integration.state_machines.machines import Machines


def test_each_item_runs_the_command_with_the_item_as_a_variable(machines: Machines, tmp_path: Path) -> None:
    items = ["EQ_US", "EQ EUR", '"; touch broken; echo "$(whoami)']
    told = {
        "items": items,
        "command": 'printf "%s %s\\n" "$ITEM" "$COLOUR" >> "$PLACE/out"',
        "variables": [{"Name": "PLACE", "Value": str(tmp_path)}, {"Name": "COLOUR", "Value": "blue"}],
    }
    ended = machines.run("fan_out", told)
    assert ended.status == "SUCCEEDED"
    assert [each["item"] for each in ended.output] == items
    assert sorted((tmp_path / "out").read_text("utf-8").splitlines()) == sorted(f"{i} blue" for i in items)
    assert machines.told() == []


def test_failing_items_are_listed_and_told_once_and_the_others_end(
    machines: Machines, tmp_path: Path
) -> None:
    told = {
        "items": ["good", "bad", "good too", 7],
        "command": f'touch "{tmp_path}/$ITEM"; case "$ITEM" in bad) exit 3;; esac',
    }
    ended = machines.run("fan_out", told)
    assert (ended.status, ended.error) == ("FAILED", "FanOut.ItemsFailed")
    assert ended.cause == 'failed: ["bad",7]'
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bad", "good", "good too"]
    (notice,) = machines.told()
    bad, number = notice["failed"]
    assert (bad["item"], bad["error"], bad["exit_codes"]) == ("bad", "States.TaskFailed", [3])
    assert (number["item"], number["error"]) == (7, "Request.Invalid")


def test_an_item_that_takes_too_long_is_given_up(machines: Machines) -> None:
    ended = machines.run("fan_out", {"items": ["slow"], "command": "sleep 4", "timeout_seconds": 1})
    assert ended.error == "FanOut.ItemsFailed"
    (notice,) = machines.told()
    assert notice["failed"][0]["cause"] == "the task did not end in 1 seconds"


@pytest.mark.parametrize(
    "told",
    [
        {"items": [], "command": "true"},
        {"items": ["x"]},
        {"items": "EQ_US", "command": "true"},
        {"items": ["x"], "command": ["true"]},
        {"items": ["x"] * 301, "command": "true"},
        ["poison"],
    ],
    ids=["no items", "no command", "items are a text", "command is a list", "too many", "list"],
)
def test_an_input_that_cannot_be_is_refused(machines: Machines, told: object) -> None:
    ended = machines.run("fan_out", told)
    assert (ended.status, ended.error) == ("FAILED", "Request.Invalid")


def test_a_task_whose_image_cannot_be_had_is_listed(machines: Machines) -> None:
    ecs = machines.client("ecs")
    container = {"name": "unused", "image": MISSING_IMAGE, "memory": 512}
    made = ecs.register_task_definition(family="missing", containerDefinitions=[container])
    machine = machines.variant("fan_out", TaskDefinitionArn=made["taskDefinition"]["taskDefinitionArn"])
    ended = machines.run(machine, {"items": ["x"], "command": "true"})
    assert (ended.error, ended.cause) == ("FanOut.ItemsFailed", 'failed: ["x"]')
    (notice,) = machines.told()
    assert notice["failed"][0]["cause"] == "CannotPullContainerError: there is no such image"


def test_a_task_that_cannot_be_placed_is_tried_again_and_then_listed(machines: Machines) -> None:
    missing = machines.account.task_definition.rpartition(":")[0] + ":99"
    machine = machines.variant("fan_out", TaskDefinitionArn=missing)
    ended = machines.run(machine, {"items": ["x"], "command": "true"})
    assert ended.error == "FanOut.ItemsFailed"
    assert len(machines.told()) == 1
