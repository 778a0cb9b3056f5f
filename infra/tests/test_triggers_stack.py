"""Triggers: machines are their files, and each may do what its states call; uploads and days start them."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from analytics_platform.triggers.state_machines import NAMES, placeholders, source
from infra.checks.linters import lint_templates
from infra.checks.synthesis import Template
from infra.configuration import configuration
from infra.tests.conftest import Templates
from infra.tests.template_parts import of_type, only_of, rights

_CALLED = {
    "arn:aws:states:::lambda:invoke": {"lambda:InvokeFunction"},
    "arn:aws:states:::sqs:sendMessage.waitForTaskToken": {"sqs:SendMessage"},
    "arn:aws:states:::sns:publish": {"sns:Publish", "kms:GenerateDataKey", "kms:Decrypt"},
    "arn:aws:states:::ecs:runTask.sync": {
        "ecs:RunTask",
        "ecs:StopTask",
        "ecs:DescribeTasks",
        "iam:PassRole",
        "events:PutTargets",
        "events:PutRule",
        "events:DescribeRule",
    },
}
"""What a machine has to be allowed for each kind of task, as AWS documents it."""


def _machines(template: Template) -> dict[str, Mapping[str, Any]]:
    found = of_type(template, "AWS::StepFunctions::StateMachine")
    return {each["StateMachineName"].rsplit("-", 1)[1]: each for each in found.values()}


def _tasks(node: object) -> Iterator[str]:
    """Walk through a definition, and yield what its tasks call."""
    if isinstance(node, dict):
        if node.get("Type") == "Task":
            yield node["Resource"]
        for value in node.values():
            yield from _tasks(value)
    elif isinstance(node, list):
        for value in node:
            yield from _tasks(value)


def _statement(template: Template, sid: str) -> Iterator[Mapping[str, Any]]:
    for policy in of_type(template, "AWS::IAM::Policy").values():
        yield from (each for each in policy["PolicyDocument"]["Statement"] if each.get("Sid") == sid)


@pytest.mark.parametrize("name", NAMES)
def test_a_machine_is_its_file_and_every_placeholder_is_told(templates: Templates, name: str) -> None:
    machine = _machines(templates["triggers"])[name]
    assert machine["DefinitionString"] == source(name)
    assert set(machine["DefinitionSubstitutions"]) == placeholders(source(name))
    assert machine["StateMachineType"] == "STANDARD"


@pytest.mark.parametrize("name", NAMES)
def test_a_machine_may_do_what_its_states_call_and_no_more(templates: Templates, name: str) -> None:
    template = templates["triggers"]
    role = _machines(template)[name]["RoleArn"]["Fn::GetAtt"][0]
    needed = set().union(*(_CALLED[each] for each in _tasks(json.loads(source(name)))))
    own = {each for each in rights(template, role) if not each.startswith(("logs:", "xray:"))}
    assert own == needed


@pytest.mark.parametrize("name", NAMES)
def test_a_machine_writes_log_and_trace_and_is_started_by_its_account_only(
    templates: Templates, name: str
) -> None:
    template = templates["triggers"]
    machine = _machines(template)[name]
    assert machine["TracingConfiguration"] == {"Enabled": True}
    log = machine["LoggingConfiguration"]
    assert (log["Level"], log["IncludeExecutionData"]) == ("ALL", True)
    group = log["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0]
    assert template["Resources"][group]["Properties"]["LogGroupName"].startswith("/aws/vendedlogs/states/")
    role = template["Resources"][machine["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": configuration("dev").account}}


def test_a_fan_out_runs_one_family_in_one_cluster_with_the_roles_of_runs(templates: Templates) -> None:
    template = templates["triggers"]
    here = {"ArnEquals": {"ecs:cluster": "arn:aws:ecs:eu-central-1:111122223333:cluster/analytics-dev"}}
    (run,) = _statement(template, "Run")
    assert run["Resource"] == "arn:aws:ecs:eu-central-1:111122223333:task-definition/analytics-dev-run:*"
    (stop,) = _statement(template, "Stop")
    assert stop["Resource"] == "arn:aws:ecs:eu-central-1:111122223333:task/analytics-dev/*"
    assert run["Condition"] == stop["Condition"] == here
    (passed,) = _statement(template, "Pass")
    roles = json.dumps(passed["Resource"])
    assert len(passed["Resource"]) == 2
    assert "RunsRole" in roles
    assert "ExecutionRole" in roles
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    (learn,) = _statement(template, "Learn")
    assert json.dumps(learn["Resource"]).endswith(':rule/StepFunctionsGetEventsForECSTaskRule"')


def test_a_fan_out_is_told_the_family_of_the_task_that_orchestration_makes(templates: Templates) -> None:
    told = _machines(templates["triggers"])["fan_out"]["DefinitionSubstitutions"]
    tasks = of_type(templates["orchestration"], "AWS::ECS::TaskDefinition").values()
    containers = {each["Family"]: each["ContainerDefinitions"][0]["Name"] for each in tasks}
    assert containers[told["TaskDefinitionArn"]] == told["ContainerName"]
    assert told["SubnetA"] != told["SubnetB"]


def test_no_stack_exports_a_task_definition_because_a_release_could_not_change_it(
    templates: Templates,
) -> None:
    for template in templates.values():
        exported = [each["Value"] for each in template.get("Outputs", {}).values() if "Export" in each]
        named = {each.get("Ref") for each in exported if isinstance(each, dict)}
        assert not named & set(of_type(template, "AWS::ECS::TaskDefinition"))


def test_each_object_of_the_landing_bucket_starts_the_machine_and_is_not_lost(templates: Templates) -> None:
    template = templates["triggers"]
    rule = only_of(template, "AWS::Events::Rule")
    pattern = rule["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])
    assert "Landing" in json.dumps(pattern["detail"]["bucket"]["name"])
    (target,) = rule["Targets"]
    started = template["Resources"][target["Arn"]["Ref"]]["Properties"]
    assert started["StateMachineName"] == "analytics-dev-on_upload"
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 10}
    queue = target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
    assert template["Resources"][queue]["Type"] == "AWS::SQS::Queue"
    policy = only_of(template, "AWS::SQS::QueuePolicy")
    (sends,) = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    assert sends["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Uploads" in json.dumps(sends["Condition"]["ArnEquals"]["aws:SourceArn"])


def test_the_day_begins_by_itself_in_production_when_the_day_of_the_session_zone_has_ended(
    templates: Templates, production: Templates
) -> None:
    dev = only_of(templates["triggers"], "AWS::Scheduler::Schedule")
    prod = only_of(production["triggers"], "AWS::Scheduler::Schedule")
    assert (dev["State"], prod["State"]) == ("DISABLED", "ENABLED")
    assert prod["ScheduleExpression"] == "cron(5 0 * * ? *)"
    assert prod["ScheduleExpressionTimezone"] == "Etc/GMT-3"
    assert prod["FlexibleTimeWindow"] == {"Mode": "OFF"}
    target = prod["Target"]
    started = production["triggers"]["Resources"][target["Arn"]["Ref"]]["Properties"]
    assert started["StateMachineName"] == "analytics-prod-end_of_day"
    assert json.loads(target["Input"]) == {"time": "<aws.scheduler.scheduled-time>"}
    assert "Undelivered" in json.dumps(target["DeadLetterConfig"])


def test_rule_and_schedule_start_their_own_machine_and_nothing_else(templates: Templates) -> None:
    template = templates["triggers"]
    rule = only_of(template, "AWS::Events::Rule")
    schedule = only_of(template, "AWS::Scheduler::Schedule")
    for target in (rule["Targets"][0], schedule["Target"]):
        role = target["RoleArn"]["Fn::GetAtt"][0]
        assert "states:StartExecution" in rights(template, role)
        (policy,) = [
            each for each in of_type(template, "AWS::IAM::Policy").values() if {"Ref": role} in each["Roles"]
        ]
        (starts,) = [each for each in policy["PolicyDocument"]["Statement"] if each["Sid"] == "Start"]
        assert starts["Resource"] == target["Arn"]


def test_machines_are_where_the_api_and_the_services_look_for_them(templates: Templates) -> None:
    arns = set(
        re.findall(
            r"arn:aws:states:eu-central-1:111122223333:stateMachine:(analytics-dev-\w+)",
            json.dumps([templates["orchestration"], templates["api"]]),
        )
    )
    assert arns <= {each["StateMachineName"] for each in _machines(templates["triggers"]).values()}
    assert "analytics-dev-materialize" in arns


def test_cfn_lint_looks_into_the_machines_of_a_template(templates: Templates, tmp_path: Path) -> None:
    resources = templates["triggers"]["Resources"]
    machine = next(each["Properties"] for each in resources.values() if "StateMachine" in each["Type"])
    broken = {
        "DefinitionString": machine["DefinitionString"].replace('"StartAt": "', '"StartAt": "Not', 1),
        "DefinitionSubstitutions": dict.fromkeys(machine["DefinitionSubstitutions"], "x"),
        "RoleArn": "arn:aws:iam::111122223333:role/x",
    }
    file = tmp_path / "broken.template.json"
    file.write_text(
        json.dumps(
            {"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": broken}}}
        )
    )
    assert [each for each in lint_templates([file]) if "E3601" in each]
