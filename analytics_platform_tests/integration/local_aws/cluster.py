"""A cluster of the emulation, and what tests do in it: run tasks, machines and functions. No test."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from analytics_platform_tests.integration.cloud import Cloud

Answer = TypeVar("Answer")
LONGEST_SECONDS = 60.0


def until(ask: Callable[[], Answer], why: object = "") -> Answer:
    """Ask until the answer is true; return it."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not (answer := ask()):
        assert time.monotonic() < deadline, why or answer
        time.sleep(0.05)
    return answer


@dataclass(frozen=True)
class Cluster:
    """The emulation with a cluster.

    Attributes
    ----------
    cloud : Cloud
        The emulation.
    name : str
        Of the cluster.
    network : mapping of str to object
        Where tasks are.
    role : str
        ARN of a role that may all.
    """

    cloud: Cloud
    name: str
    network: Mapping[str, Any]
    role: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - clients have no types
        """Return a client of one service."""
        return self.cloud.client(service)

    def define(self, *command: str, **container: object) -> str:
        """Register a task definition with one container; return its ARN."""
        made = self.client("ecs").register_task_definition(
            family=f"family-{uuid.uuid4().hex}",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "run", "image": "any", "command": list(command), **container}],
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def run(self, definition: str, override: Mapping[str, object] | None = None) -> str:
        """Run a task; return its ARN."""
        told = self.client("ecs").run_task(
            cluster=self.name,
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration=self.network,
            overrides={"containerOverrides": [{"name": "run", **(override or {})}]},
        )
        return str(told["tasks"][0]["taskArn"])

    def task(self, arn: str) -> dict[str, Any]:
        """Return what ECS tells of a task."""
        told = self.client("ecs").describe_tasks(cluster=self.name, tasks=[arn])
        return dict(told["tasks"][0])

    def ended(self, arn: str) -> tuple[int | None, str, str]:
        """Wait for the end of a task; return exit code, code and reason of its stop."""
        task = until(lambda: (told := self.task(arn))["lastStatus"] == "STOPPED" and told)
        assert isinstance(task, dict)
        return task["containers"][0].get("exitCode"), task["stopCode"], task["stoppedReason"]

    def log(self, arn: str) -> Path:
        """Return the file to which a task prints."""
        return self.cloud.fargate.logs / f"{arn.rpartition('/')[2]}.log"

    def printed(self, arn: str, text: str) -> str:
        """Wait until a task has printed a text; return all that it has printed."""
        file = self.log(arn)
        return until(lambda: file.exists() and text in (told := file.read_text("utf-8")) and told, text) or ""

    def stop(self, arn: str) -> None:
        """Stop a task as people do."""
        self.client("ecs").stop_task(cluster=self.name, task=arn, reason="no longer wanted")

    def machine(self, *states: Mapping[str, Any]) -> str:
        """Make a state machine of states that follow each other; return its ARN."""
        names = [str(number) for number in range(len(states))]
        body = {
            name: {**state, **({"Next": following} if following else {"End": True})}
            for name, following, state in zip(names, [*names[1:], ""], states, strict=True)
        }
        return self.machine_of({"StartAt": "0", "States": body})

    def machine_of(self, definition: Mapping[str, Any]) -> str:
        """Make a state machine; return its ARN."""
        made = self.client("stepfunctions").create_state_machine(
            name=uuid.uuid4().hex, definition=json.dumps(definition), roleArn=self.role
        )
        return str(made["stateMachineArn"])

    def execute(self, machine: str, told: object = None) -> dict[str, Any]:
        """Run a state machine to its end."""
        sfn = self.client("stepfunctions")
        arn = sfn.start_execution(stateMachineArn=machine, input=json.dumps(told or {}))["executionArn"]
        return self.execution(arn)

    def execution(self, arn: str) -> dict[str, Any]:
        """Wait for the end of an execution."""
        sfn = self.client("stepfunctions")
        until(lambda: sfn.describe_execution(executionArn=arn)["status"] != "RUNNING", arn)
        return dict(sfn.describe_execution(executionArn=arn))

    def executions(self, machine: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for so many executions that somebody else starts, and their end."""
        sfn = self.client("stepfunctions")
        until(lambda: len(sfn.list_executions(stateMachineArn=machine)["executions"]) >= count, machine)
        found = sfn.list_executions(stateMachineArn=machine)["executions"]
        return [self.execution(each["executionArn"]) for each in found]

    def function(self, code: str, **settings: object) -> str:
        """Make a Lambda function whose module is this text; return its ARN."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("module.py", code)
        made = self.client("lambda").create_function(
            FunctionName=f"f-{uuid.uuid4().hex}",
            Runtime="python3.12",
            Role=self.role,
            Handler="module.handler",
            Code={"ZipFile": content.getvalue()},
            **{"Timeout": 30, **settings},
        )
        return str(made["FunctionArn"])

    def bucket(self, *, versioning: bool = True) -> str:
        """Make a bucket; return its name."""
        s3, name = self.client("s3"), uuid.uuid4().hex
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.cloud.region})
        if versioning:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def queue(self) -> tuple[str, str]:
        """Make a queue; return its address and ARN."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, told["Attributes"]["QueueArn"]

    def received(self, queue: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for so many messages; return what they say."""
        sqs, bodies = self.client("sqs"), list[dict[str, Any]]()

        def enough() -> bool:
            for each in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
                bodies.append(json.loads(each["Body"]))
            return len(bodies) >= count

        until(enough, bodies)
        return bodies


def new_cluster(cloud: Cloud) -> Cluster:
    """Make a cluster, and what tasks need besides."""
    ec2, name = cloud.client("ec2"), f"cluster-{uuid.uuid4().hex}"
    cloud.client("ecs").create_cluster(clusterName=name)
    network = {
        "awsvpcConfiguration": {
            "subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
            "securityGroups": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
        }
    }
    made = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    return Cluster(cloud, name, network, made["Role"]["Arn"])


def is_alive(pid: int) -> bool:
    """Return whether a process lives; one that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
