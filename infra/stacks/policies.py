"""Statements of policies, and the findings of cdk-nag that are as they should be, each with its reason."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import IConstruct


def allow(
    role: iam.Role,
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    why: str = "",
    conditions: Mapping[str, object] | None = None,
) -> None:
    """Let a role do something.

    Parameters
    ----------
    role : iam.Role
        Who.
    sid : str
        What the statement is called.
    actions, resources : sequence of str
        What, and with what.
    why : str
        Why a resource ends in ``*``; needed if one does.
    conditions : mapping, optional
        When only.

    Raises
    ------
    ValueError
        If a resource holds a ``*`` and nobody says why.
    """
    role.add_to_policy(
        iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources), conditions=conditions)
    )
    wild = [resource for resource in resources if "*" in resource]
    if wild and not why:
        message = f"{sid}: say why {wild[0]} ends in *"
        raise ValueError(message)
    for resource in wild:
        acknowledge(role, f"IAM5[Resource::{resource}]", why)


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Tell cdk-nag that a finding is as it should be.

    Parameters
    ----------
    scope : IConstruct
        Where, with all that is below it.
    rule : str
        Such as ``RDS11``, of the pack AwsSolutions.
    reason : str
        Why, for a stranger.
    """
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def objects(bucket: str, prefix: str = "") -> str:
    """Return the ARN of the objects of a bucket below a prefix.

    Examples
    --------
    >>> objects("analytics-dev-lake-111122223333-eu-central-1", "lake/")
    'arn:aws:s3:::analytics-dev-lake-111122223333-eu-central-1/lake/*'
    """
    return f"arn:aws:s3:::{bucket}/{prefix}*"
