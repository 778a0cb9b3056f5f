"""What is patched in the emulation answers as AWS does: each test fails on plain moto."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest

from analytics_platform.local_aws import versions
from analytics_platform.local_aws.versions import EmulationError, check_moto
from analytics_platform_tests.integration.cloud import Cloud, emulated_cloud

HANDLER = """
import os
def handler(event, context):
    if event.get("fail"):
        raise KeyError("no such portfolio")
    if event.get("sleep"):
        __import__("time").sleep(60)
    print("noise on the standard output")
    return {"got": event, "name": context.function_name, "variable": os.environ.get("SIZE")}
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_cloud() as started:
        yield started


def wait_for(found: Callable[[], Any]) -> Any:  # noqa: ANN401 - what is found
    until = time.monotonic() + 30
    while not (value := found()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)
    return value


def machine(cloud: Cloud, state: Mapping[str, object]) -> str:
    """Make a machine of one task; return its ARN."""
    definition = {"StartAt": "Only", "States": {"Only": {"Type": "Task", "End": True, **state}}}
    made = cloud.client("stepfunctions").create_state_machine(
        name=f"m{uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=role(cloud)
    )
    return str(made["stateMachineArn"])


def role(cloud: Cloud) -> str:
    made = cloud.client("iam").create_role(RoleName=f"r{uuid4().hex[:8]}", AssumeRolePolicyDocument="{}")
    return str(made["Role"]["Arn"])


def ended(cloud: Cloud, execution: str) -> dict[str, Any]:
    """Wait for the end of an execution."""
    steps = cloud.client("stepfunctions")
    wait_for(lambda: steps.describe_execution(executionArn=execution)["status"] != "RUNNING")
    told: dict[str, Any] = steps.describe_execution(executionArn=execution)
    return told


def executed(cloud: Cloud, state: Mapping[str, object], **input_: object) -> dict[str, Any]:
    """Run a machine of one task to its end."""
    started = cloud.client("stepfunctions").start_execution(
        stateMachineArn=machine(cloud, state), input=json.dumps(input_)
    )
    return ended(cloud, started["executionArn"])


def function(cloud: Cloud, **more: object) -> str:
    """Make a function; return its name."""
    code, name = io.BytesIO(), f"f{uuid4().hex[:8]}"
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("module.py", HANDLER)
    cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role(cloud),
        Handler="module.handler",
        Code={"ZipFile": code.getvalue()},
        **more,
    )
    return name


def task_definition(cloud: Cloud, **container: object) -> str:
    cloud.client("ecs").create_cluster(clusterName="patched")
    made = cloud.client("ecs").register_task_definition(
        family=f"t{uuid4().hex[:8]}",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "run", "image": "slim", **container}],
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def network(cloud: Cloud) -> dict[str, list[str]]:
    ec2 = cloud.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    return {
        "Subnets": [subnet],
        "SecurityGroups": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
    }


def run_task(cloud: Cloud, script: str) -> dict[str, object]:
    """Return a state that runs a script in a task and waits for its end."""
    return {
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "TimeoutSeconds": 30,
        "Parameters": {
            "Cluster": "patched",
            "TaskDefinition": task_definition(cloud, command=["bash", "-c", script]),
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {"AwsvpcConfiguration": network(cloud)},
        },
    }


def test_another_moto_than_the_patches_are_made_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check_moto()
    monkeypatch.setattr(versions, "MOTO", "5.0.0")
    with pytest.raises(EmulationError, match=r"made for moto 5\.0\.0, this is 5\.2\.5; install"):
        check_moto()


def test_a_task_may_have_its_memory_from_the_task_definition(cloud: Cloud) -> None:
    names = {key[0].lower() + key[1:]: value for key, value in network(cloud).items()}
    started = cloud.client("ecs").run_task(
        cluster="patched",
        taskDefinition=task_definition(cloud, command=["true"]),
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": names},
    )
    assert len(started["tasks"]) == 1


def test_a_state_machine_names_parameters_and_results_of_ecs_as_on_aws(cloud: Cloud) -> None:
    told = executed(cloud, run_task(cloud, "exit 0"))
    assert told["status"] == "SUCCEEDED", told
    task = json.loads(told["output"])
    assert task["Containers"][0]["ExitCode"] == 0
    assert task["StopCode"] == "EssentialContainerExited"


