"""Parts of templates, as tests of stacks ask for them."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.checks.iam import statements
from infra.checks.synthesis import Template

_DOCUMENTED = Path(__file__).resolve().parents[2] / "docs" / "deploy.md"


def documented_order() -> tuple[str, ...]:
    """Return the stacks in the order of the table in docs/deploy.md."""
    section = _DOCUMENTED.read_text("utf-8").partition("## The stacks")[2].partition("\n## ")[0]
    return tuple(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE))


def exports(template: Template) -> set[str]:
    """Return the names of what a stack gives to others."""
    return {each["Export"]["Name"] for each in template.get("Outputs", {}).values() if "Export" in each}


def imports(template: Template) -> set[str]:
    """Return the names of what a stack takes from others."""
    return set(re.findall(r'{"Fn::ImportValue": "([^"]+)"}', json.dumps(template)))


def of_type(template: Template, kind: str) -> dict[str, Mapping[str, Any]]:
    """Return the properties of all resources of a type by their names in the template."""
    found = template["Resources"].items()
    return {name: each.get("Properties", {}) for name, each in found if each["Type"] == kind}


def only_of(template: Template, kind: str) -> Mapping[str, Any]:
    """Return the properties of the only resource of a type."""
    (found,) = of_type(template, kind).values()
    return found


def rights(template: Template, role: str) -> set[str]:
    """Return the actions that the policies of a role allow."""
    policies = {
        name for name, each in of_type(template, "AWS::IAM::Policy").items() if {"Ref": role} in each["Roles"]
    }
    return {action for each in statements(template) if each.owner in policies for action in each.actions}
