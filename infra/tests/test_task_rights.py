"""Roles of tasks: who starts runs, who writes the lake, who only looks. Rules of all roles: infra/checks."""

import pytest

from infra.checks.iam import Statement, statements
from infra.checks.synthesis import Template
from infra.tests.conftest import Templates
from infra.tests.task_definitions import tasks

_LANDING = "arn:aws:s3:::analytics-dev-landing-111122223333-eu-central-1"
_LAKE = "arn:aws:s3:::analytics-dev-lake-111122223333-eu-central-1"
_ARCHIVES = "arn:aws:s3:::analytics-dev-archives-111122223333-eu-central-1"
_LOGS = "arn:aws:s3:::analytics-dev-logs-111122223333-eu-central-1"
_ECS = "arn:aws:ecs:eu-central-1:111122223333"


def _of(template: Template, owner: str) -> list[Statement]:
    """Return what the policy of a role allows."""
    found = [each for each in statements(template) if each.owner.startswith(f"{owner}DefaultPolicy")]
    assert found, f"{owner} has no policy"
    return found


def _actions(allowed: list[Statement]) -> set[str]:
    return {action for each in allowed for action in each.actions}


def _where(allowed: list[Statement], action: str) -> set[str]:
    return {resource for each in allowed if action in each.actions for resource in each.resources}


@pytest.fixture
def services(templates: Templates) -> list[Statement]:
    return _of(templates["orchestration"], "ServicesRole")


@pytest.fixture
def viewer(templates: Templates) -> list[Statement]:
    return _of(templates["orchestration"], "ViewerRole")


@pytest.fixture
def runs(templates: Templates) -> list[Statement]:
    return _of(templates["orchestration"], "RunsRole")


@pytest.fixture
def api(templates: Templates) -> list[Statement]:
    return _of(templates["api"], "ApiRole")


def test_only_the_services_start_runs_of_one_family_in_one_cluster(
    services: list[Statement], runs: list[Statement], api: list[Statement], viewer: list[Statement]
) -> None:
    (start,) = [each for each in services if "ecs:RunTask" in each.actions]
    assert start.resources == (f"{_ECS}:task-definition/analytics-dev-run:*",)
    assert start.condition == {"ArnEquals": {"ecs:cluster": f"{_ECS}:cluster/analytics-dev"}}
    for each in (runs, api, viewer):
        assert not _actions(each) & {"ecs:RunTask", "ecs:StopTask", "iam:PassRole"}


