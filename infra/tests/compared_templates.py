"""Two templates brought into one form, so that a test compares what they say. No expectations are here."""

from collections.abc import Mapping
from typing import Any

from infra.configuration import Configuration

Template = Mapping[str, Any]


def of(template: Template, kind: str) -> list[dict[str, Any]]:
    """Return the properties of all resources of a type."""
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]


def resolved(value: Any, known: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever a template holds
    """Fill in what is known before a deployment; what is not stays ``later``."""
    if isinstance(value, list):
        return [resolved(each, known) for each in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return known.get(value["Ref"], "later")
    if "Fn::Join" in value:
        return value["Fn::Join"][0].join(resolved(each, known) for each in value["Fn::Join"][1])
    if "Fn::Sub" in value:
        return _substituted(value["Fn::Sub"], known)
    is_later = not set(value).isdisjoint({"Fn::GetAtt", "Fn::ImportValue"})
    return "later" if is_later else {name: resolved(each, known) for name, each in value.items()}


def _substituted(told: Any, known: Mapping[str, str]) -> str:  # noqa: ANN401 - a text, or one with its own names
    text, own = told if isinstance(told, list) else (told, {})
    for name, each in {**known, **own}.items():
        text = text.replace(f"${{{name}}}", each)
    return str(text)


def known_before(config: Configuration) -> dict[str, str]:
    """Return what stands for the parameters of both templates."""
    buckets = {f"{name.capitalize()}Bucket": config.bucket(name) for name in ("landing", "archives", "logs")}
    return {
        "AWS::AccountId": config.account,
        "AWS::Region": config.region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        **buckets,
    }


def machines(template: Template) -> dict[str, dict[str, Any]]:
    """Return the state machines by their names."""
    made = of(template, "AWS::StepFunctions::StateMachine")
    return {each["StateMachineName"]: each for each in made}


def actions(template: Template) -> dict[str, set[str]]:
    """Return the actions that each role may do, by its name, wherever its policies stand."""
    roles = {
        name: each["Properties"].get("RoleName", name)
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::IAM::Role"
    }
    found: dict[str, set[str]] = {name: set() for name in roles.values()}
    for name, each in template["Resources"].items():
        properties = each["Properties"] if each["Type"] in {"AWS::IAM::Role", "AWS::IAM::Policy"} else {}
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        owners = [name] if documents else [role["Ref"] for role in properties.get("Roles", [])]
        documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        for owner in owners:
            for statement in (each for document in documents for each in document["Statement"]):
                told = statement["Action"]
                found[roles[owner]] |= set(told if isinstance(told, list) else [told])
    return found
