"""Parts of templates, as tests of stacks ask for them."""

from collections.abc import Mapping
from typing import Any

from infra.checks.iam import statements
from infra.checks.synthesis import Template


def of_type(template: Template, kind: str) -> dict[str, Mapping[str, Any]]:
    """Return the properties of all resources of a type by their names in the template."""
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


def rights(template: Template, role: str) -> set[str]:
    """Return the actions that the policies of a role allow."""
    policies = {
        name for name, each in of_type(template, "AWS::IAM::Policy").items() if {"Ref": role} in each["Roles"]
    }
    return {action for each in statements(template) if each.owner in policies for action in each.actions}