def test_the_services_pass_two_roles_to_tasks_and_tag_only_what_they_start(
    services: list[Statement],
) -> None:
    (passed,) = [each for each in services if "iam:PassRole" in each.actions]
    assert len(passed.resources) == 2
    assert "RunsRole" in passed.resources[0]
    assert "ExecutionRole" in passed.resources[1]
    assert passed.condition == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    (tag,) = [each for each in services if "ecs:TagResource" in each.actions]
    assert tag.condition == {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    (stop,) = [each for each in services if "ecs:StopTask" in each.actions]
    assert stop.resources == (f"{_ECS}:task/analytics-dev/*",)
    assert "ecs:cluster" in str(stop.condition)


def test_nobody_deletes_what_landed_and_only_runs_write_the_lake(
    services: list[Statement], runs: list[Statement], api: list[Statement]
) -> None:
    for each in (services, runs, api):
        assert not [where for where in _where(each, "s3:DeleteObject") if where.startswith(_LANDING)]
        writes_lake = any(where.startswith(_LAKE) for where in _where(each, "s3:PutObject"))
        assert writes_lake is (each is runs)
    in_lake = {where for where in _where(runs, "s3:DeleteObject") if where.startswith(_LAKE)}
    assert in_lake == {f"{_LAKE}/lake/*/.by_instrument/*"}


def test_whoever_opens_the_landing_zone_may_ask_whether_it_keeps_versions(
    services: list[Statement], runs: list[Statement], api: list[Statement]
) -> None:
    for each in (services, runs, api):
        for action in ("s3:GetBucketVersioning", "s3:ListBucket", "s3:ListBucketVersions"):
            assert _LANDING in _where(each, action)
        assert {f"{_LANDING}/*"} <= _where(each, "s3:GetObjectVersion")


def test_only_the_api_puts_uploads_and_presses_the_button(
    services: list[Statement], runs: list[Statement], api: list[Statement]
) -> None:
    machine = "arn:aws:states:eu-central-1:111122223333:stateMachine:analytics-dev-materialize"
    assert _where(api, "states:StartExecution") == {machine}
    assert f"{_LANDING}/*" in _where(api, "s3:PutObject")
    for each in (services, runs):
        assert "states:StartExecution" not in _actions(each)
        assert f"{_LANDING}/*" not in _where(each, "s3:PutObject")


def test_the_api_exports_in_one_workgroup_and_writes_no_catalogue(api: list[Statement]) -> None:
    assert len(_where(api, "athena:StartQueryExecution")) == 1
    assert not [
        each for each in _actions(api) if each.startswith(("glue:Create", "glue:Update", "glue:Delete"))
    ]
    assert not [each for each in _actions(api) if each.startswith("redshift")]


def test_the_services_answer_requests_of_three_machines(services: list[Statement]) -> None:
    machines = {each.rpartition(":")[2] for each in _where(services, "states:SendTaskSuccess")}
    assert machines == {f"analytics-dev-{name}" for name in ("on_upload", "end_of_day", "materialize")}
    for action in ("states:SendTaskFailure", "states:SendTaskHeartbeat"):
        assert _where(services, action) == _where(services, "states:SendTaskSuccess")


def test_whoever_only_looks_reads_its_archives_and_the_output_of_runs_and_writes_nothing(
    viewer: list[Statement],
) -> None:
    assert {each.effect for each in viewer} == {"Allow"}
    assert _actions(viewer) == {"s3:GetObject", "s3:ListBucket", "ecs:DescribeTaskDefinition"}
    assert _where(viewer, "s3:GetObject") == {f"{_ARCHIVES}/archives/*", f"{_LOGS}/dagster/*"}
    (listed,) = [each for each in viewer if "s3:ListBucket" in each.actions]
    assert listed.resources == (_LOGS,)
    assert listed.condition == {"StringLike": {"s3:prefix": "dagster/*"}}


def test_the_webserver_of_viewers_alone_has_that_role_and_no_home(templates: Templates) -> None:
    told = tasks(templates["orchestration"], templates["api"])
    roles = {name: task.properties["TaskRoleArn"]["Fn::GetAtt"][0] for name, task in told.items()}
    assert [name for name, role in roles.items() if role.startswith("ViewerRole")] == ["viewer"]
    assert "Volumes" not in told["viewer"].properties
    assert "MountPoints" not in told["viewer"].container
    assert roles["webserver"].startswith("ServicesRole")


def test_the_home_is_entered_by_its_door_only(
    services: list[Statement], runs: list[Statement], api: list[Statement]
) -> None:
    for each in (services, runs, api):
        (mount,) = [one for one in each if "elasticfilesystem:ClientMount" in one.actions]
        assert "elasticfilesystem:AccessPointArn" in str(mount.condition)
        assert "elasticfilesystem:ClientRootAccess" not in _actions(each)


def test_ecs_itself_pulls_logs_and_reads_secrets_and_no_task_does(templates: Templates) -> None:
    execution = _of(templates["orchestration"], "TasksExecutionRole")
    assert _actions(execution) == {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
    }
    of_dagster = [("orchestration", role) for role in ("ServicesRole", "RunsRole", "ViewerRole")]
    for stack, role in (*of_dagster, ("api", "ApiRole")):
        told = _actions(_of(templates[stack], role))
        assert not [each for each in told if each.startswith(("secretsmanager:", "ecr:"))]
