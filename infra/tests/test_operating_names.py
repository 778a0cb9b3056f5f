"""What runbook and deploy.md call by name is made by the stacks; the commands of AWS in them exist."""

import re
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from infra.tests.conftest import Templates

DOCS = Path(__file__).parents[2] / "docs"
TEXTS = {name: (DOCS / name).read_text("utf-8") for name in ("deploy.md", "runbook.md")}

_OURS = re.compile(r"(?<![\w.])/?analytics-(?:dev|prod)-?[\w/-]*\w")
_COMMAND = re.compile(r"\baws ([a-z0-9-]+ [a-z0-9-]+)((?:(?!\baws |\)).)*)")
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_OF_THE_CLI_ALONE = {"s3 cp", "sso login", "logs tail", "ecs wait", "acm wait", "rds wait"}
"""Commands that are no call of a service."""

_SERVICES = {"s3api": "s3"}
"""Where the CLI and the SDK differ."""

_OF_THE_CLI = {"query", "output"}
"""Options of every command."""

_MADE_BY_HAND = {"analytics-dev-before", "analytics-dev-before-1-2-0"}
"""Snapshots, and what is restored from them."""


def _strings(node: object) -> set[str]:
    if isinstance(node, dict):
        return set().union(*(_strings(each) for each in node.values()))
    if isinstance(node, list):
        return set().union(*(_strings(each) for each in node))
    return {node} if isinstance(node, str) else set()


@pytest.mark.parametrize("document", TEXTS)
def test_what_is_called_by_name_is_made(document: str, templates: Templates, production: Templates) -> None:
    stacks = {f"analytics-{each}-{name}" for each in ("dev", "prod") for name in templates}
    known = stacks | _strings(list(templates.values())) | _strings(list(production.values()))
    named = {each.strip("/") for each in _OURS.findall(TEXTS[document])} - _MADE_BY_HAND
    assert len(named) > 1
    unknown = {each for each in named if not any(_is_of(each, made) for made in known)}
    assert unknown == set()


def _is_of(named: str, made: str) -> bool:
    """Tell whether a resource has a name, or begins with it, as those with an account and region."""
    return made.strip("/") == named or made.startswith(f"{named}-")


def _commands(document: str) -> list[tuple[str, str]]:
    """Return service and operation of each command, and what follows on its line or in its quotes."""
    text = TEXTS[document].replace("\\\n", " ")
    lines = [line for block in _BLOCK.findall(text) for line in block.splitlines()]
    quoted = [" ".join(each.split()) for each in re.findall(r"`([^`]+)`", _BLOCK.sub("", text))]
    return [found for line in [*lines, *quoted] for found in _COMMAND.findall(line)]


COMMANDS = [(name, *each) for name in TEXTS for each in _commands(name)]


def test_there_are_commands_to_look_at() -> None:
    assert len(COMMANDS) > 25


@pytest.mark.parametrize(("document", "command", "rest"), COMMANDS)
def test_a_command_of_aws_is_there_with_its_options(document: str, command: str, rest: str) -> None:
    if command in _OF_THE_CLI_ALONE:
        return
    service, operation = command.split()
    model = botocore.session.get_session().get_service_model(_SERVICES.get(service, service))
    calls = {xform_name(each, "-"): each for each in model.operation_names}
    assert operation in calls, f"{document}: aws {command}"
    shape = model.operation_model(calls[operation]).input_shape
    known = {xform_name(each, "-") for each in (shape.members if shape else {})} | _OF_THE_CLI
    known |= {f"no-{each}" for each in known}
    asked = set(re.findall(r"(?<!\S)--([a-z-]+)", rest))
    assert asked <= known, f"{document}: aws {command}: {asked - known}"
