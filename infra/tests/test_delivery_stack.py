"""Delivery: a repository whose tags never move, and roles that only workflows of our repository take on."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from infra.checks.iam import Statement, statements
from infra.checks.synthesis import Template
from infra.configuration import configuration
from infra.tests.conftest import Templates
from infra.tests.template_parts import of_type, only_of

_ISSUER = "token.actions.githubusercontent.com"
_REPOSITORY = configuration("dev").repository
_MAIN = f"repo:{_REPOSITORY}:ref:refs/heads/main"
_REVIEWED = f"repo:{_REPOSITORY}:pull_request"


def _role(template: Template, name: str) -> Mapping[str, Any]:
    (found,) = [
        each for each in of_type(template, "AWS::IAM::Role").values() if each["RoleName"].endswith(name)
    ]
    return found


def _allowed(template: Template, name: str) -> list[Statement]:
    """Return what the policy of a role allows."""
    owner = f"{name.capitalize()}RoleDefaultPolicy"
    return [each for each in statements(template) if each.owner.startswith(owner)]


@pytest.mark.parametrize(
    ("role", "subjects"),
    [
        ("build", [_MAIN, f"repo:{_REPOSITORY}:environment:prod"]),
        ("plan", [_MAIN, _REVIEWED]),
        ("deploy", f"repo:{_REPOSITORY}:environment:prod"),
    ],
)
def test_a_role_is_for_named_jobs_of_one_repository(
    production: Templates, role: str, subjects: list[str] | str
) -> None:
    (trust,) = _role(production["delivery"], role)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {f"{_ISSUER}:aud": "sts.amazonaws.com", f"{_ISSUER}:sub": subjects}
    }
    issuer = only_of(production["delivery"], "AWS::IAM::OIDCProvider")
    assert (issuer["Url"], issuer["ClientIdList"]) == (f"https://{_ISSUER}", ["sts.amazonaws.com"])


def test_nobody_deploys_what_was_not_approved(templates: Templates) -> None:
    trust = json.dumps(_role(templates["delivery"], "deploy")["AssumeRolePolicyDocument"])
    assert "environment:dev" in trust
    assert "refs/heads" not in trust
    assert "pull_request" not in trust


def test_the_deployment_takes_on_roles_of_bootstrap_of_this_account_and_region_and_reads_the_release(
    templates: Templates,
) -> None:
    allowed = _allowed(templates["delivery"], "deploy")
    actions = {action for each in allowed for action in each.actions}
    assert actions == {
        "cloudformation:DescribeStacks",
        "cloudformation:ListStackResources",
        "ecr:DescribeImages",
        "s3:GetObject",
        "s3:ListBucket",
        "ssm:GetParameter",
        "sts:AssumeRole",
    }
    (reads,) = [each for each in allowed if each.actions == ("s3:GetObject",)]
    assert reads.resources == ("arn:aws:s3:::analytics-dev-archives-111122223333-eu-central-1/archives/*",)
    (assumes,) = [each for each in allowed if each.actions == ("sts:AssumeRole",)]
    roles = "arn:aws:iam::111122223333:role/cdk-hnb659fds"
    assert set(assumes.resources) == {
        f"{roles}-{each}-role-111122223333-eu-central-1" for each in ("deploy", "file-publishing", "lookup")
    }


def test_a_pull_request_reads_templates_and_no_data(templates: Templates) -> None:
    allowed = {action: each for each in _allowed(templates["delivery"], "plan") for action in each.actions}
    assert set(allowed) == {"cloudformation:DescribeStacks", "cloudformation:GetTemplate", "ssm:GetParameter"}
    stacks = "arn:aws:cloudformation:eu-central-1:111122223333:stack/analytics-dev-*/*"
    assert allowed["cloudformation:GetTemplate"].resources == (stacks,)


def test_the_build_puts_archives_and_images_and_deletes_nothing(templates: Templates) -> None:
    allowed = _allowed(templates["delivery"], "build")
    actions = {action for each in allowed for action in each.actions}
    assert {"s3:PutObject", "ecr:PutImage", "ecr:InitiateLayerUpload"} <= actions
    assert not [each for each in actions if "Delete" in each or each.startswith(("sts:", "iam:"))]
    (puts,) = [each for each in allowed if "s3:PutObject" in each.actions]
    assert puts.resources == ("arn:aws:s3:::analytics-dev-archives-111122223333-eu-central-1/archives/*",)
    (pushes,) = [each for each in allowed if "ecr:PutImage" in each.actions]
    assert "Slim" in pushes.resources[0]


def test_a_tag_of_an_image_never_moves_and_each_image_is_scanned(
    templates: Templates, production: Templates
) -> None:
    for installation in (templates, production):
        repository = only_of(installation["delivery"], "AWS::ECR::Repository")
        assert repository["ImageTagMutability"] == "IMMUTABLE"
        assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
        (rule,) = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
        assert rule["selection"]["countType"] == "imageCountMoreThan"
    names = [
        next(iter(of_type(each["delivery"], "AWS::ECR::Repository").values()))["RepositoryName"]
        for each in (templates, production)
    ]
    assert names == ["analytics-dev-slim", "analytics-prod-slim"]


def test_images_of_production_outlive_their_stack(templates: Templates, production: Templates) -> None:
    kept = []
    for installation in (templates, production):
        (repository,) = [
            each
            for each in installation["delivery"]["Resources"].values()
            if each["Type"] == "AWS::ECR::Repository"
        ]
        kept.append(repository["DeletionPolicy"])
    assert kept == ["Delete", "Retain"]


def test_tasks_run_images_of_the_repository_by_digest(templates: Templates) -> None:
    tasks = of_type(templates["orchestration"], "AWS::ECS::TaskDefinition").values()
    images = {json.dumps(each["Image"]) for task in tasks for each in task["ContainerDefinitions"]}
    assert images
    assert all("/analytics-dev-slim@sha256:" in each for each in images)
