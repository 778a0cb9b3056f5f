"""Step Functions of the emulation, where moto's differ: each test fails without its patch."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from analytics_platform_tests.integration.local_aws.cluster import Cluster


def _run_task(cluster: Cluster, definition: str) -> Mapping[str, Any]:
    network = cluster.network["awsvpcConfiguration"]
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "TimeoutSeconds": 30,
        "Parameters": {
            "Cluster": cluster.name,
            "TaskDefinition": definition,
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {
                    "Subnets": network["subnets"],
                    "SecurityGroups": network["securityGroups"],
                }
            },
            "Overrides": {
                "ContainerOverrides": [
                    {"Name": "run", "Environment": [{"Name": "CODE", "Value.$": "$.code"}]}
                ]
            },
        },
    }


def _wait_for_answer(queue: str, **limits: int) -> Mapping[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}},
        "TimeoutSeconds": 30,
        **limits,
    }


def test_parameters_and_answers_have_the_names_of_step_functions(cluster: Cluster) -> None:
    machine = cluster.machine(_run_task(cluster, cluster.define("sh", "-c", "exit $CODE")))
    done = cluster.execute(machine, {"code": "0"})
    assert done["status"] == "SUCCEEDED", done
    task = json.loads(done["output"])
    assert (task["LastStatus"], task["Containers"][0]["ExitCode"]) == ("STOPPED", 0)


def test_a_task_that_did_not_end_with_0_fails_its_state(cluster: Cluster) -> None:
    machine = cluster.machine(_run_task(cluster, cluster.define("sh", "-c", "exit $CODE")))
    done = cluster.execute(machine, {"code": "3"})
    assert (done["status"], done["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(done["cause"])["Containers"][0]["ExitCode"] == 3


def test_a_task_that_never_started_fails_its_state(cluster: Cluster) -> None:
    done = cluster.execute(
        cluster.machine(_run_task(cluster, cluster.define("no-such-program"))), {"code": "0"}
    )
    assert (done["status"], done["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(done["cause"])["StopCode"] == "TaskFailedToStart"


def test_dates_in_answers_are_text(cluster: Cluster) -> None:
    cluster.bucket()
    listing = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets", "Parameters": {}}
    done = cluster.execute(cluster.machine(listing))
    assert done["status"] == "SUCCEEDED", done
    assert json.loads(done["output"])["Buckets"][0]["CreationDate"].startswith("20")


def test_the_cause_of_a_failure_is_kept(cluster: Cluster) -> None:
    queue, _ = cluster.queue()
    sfn = cluster.client("stepfunctions")
    machine = cluster.machine(_wait_for_answer(queue))
    arn = sfn.start_execution(stateMachineArn=machine)["executionArn"]
    (message,) = cluster.received(queue)
    sfn.send_task_failure(taskToken=message["token"], error="Delivery.Refused", cause="row 3: no price")
    done = cluster.execution(arn)
    assert (done["error"], done["cause"]) == ("Delivery.Refused", "row 3: no price")


def test_an_execution_without_a_name_gets_one_of_its_own(cluster: Cluster) -> None:
    machine = cluster.machine({"Type": "Pass", "Parameters": {"name.$": "$$.Execution.Name"}})
    names = {json.loads(cluster.execute(machine)["output"])["name"] for _ in range(2)}
    assert len({uuid.UUID(name) for name in names}) == 2


@pytest.mark.parametrize(
    "limits", [{"TimeoutSeconds": 1}, {"HeartbeatSeconds": 1}], ids=["time-out", "no heartbeat"]
)
def test_a_task_that_is_not_answered_is_caught(cluster: Cluster, limits: Mapping[str, int]) -> None:
    queue, _ = cluster.queue()
    catch = {"ErrorEquals": ["States.Timeout", "States.HeartbeatTimeout"], "Next": "Late"}
    waiting = {**_wait_for_answer(queue, **limits), "Catch": [catch], "End": True}
    states = {"Wait": waiting, "Late": {"Type": "Pass", "Result": {"is": "late"}, "End": True}}
    done = cluster.execute(cluster.machine_of({"StartAt": "Wait", "States": states}))
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", {"is": "late"})