def test_a_task_that_fails_fails_its_state_by_name(cloud: Cloud) -> None:
    told = executed(cloud, run_task(cloud, "exit 3"))
    assert (told["status"], told["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(told["cause"])["Containers"][0]["ExitCode"] == 3


def test_dates_in_an_answer_become_text(cloud: Cloud) -> None:
    cloud.client("s3").create_bucket(
        Bucket="dated", CreateBucketConfiguration={"LocationConstraint": cloud.region}
    )
    told = executed(
        cloud, {"Resource": "arn:aws:states:::aws-sdk:s3:listBuckets", "Parameters": {}, "TimeoutSeconds": 30}
    )
    assert told["status"] == "SUCCEEDED", told
    assert all(isinstance(each["CreationDate"], str) for each in json.loads(told["output"])["Buckets"])


def test_a_function_runs_its_own_code(cloud: Cloud) -> None:
    name = function(cloud, Environment={"Variables": {"SIZE": "7"}})
    told = cloud.client("lambda").invoke(FunctionName=name, Payload=b'{"a": 1}')
    assert json.loads(told["Payload"].read()) == {"got": {"a": 1}, "name": name, "variable": "7"}
    assert "FunctionError" not in told


def test_an_error_of_a_function_is_caught_by_its_type(cloud: Cloud) -> None:
    state = {
        "Resource": "arn:aws:states:::lambda:invoke",
        "TimeoutSeconds": 30,
        "Parameters": {"FunctionName": function(cloud), "Payload.$": "$"},
    }
    told = executed(cloud, state, fail=True)
    assert (told["status"], told["error"]) == ("FAILED", "KeyError")
    assert "no such portfolio" in told["cause"]


def test_a_function_that_takes_too_long_is_ended(cloud: Cloud) -> None:
    told = cloud.client("lambda").invoke(FunctionName=function(cloud, Timeout=1), Payload=b'{"sleep": 1}')
    assert told["FunctionError"] == "Unhandled"
    assert "timed out" in json.loads(told["Payload"].read())["errorMessage"]


def test_an_upload_starts_a_state_machine_with_the_event_as_aws_writes_it(cloud: Cloud) -> None:
    queue = cloud.client("sqs").create_queue(QueueName="heard")["QueueUrl"]
    state = {
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "TimeoutSeconds": 30,
        "Parameters": {"QueueUrl": queue, "MessageBody.$": "$"},
    }
    events, s3 = cloud.client("events"), cloud.client("s3")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["watched"]}}}
    events.put_rule(Name="watched", EventPattern=json.dumps(pattern))
    target = {"Id": "1", "Arn": machine(cloud, state), "RoleArn": role(cloud)}
    events.put_targets(Rule="watched", Targets=[target])
    s3.create_bucket(Bucket="watched", CreateBucketConfiguration={"LocationConstraint": cloud.region})
    s3.put_bucket_notification_configuration(
        Bucket="watched", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    s3.put_object(Bucket="watched", Key="prices/a b+c.csv", Body=b"x")
    found = wait_for(lambda: cloud.client("sqs").receive_message(QueueUrl=queue).get("Messages"))
    event = json.loads(found[0]["Body"])
    assert event["detail"]["object"]["key"] == "prices/a b+c.csv"
    assert event["detail"]["object"]["etag"] == "9dd4e461268c8034f5c8564e155c67a6"
    assert event["time"].endswith("Z")


def test_a_token_that_is_failed_keeps_its_cause(cloud: Cloud) -> None:
    queue = cloud.client("sqs").create_queue(QueueName="tokens")["QueueUrl"]
    steps = cloud.client("stepfunctions")
    state = {
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "TimeoutSeconds": 30,
        "Parameters": {
            "QueueUrl": queue,
            "MessageBody": {"token.$": "$$.Task.Token", "name.$": "$$.Execution.Name"},
        },
    }
    execution = steps.start_execution(stateMachineArn=machine(cloud, state), input="{}")["executionArn"]
    found = wait_for(lambda: cloud.client("sqs").receive_message(QueueUrl=queue).get("Messages"))
    told = json.loads(found[0]["Body"])
    assert told["name"], "an execution without a name is given one"
    steps.send_task_failure(taskToken=told["token"], error="Delivery.Refused", cause="row 3 has no date")
    end = ended(cloud, execution)
    assert (end["error"], end["cause"]) == ("Delivery.Refused", "row 3 has no date")
