"""Each rule of policies refuses what it is for, and lets pass what is right; the real templates keep all."""

from typing import Any

import pytest

from infra.checks.iam import findings
from infra.tests.conftest import Templates

_LANDING = "arn:aws:s3:::analytics-dev-landing-111122223333-eu-central-1"
_LAKE = "arn:aws:s3:::analytics-dev-lake-111122223333-eu-central-1"
_ROLE = "arn:aws:iam::111122223333:role/analytics-dev-runs"
_TASK = "arn:aws:ecs:eu-central-1:111122223333:task-definition/analytics-dev-run:*"


def _policy(action: str, resource: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    if condition is not None:
        statement["Condition"] = condition
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document}}}


def _trust(principal: object, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    if condition is not None:
        statement |= {"Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}}


def _bucket(policy: dict[str, Any] | None) -> dict[str, Any]:
    bucket = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}}}
    if policy is None:
        return bucket
    properties = {
        "Bucket": {"Ref": "Bucket"},
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [policy]},
    }
    return {**bucket, "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": properties}}


def _told(resources: dict[str, Any]) -> list[str]:
    return [each.rule for each in findings("test", {"Resources": resources})]


_PASSED = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
_CLUSTER = {"ArnEquals": {"ecs:cluster": "arn:aws:ecs:eu-central-1:111122223333:cluster/analytics-dev"}}
_OIDC = {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}
_SUB = "token.actions.githubusercontent.com:sub"


@pytest.mark.parametrize(
    ("resources", "rule"),
    [
        pytest.param(_policy("s3:*", "*"), "s3:* is a whole service", id="a whole service"),
        pytest.param(_policy("*", "*"), "* is a whole service", id="everything"),
        pytest.param(_policy("sqs:SendMessage", "*"), "sqs:SendMessage on every", id="any resource"),
        pytest.param(_policy("iam:PassRole", "*", _PASSED), "iam:PassRole of any role", id="any role"),
        pytest.param(_policy("iam:PassRole", _ROLE), "iam:PassRole to any service", id="to any service"),
        pytest.param(_policy("ecs:RunTask", _TASK), "ecs:RunTask in any cluster", id="any cluster"),
        pytest.param(_trust({"AWS": "*"}), "whoever is in an account", id="anybody"),
        pytest.param(
            _trust({"AWS": "arn:aws:iam::111122223333:root"}), "whoever is in an account", id="the account"
        ),
        pytest.param(_trust(_OIDC, {"StringEquals": {"x:aud": "sts"}}), "any workflow", id="no sub"),
        pytest.param(_trust(_OIDC, {"StringLike": {_SUB: "repo:a/b:*"}}), "any workflow", id="any branch"),
        pytest.param(
            _policy("s3:DeleteObject", f"{_LANDING}/*"), "s3:DeleteObject in the landing", id="landing"
        ),
        pytest.param(_policy("s3:DeleteObject", f"{_LAKE}/lake/*"), "s3:DeleteObject in the lake", id="lake"),
        pytest.param(_bucket(None), "plain HTTP is not refused", id="no policy"),
        pytest.param(
            _bucket({"Effect": "Deny", "Action": "s3:*", "Principal": "*", "Resource": "*"}),
            "plain HTTP is not refused",
            id="another policy",
        ),
    ],
)
def test_a_rule_refuses_what_it_is_for(resources: dict[str, Any], rule: str) -> None:
    (told,) = _told(resources)
    assert told.startswith(rule)


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param(_policy("ecs:DescribeTasks", "*"), id="looking"),
        pytest.param(_policy("sqs:SendMessage", "arn:aws:sqs:eu-central-1:111122223333:x"), id="one queue"),
        pytest.param(_policy("iam:PassRole", _ROLE, _PASSED), id="one role to one service"),
        pytest.param(_policy("ecs:RunTask", _TASK, _CLUSTER), id="one cluster"),
        pytest.param(_trust({"Service": "ecs-tasks.amazonaws.com"}), id="a service"),
        pytest.param(
            _trust(_OIDC, {"StringEquals": {_SUB: "repo:a/b:ref:refs/heads/main"}}), id="one branch"
        ),
        pytest.param(_policy("s3:DeleteObject", f"{_LAKE}/lake/*/.by_instrument/*"), id="copies of the lake"),
        pytest.param(
            _bucket(
                {
                    "Effect": "Deny",
                    "Action": "s3:*",
                    "Principal": "*",
                    "Resource": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ),
            id="plain HTTP refused",
        ),
    ],
)
def test_a_rule_lets_pass_what_is_right(resources: dict[str, Any]) -> None:
    assert _told(resources) == []


def test_every_policy_of_both_installations_keeps_the_rules(
    templates: Templates, production: Templates
) -> None:
    for installation in (templates, production):
        assert [str(each) for name in installation for each in findings(name, installation[name])] == []
