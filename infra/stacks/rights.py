"""What tasks may do, one table of rights a kind of task. Nothing here is a whole service."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.home import Home
from infra.stacks.storage import ATHENA, DAGSTER, STAGING, StorageStack
from infra.stacks.warehouse import WarehouseStack

SLIM = "slim/"
"""Prefix of the logs that failed scripts leave."""

_GLUE_READ = [
    "glue:GetDatabase",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetPartition",
    "glue:GetPartitions",
]
_GLUE_WRITE = [
    "glue:CreateTable",
    "glue:UpdateTable",
    "glue:DeleteTable",
    "glue:CreatePartition",
    "glue:BatchCreatePartition",
    "glue:UpdatePartition",
    "glue:BatchDeletePartition",
    "glue:BatchGetPartition",
]


@dataclass(frozen=True)
class Rights:
    """Writes policies of roles.

    Attributes
    ----------
    config : Configuration
        Of the installation.
    storage : StorageStack
        Buckets, queues, topic.
    warehouse : WarehouseStack
        Redshift, catalogue, Athena.
    """

    config: Configuration
    storage: StorageStack
    warehouse: WarehouseStack

    def role(self, scope: Construct, name: str, description: str) -> iam.Role:
        """Make a role that only tasks of this account take on."""
        return iam.Role(
            scope,
            f"{name.capitalize()}Role",
            role_name=self.config.named(name),
            description=description,
            assumed_by=iam.ServicePrincipal(
                "ecs-tasks.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": self.config.account}},
            ),
        )

    def of_every_task(self, role: iam.Role, home: Home) -> None:
        """Let a task fetch its archives, leave the log of a failure, and mount the home."""
        storage = self.storage
        _allow(role, "Archives", ["s3:GetObject"], [storage.archives.arn_for_objects("archives/*")])
        _allow(role, "FailureLogs", ["s3:PutObject"], [storage.logs.arn_for_objects(f"{SLIM}*")])
        role.add_to_policy(
            iam.PolicyStatement(
                sid="Home",
                actions=["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                resources=[home.files.file_system_arn],
                conditions={"StringEquals": {"elasticfilesystem:AccessPointArn": home.door.access_point_arn}},
            )
        )

    def of_services(self, role: iam.Role) -> None:
        """Let Dagster's services watch the landing zone, answer requests and tell people."""
        storage = self.storage
        self._read_landing(role)
        read = [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
        ]
        _allow(role, "Queues", read, [storage.uploads.queue_arn, storage.requests.queue_arn])
        _allow(
            role,
            "AnswerRequests",
            ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"],
            [self.machine(each) for each in ("on_upload", "end_of_day", "materialize")],
        )
        self._tell(role)
        self._output_of_runs(role)

    def of_runs(self, role: iam.Role) -> None:
        """Let runs read what landed, write lake, catalogue and warehouse, and delete copies and staging."""
        storage, warehouse = self.storage, self.warehouse
        self._read_landing(role)
        lake, staging = storage.lake.arn_for_objects("lake/*"), storage.results.arn_for_objects(f"{STAGING}*")
        _allow(role, "Lake", ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], [lake])
        _allow(
            role, "LakeCopies", ["s3:DeleteObject"], [storage.lake.arn_for_objects("lake/*/.by_instrument/*")]
        )
        _allow(
            role,
            "Staging",
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            [staging],
        )
        _allow(
            role,
            "List",
            ["s3:ListBucket", "s3:GetBucketLocation"],
            [storage.lake.bucket_arn, storage.results.bucket_arn],
        )
        _allow(role, "Catalog", [*_GLUE_READ, *_GLUE_WRITE], warehouse.catalog.arns())
        self._redshift(role)
        self._tell(role)
        self._output_of_runs(role)
        role.add_to_policy(_looks("ecs:DescribeTaskDefinition"))

    def of_api(self, role: iam.Role) -> None:
        """Let the API take uploads, read the lake, export by Athena and press the button."""
        storage, warehouse = self.storage, self.warehouse
        self._read_landing(role)
        _allow(role, "Upload", ["s3:PutObject"], [storage.landing.arn_for_objects("*")])
        _allow(role, "Lake", ["s3:GetObject"], [storage.lake.arn_for_objects("lake/*")])
        _allow(
            role,
            "Exports",
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            [storage.results.arn_for_objects(f"{ATHENA}*")],
        )
        _allow(
            role,
            "List",
            ["s3:ListBucket", "s3:GetBucketLocation"],
            [storage.lake.bucket_arn, storage.results.bucket_arn],
        )
        _allow(role, "Catalog", _GLUE_READ, warehouse.catalog.arns())
        _allow(
            role,
            "Athena",
            [
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
                "athena:GetQueryExecution",
                "athena:GetWorkGroup",
            ],
            [_arn(role, "athena", "workgroup", warehouse.athena_workgroup)],
        )
        _allow(role, "Button", ["states:StartExecution"], [self.machine("materialize")])
        name = self.config.named("materialize")
        executions = cdk.Stack.of(role).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{name}:*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        _allow(role, "Executions", ["states:DescribeExecution", "states:StopExecution"], [executions])

    def machine(self, name: str) -> str:
        """Return the ARN of a state machine of this installation, which is made later."""
        return cdk.Stack.of(self.storage).format_arn(
            service="states",
            resource="stateMachine",
            resource_name=self.config.named(name),
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )

    def launch(self, role: iam.Role, family: str, cluster_arn: str, passed: list[iam.Role]) -> None:
        """Let services start and stop tasks of one family in one cluster, with the roles of that family."""
        here = {"ArnEquals": {"ecs:cluster": cluster_arn}}
        tasks = [_arn(role, "ecs", "task", f"{cluster_arn.rsplit('/', 1)[-1]}/*")]
        definitions = [_arn(role, "ecs", "task-definition", f"{family}:*")]
        role.add_to_policy(
            iam.PolicyStatement(sid="Run", actions=["ecs:RunTask"], resources=definitions, conditions=here)
        )
        role.add_to_policy(
            iam.PolicyStatement(
                sid="Stop", actions=["ecs:StopTask", "ecs:DescribeTasks"], resources=tasks, conditions=here
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                sid="Tag",
                actions=["ecs:TagResource"],
                resources=tasks,
                conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                sid="Pass",
                actions=["iam:PassRole"],
                resources=[each.role_arn for each in passed],
                conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            )
        )
        role.add_to_policy(
            _looks("ecs:DescribeTaskDefinition", "ecs:ListAccountSettings", "ec2:DescribeNetworkInterfaces")
        )

    def _read_landing(self, role: iam.Role) -> None:
        landing = self.storage.landing
        _allow(role, "ListLanding", ["s3:ListBucket", "s3:ListBucketVersions"], [landing.bucket_arn])
        _allow(role, "ReadLanding", ["s3:GetObject", "s3:GetObjectVersion"], [landing.arn_for_objects("*")])

    def _output_of_runs(self, role: iam.Role) -> None:
        logs = self.storage.logs
        _allow(role, "OutputOfRuns", ["s3:GetObject", "s3:PutObject"], [logs.arn_for_objects(f"{DAGSTER}*")])
        _allow(role, "ListOutputOfRuns", ["s3:ListBucket"], [logs.bucket_arn])

    def _tell(self, role: iam.Role) -> None:
        _allow(role, "Notify", ["sns:Publish"], [self.storage.notifications.topic_arn])
        _allow(role, "NotifyKey", ["kms:GenerateDataKey", "kms:Decrypt"], [self.storage.key.key_arn])

    def _redshift(self, role: iam.Role) -> None:
        log_in = ["redshift-serverless:GetCredentials", "redshift-serverless:GetWorkgroup"]
        _allow(role, "Redshift", log_in, [self.warehouse.workgroup_arn])


def _allow(role: iam.Role, sid: str, actions: list[str], resources: list[str]) -> None:
    role.add_to_policy(iam.PolicyStatement(sid=sid, actions=actions, resources=resources))


def _looks(*actions: str) -> iam.PolicyStatement:
    """Allow what only looks, and what AWS cannot limit to a resource."""
    return iam.PolicyStatement(sid="Look", actions=list(actions), resources=["*"])


def _arn(role: iam.Role, service: str, resource: str, name: str) -> str:
    return cdk.Stack.of(role).format_arn(service=service, resource=resource, resource_name=name)
