"""Stacks are deployed alone or together: what each needs of others, and the order that people are told."""

import json
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest

from infra.app import build, new_app
from infra.checks.synthesis import read_templates
from infra.configuration import Configuration, configuration
from infra.release import UNBUILT
from infra.stacks.delivery import DeliveryStack
from infra.stacks.network import NetworkStack
from infra.stacks.storage import StorageStack
from infra.tests.conftest import Templates
from infra.tests.template_parts import documented_order, exports, imports

_ORDER = documented_order()
_ALONE: dict[str, Callable[[cdk.App, Configuration], object]] = {
    "network": NetworkStack,
    "storage": StorageStack,
    "delivery": lambda app, config: DeliveryStack(app, config, storage=StorageStack(app, config)),
}
"""Those that need nothing; the last one is told names of another, which need not be there."""


def _needed(templates: Templates, name: str) -> set[str]:
    """Return the stacks that a template imports from."""
    taken = imports(templates[name])
    found = {other: taken & exports(template) for other, template in templates.items()}
    assert set().union(*found.values()) == taken, "what is imported is exported by a stack of ours"
    return {other for other, names in found.items() if names}


def test_the_documentation_tells_the_stacks_in_the_order_in_which_they_are_composed() -> None:
    assert tuple(build(new_app(), configuration("dev"), UNBUILT)) == _ORDER


@pytest.mark.parametrize("name", _ORDER)
def test_a_stack_needs_only_those_above_it_in_the_documentation(
    templates: Templates, production: Templates, name: str
) -> None:
    for installation in (templates, production):
        assert set(installation) == set(_ORDER)
        assert _needed(installation, name) <= set(_ORDER[: _ORDER.index(name)])


@pytest.mark.parametrize("name", _ORDER)
def test_the_cli_deploys_with_a_stack_those_that_it_imports_from_and_no_others(
    assembly: Path, templates: Templates, name: str
) -> None:
    artifacts = json.loads((assembly / "manifest.json").read_text("utf-8"))["artifacts"]
    stacks = {f"analytics-dev-{each}": each for each in _ORDER}
    told = artifacts[f"analytics-dev-{name}"]["dependencies"]
    assert {stacks[each] for each in told if each in stacks} == _needed(templates, name)


@pytest.mark.parametrize("name", _ALONE)
def test_network_storage_and_delivery_need_nothing_and_are_synthesised_alone(
    templates: Templates, tmp_path: Path, name: str
) -> None:
    assert not imports(templates[name])
    app = new_app(tmp_path)
    _ALONE[name](app, configuration("dev"))
    cdk.Tags.of(app).add("project", "analytics-platform")
    cdk.Tags.of(app).add("environment", "dev")
    app.synth()
    alone = read_templates(tmp_path)[name]
    assert not imports(alone)
    assert alone["Resources"] == templates[name]["Resources"]


def test_nothing_that_a_release_changes_is_exported(templates: Templates) -> None:
    """CloudFormation refuses to change an export that is in use."""
    for template in templates.values():
        released = {
            name for name, each in template["Resources"].items() if each["Type"] == "AWS::ECS::TaskDefinition"
        }
        given = json.dumps(
            [each["Value"] for each in template.get("Outputs", {}).values() if "Export" in each]
        )
        assert not [name for name in released if f'"{name}"' in given]
