"""What the infrastructure makes in an account, made in the emulation: the names are the same everywhere."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics_platform.local_aws.server import REGION, client
from analytics_platform.triggers.lambda_package import HANDLERS
from analytics_platform.triggers.state_machines import NAMES, definition

CONTAINER = "run"
LOG_GROUP = "/analytics/runs"
RUNS_ANYTHING = {
    "entryPoint": ["sh", "-c", 'if [ $# -gt 0 ]; then exec "$@"; fi; eval "$COMMAND"', CONTAINER],
    "command": [],
}
"""Runs its arguments, else the script in ``COMMAND``: as on AWS, without archives."""

_VISIBILITY_SECONDS = "180"
_MOST_RECEIVES = "5"
_FIXED = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Account:
    """What was made, by its addresses.

    Attributes
    ----------
    landing, lake, archives, logs : str
        Buckets.
    uploads_queue, uploads_dead, requests_queue, requests_dead, notifications_queue : str
        Addresses of queues; the last one receives what is published to the topic.
    topic, cluster, task_definition : str
        ARNs.
    machines : mapping of str to str
        ARNs of the state machines by name.
    """

    landing: str
    lake: str
    archives: str
    logs: str
    uploads_queue: str
    uploads_dead: str
    requests_queue: str
    requests_dead: str
    notifications_queue: str
    topic: str
    cluster: str
    task_definition: str
    machines: Mapping[str, str]

    def environment(self, prefix: str = "") -> dict[str, str]:
        """Return the settings of the platform in this account, and what the instance of Dagster is told."""
        return {
            "ANALYTICS_LANDING_URL": f"s3://{self.landing}/{prefix}".rstrip("/"),
            "ANALYTICS_UPLOADS_QUEUE_URL": self.uploads_queue,
            "ANALYTICS_REQUESTS_QUEUE_URL": self.requests_queue,
            "ANALYTICS_NOTIFICATIONS_TOPIC": self.topic,
            "ANALYTICS_MATERIALIZE_MACHINE": self.machines["materialize"],
            "DAGSTER_RUN_TASK_DEFINITION": self.task_definition,
            "DAGSTER_LOGS_BUCKET": self.logs,
        }


class Bootstrap:
    """Makes buckets, queues, functions, state machines, rules and the cluster in an empty emulation.

    Parameters
    ----------
    endpoint : str
        Of the emulation.
    region : str
        Where everything is made.
    name : str
        Beginning of all names.
    """

    def __init__(self, endpoint: str, region: str = REGION, name: str = "analytics") -> None:
        self._endpoint, self._region, self._name = endpoint, region, name

    def make(self, functions: Mapping[str, bytes], container: Mapping[str, object]) -> Account:
        """Make everything.

        Parameters
        ----------
        functions : mapping of str to bytes
            Files of the archive of the Lambda functions.
        container : mapping of str to object
            What the task definition says of the container besides name and log: image, entry point,
            command, environment.
        """
        buckets = {kind: self._bucket(kind) for kind in ("landing", "lake", "archives", "logs")}
        uploads, uploads_dead = self._queue("uploads")
        requests, requests_dead = self._queue("requests")
        topic, notifications = self._topic()
        subnets, group = self._network()
        cluster, task = self._task_definition(container)
        role = self._role()
        names = {
            **self._functions(functions, role),
            "RequestsQueueUrl": requests,
            "NotificationsTopicArn": topic,
            "ClusterArn": cluster,
            "TaskDefinitionArn": task,
            "SubnetA": subnets[0],
            "SubnetB": subnets[-1],
            "SecurityGroup": group,
            "ContainerName": CONTAINER,
        }
        machines = {machine: self._machine(machine, names, role) for machine in NAMES}
        self._notify(buckets["landing"], uploads, machines["on_upload"], role)
        return Account(
            **buckets,
            uploads_queue=uploads,
            uploads_dead=uploads_dead,
            requests_queue=requests,
            requests_dead=requests_dead,
            notifications_queue=notifications,
            topic=topic,
            cluster=cluster,
            task_definition=task,
            machines=machines,
        )

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 has no types
        return client(service, self._endpoint, self._region)

    def _bucket(self, kind: str) -> str:
        s3, name = self._client("s3"), f"{self._name}-{kind}"
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": self._region})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def _queue(self, kind: str) -> tuple[str, str]:
        """Make a queue and the one for its dead letters."""
        sqs, name = self._client("sqs"), f"{self._name}-{kind}"
        dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        policy = {"deadLetterTargetArn": self._arn(dead), "maxReceiveCount": _MOST_RECEIVES}
        told = {"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": _VISIBILITY_SECONDS}
        return sqs.create_queue(QueueName=name, Attributes=told)["QueueUrl"], dead

    def _arn(self, queue: str) -> str:
        told = self._client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return str(told["Attributes"]["QueueArn"])

    def _topic(self) -> tuple[str, str]:
        sns, name = self._client("sns"), f"{self._name}-notifications"
        topic = sns.create_topic(Name=name)["TopicArn"]
        queue = self._client("sqs").create_queue(QueueName=name)["QueueUrl"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=self._arn(queue),
            Attributes={"RawMessageDelivery": "true"},
        )
        return topic, queue

    def _network(self) -> tuple[list[str], str]:
        ec2 = self._client("ec2")
        subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]]
        return subnets, ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]

    def _task_definition(self, container: Mapping[str, object]) -> tuple[str, str]:
        ecs = self._client("ecs")
        cluster = ecs.create_cluster(clusterName=self._name)["cluster"]["clusterArn"]
        options = {"awslogs-group": LOG_GROUP, "awslogs-stream-prefix": "run", "awslogs-region": self._region}
        logs = {"logDriver": "awslogs", "options": options}
        made = ecs.register_task_definition(
            family=f"{self._name}-run",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="2048",
            memory="8192",
            containerDefinitions=[
                {"image": "slim", **container, "name": CONTAINER, "logConfiguration": logs}
            ],
        )
        return cluster, made["taskDefinition"]["taskDefinitionArn"]

    def _role(self) -> str:
        made = self._client("iam").create_role(RoleName=self._name, AssumeRolePolicyDocument="{}")
        return str(made["Role"]["Arn"])

    def _functions(self, files: Mapping[str, bytes], role: str) -> dict[str, str]:
        """Make the Lambda functions; return what stands for them in the state machines."""
        functions, code = self._client("lambda"), _zipped(files)
        arns = {}
        for name, handler in HANDLERS.items():
            made = functions.create_function(
                FunctionName=f"{self._name}-{name}",
                Runtime="python3.12",
                Role=role,
                Handler=handler,
                Timeout=60,
                Code={"ZipFile": code},
            )
            arns["".join(part.capitalize() for part in name.split("_")) + "FunctionArn"] = made["FunctionArn"]
        return arns

    def _machine(self, name: str, names: Mapping[str, str], role: str) -> str:
        made = self._client("stepfunctions").create_state_machine(
            name=f"{self._name}-{name}", definition=definition(name, names), roleArn=role
        )
        return str(made["stateMachineArn"])

    def _notify(self, bucket: str, queue: str, machine: str, role: str) -> None:
        """Let S3 tell the queue, and EventBridge start the machine, of every object that is put."""
        events = self._client("events")
        pattern = {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [bucket]}},
        }
        rule = f"{self._name}-uploads"
        events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=rule, Targets=[{"Id": "machine", "Arn": machine, "RoleArn": role}])
        told = {"QueueArn": self._arn(queue), "Events": ["s3:ObjectCreated:*"]}
        self._client("s3").put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={"QueueConfigurations": [told], "EventBridgeConfiguration": {}},
        )


def _zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _FIXED), files[name])
    return content.getvalue()
