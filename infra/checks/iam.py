"""Rules that every policy of a template has to keep. What AWS makes of a policy is not known here."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.checks.synthesis import Template

_READS = ("Describe", "Get", "List", "Head", "BatchGet", "Query", "Search", "Check", "Lookup")
_WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData": "metrics have no resource; a condition limits the namespace",
    "ecr:GetAuthorizationToken": "a login to the registry has no resource",
    "logs:CreateLogDelivery": "how Step Functions writes its log: AWS limits it to no resource",
    "logs:DeleteLogDelivery": "how Step Functions writes its log: AWS limits it to no resource",
    "logs:PutResourcePolicy": "how Step Functions writes its log: AWS limits it to no resource",
    "logs:UpdateLogDelivery": "how Step Functions writes its log: AWS limits it to no resource",
    "xray:PutTelemetryRecords": "traces have no resource",
    "xray:PutTraceSegments": "traces have no resource",
}
"""Actions that change something and may have the resource ``*``, each with the reason."""

_RESOURCE_POLICIES = frozenset({"AWS::KMS::Key"})
"""In whose own policies ``*`` is the resource itself."""

_GUARDED = {
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket"),
    "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues"),
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics"),
}
"""What must refuse plain HTTP: type, type of its policy, and the property that names it."""


@dataclass(frozen=True)
class Finding:
    """A rule that is not kept.

    Attributes
    ----------
    stack, resource, rule, cure : str
        Where, which rule, and what to do.
    """

    stack: str
    resource: str
    rule: str
    cure: str

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.stack}: {self.resource}: {self.rule}; {self.cure}"


@dataclass(frozen=True)
class Statement:
    """A statement of a policy.

    Attributes
    ----------
    owner, kind : str
        Resource that it belongs to, and its type.
    effect : str
        ``Allow`` or ``Deny``.
    actions, resources : tuple of str
        Resources that are not texts are told as JSON.
    principal : object
        Of a policy of a resource or of trust; None else.
    condition : mapping
        When only.
    """

    owner: str
    kind: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principal: object
    condition: Mapping[str, Any]

    @property
    def is_trust(self) -> bool:
        """Whether it says who may take on a role."""
        return any(action.startswith("sts:AssumeRole") for action in self.actions) and not self.resources


def findings(stack: str, template: Template) -> list[Finding]:
    """Return the rules that a template does not keep."""
    found = [
        Finding(stack, statement.owner, *told)
        for statement in statements(template)
        if statement.effect == "Allow"
        for rule in (_wildcards, _passing, _running, _trust, _deletes)
        for told in rule(statement)
    ]
    return [*found, *_plain_http(stack, template)]


def statements(template: Template) -> Iterator[Statement]:
    """Walk through all policies of a template."""
    for name, resource in template["Resources"].items():
        for document in _documents(resource.get("Properties", {})):
            for raw in _listed(document.get("Statement", [])):
                yield Statement(
                    name,
                    resource["Type"],
                    raw["Effect"],
                    tuple(_listed(raw.get("Action", []))),
                    tuple(
                        each if isinstance(each, str) else _text(each)
                        for each in _listed(raw.get("Resource", []))
                    ),
                    raw.get("Principal"),
                    raw.get("Condition", {}),
                )


def _documents(node: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - whatever JSON holds
    if isinstance(node, Mapping):
        if "Statement" in node and "Version" in node:
            yield node
        for value in node.values():
            yield from _documents(value)
    elif isinstance(node, list):
        for value in node:
            yield from _documents(value)


def _wildcards(statement: Statement) -> Iterator[tuple[str, str]]:
    """Refuse whole services, and what changes any resource there is."""
    for action in statement.actions:
        service, _, verb = action.partition(":")
        if verb == "*" or action == "*":
            if statement.kind not in _RESOURCE_POLICIES:
                yield f"{action} is a whole service", "name the actions"
        elif (
            "*" in statement.resources
            and not verb.startswith(_READS)
            and action not in {*_WITHOUT_RESOURCE, "iam:PassRole"}
            and statement.kind not in _RESOURCE_POLICIES
        ):
            yield f"{action} on every resource of {service}", "name the resources"


def _passing(statement: Statement) -> Iterator[tuple[str, str]]:
    """Let roles be passed by name, to one service."""
    if "iam:PassRole" not in statement.actions:
        return
    if any("*" in resource for resource in statement.resources):
        yield "iam:PassRole of any role", "name the roles"
    if "iam:PassedToService" not in _text(statement.condition):
        yield "iam:PassRole to any service", "add the condition iam:PassedToService"


def _running(statement: Statement) -> Iterator[tuple[str, str]]:
    """Let tasks run in one cluster."""
    if "ecs:RunTask" in statement.actions and "ecs:cluster" not in _text(statement.condition):
        yield "ecs:RunTask in any cluster", "add the condition ecs:cluster"


def _trust(statement: Statement) -> Iterator[tuple[str, str]]:
    """Keep a role for one service or for named workflows, never for everybody or a whole account."""
    if not statement.is_trust:
        return
    principal = _text(statement.principal)
    if principal == '"*"' or '"AWS"' in principal:
        yield "whoever is in an account may take on the role", "name a service, or a workflow by OIDC"
    if '"Federated"' in principal:
        subject = next(
            (
                value
                for operator in statement.condition.values()
                for key, value in operator.items()
                if key.endswith(":sub")
            ),
            None,
        )
        if subject is None or "*" in _text(subject):
            yield "any workflow of the issuer may take on the role", "limit sub to repository and branch"


def _deletes(statement: Statement) -> Iterator[tuple[str, str]]:
    """Keep what was delivered: nobody deletes in the landing zone, and in the lake copies only."""
    removes = [action for action in statement.actions if action.startswith("s3:Delete")]
    for resource in statement.resources if removes else ():
        if "-landing-" in resource:
            yield f"{removes[0]} in the landing zone", "nobody deletes what was delivered"
        if "-lake-" in resource and ".by_instrument/" not in resource:
            yield f"{removes[0]} in the lake", "only copies below .by_instrument/ are deleted"


def _plain_http(stack: str, template: Template) -> Iterator[Finding]:
    """Let buckets, queues and topics refuse plain HTTP."""
    resources = template["Resources"]
    for name, resource in resources.items():
        if resource["Type"] not in _GUARDED:
            continue
        kind, named = _GUARDED[resource["Type"]]
        policies = [
            each["Properties"]
            for each in resources.values()
            if each["Type"] == kind and f'"{name}"' in _text(each["Properties"][named])
        ]
        if not any(_refuses_plain_http(policy) for policy in policies):
            yield Finding(
                stack, name, "plain HTTP is not refused", "deny it where aws:SecureTransport is false"
            )


def _refuses_plain_http(policy: Mapping[str, Any]) -> bool:
    return any(
        raw["Effect"] == "Deny" and "aws:SecureTransport" in _text(raw.get("Condition", {}))
        for raw in _listed(policy["PolicyDocument"]["Statement"])
    )


def _listed(value: Any) -> Sequence[Any]:  # noqa: ANN401 - whatever JSON holds
    return value if isinstance(value, list) else [value]


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
