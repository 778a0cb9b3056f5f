"""What tasks may do, one method a kind of task. Nothing here is a whole service."""

from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.home import Home
from infra.stacks.policies import allow, objects
from infra.stacks.storage import ATHENA, DAGSTER, STAGING, StorageStack
from infra.stacks.warehouse import WarehouseStack

SLIM = "slim/"
"""Prefix of the logs that failed scripts leave."""

_READ_CATALOG = [
    "glue:GetDatabase",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:BatchGetPartition",
]
_WRITE_CATALOG = [
    "glue:CreateTable",
    "glue:UpdateTable",
    "glue:DeleteTable",
    "glue:CreatePartition",
    "glue:BatchCreatePartition",
    "glue:UpdatePartition",
    "glue:BatchDeletePartition",
]
_EXCHANGE = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
_LIST = ["s3:ListBucket", "s3:GetBucketLocation"]
_UNLIMITED = "it only looks, and AWS limits it to no resource"


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
        self._fetch_archives(role)
        logs = objects(self.config.bucket("logs"), SLIM)
        allow(role, "FailureLogs", ["s3:PutObject"], [logs], why="each failure leaves a log of its own")
        allow(
            role,
            "Home",
            ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            [home.files.file_system_arn],
            conditions={"StringEquals": {"elasticfilesystem:AccessPointArn": home.door.access_point_arn}},
        )

    def of_services(self, role: iam.Role) -> None:
        """Let Dagster's services watch the landing zone, answer requests and tell people."""
        self._read_landing(role)
        allow(
            role,
            "Queues",
            [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
            ],
            [self.storage.uploads.queue_arn, self.storage.requests.queue_arn],
        )
        allow(
            role,
            "AnswerRequests",
            ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"],
            [self.machine(each) for each in ("on_upload", "end_of_day", "materialize")],
        )
        self._tell(role)
        self._output_of_runs(role)

    def of_viewer(self, role: iam.Role) -> None:
        """Let the webserver of viewers fetch its archives and read; it has no home, and leaves no log there.

        It asks the code server for definitions and PostgreSQL for the rest. The output of runs is in S3, and
        the page of the configuration makes a launcher, which looks up its task definition and nothing else.
        """
        self._fetch_archives(role)
        logs = self.config.bucket("logs")
        output = [objects(logs, DAGSTER)]
        allow(role, "OutputOfRuns", ["s3:GetObject"], output, why="each run has a folder of its own")
        below = {"StringLike": {"s3:prefix": f"{DAGSTER}*"}}
        allow(role, "ListOutputOfRuns", ["s3:ListBucket"], [f"arn:aws:s3:::{logs}"], conditions=below)
        allow(role, "Look", ["ecs:DescribeTaskDefinition"], ["*"], why=_UNLIMITED)

    def of_runs(self, role: iam.Role) -> None:
        """Let runs read what landed, write lake, catalogue and warehouse, and delete copies and staging."""
        self._read_landing(role)
        lake, results = self.config.bucket("lake"), self.config.bucket("results")
        allow(
            role,
            "Lake",
            ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
            [objects(lake, "lake/")],
            why="the deliveries of all tables",
        )
        copies = objects(lake, "lake/*/.by_instrument/")
        allow(
            role, "LakeCopies", ["s3:DeleteObject"], [copies], why="copies that are made anew, of all tables"
        )
        allow(
            role, "Staging", _EXCHANGE, [objects(results, STAGING)], why="each load has a folder of its own"
        )
        allow(role, "List", _LIST, [f"arn:aws:s3:::{lake}", f"arn:aws:s3:::{results}"])
        allow(
            role,
            "Catalog",
            [*_READ_CATALOG, *_WRITE_CATALOG],
            self.warehouse.catalog.arns(),
            why="all tables of one database of the catalogue",
        )
        log_in = ["redshift-serverless:GetCredentials", "redshift-serverless:GetWorkgroup"]
        allow(role, "Redshift", log_in, [self.warehouse.workgroup_arn])
        self._tell(role)
        self._output_of_runs(role)
        allow(role, "Look", ["ecs:DescribeTaskDefinition"], ["*"], why=_UNLIMITED)

    def of_api(self, role: iam.Role) -> None:
        """Let the API take uploads, read the lake, export by Athena and press the button."""
        self._read_landing(role)
        landing, lake = self.config.bucket("landing"), self.config.bucket("lake")
        results = self.config.bucket("results")
        allow(role, "Upload", ["s3:PutObject"], [objects(landing)], why="names tell what a file is")
        allow(role, "Lake", ["s3:GetObject"], [objects(lake, "lake/")], why="exports are of any table")
        allow(
            role, "Exports", _EXCHANGE, [objects(results, ATHENA)], why="each export has an object of its own"
        )
        allow(role, "List", _LIST, [f"arn:aws:s3:::{lake}", f"arn:aws:s3:::{results}"])
        tables = self.warehouse.catalog.arns()
        allow(role, "Catalog", _READ_CATALOG, tables, why="all tables of one database of the catalogue")
        allow(
            role,
            "Athena",
            [
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
                "athena:GetQueryExecution",
                "athena:GetWorkGroup",
            ],
            [self._arn("athena", f"workgroup/{self.warehouse.athena_workgroup}")],
        )
        allow(role, "Button", ["states:StartExecution"], [self.machine("materialize")])
        allow(
            role,
            "Executions",
            ["states:DescribeExecution", "states:StopExecution"],
            [self._arn("states", f"execution:{self.config.named('materialize')}:*")],
            why="executions of one machine are named after requests",
        )

    def of_launcher(self, role: iam.Role, passed: list[iam.Role]) -> None:
        """Let a role start and stop runs: tasks of one family in one cluster, with the roles of those."""
        here = {"ArnEquals": {"ecs:cluster": self.cluster}}
        tasks = self._arn("ecs", f"task/{self.config.prefix}/*")
        allow(
            role,
            "Run",
            ["ecs:RunTask"],
            [self._arn("ecs", f"task-definition/{self.config.named('run')}:*")],
            why="revisions of one task definition",
            conditions=here,
        )
        stop = ["ecs:StopTask", "ecs:DescribeTasks"]
        allow(role, "Stop", stop, [tasks], why="tasks of one cluster have numbers for names", conditions=here)
        allow(
            role,
            "Pass",
            ["iam:PassRole"],
            [each.role_arn for each in passed],
            conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        )

    def of_dagster_launcher(self, role: iam.Role, passed: list[iam.Role]) -> None:
        """Let Dagster start runs, mark them, and read why one of them ended."""
        self.of_launcher(role, passed)
        tasks = self._arn("ecs", f"task/{self.config.prefix}/*")
        allow(
            role,
            "Tag",
            ["ecs:TagResource"],
            [tasks],
            why="tasks of one cluster have numbers for names",
            conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
        )
        words = self._arn("logs", f"log-group:/{self.config.prefix}/run:*")
        allow(role, "LastWords", ["logs:GetLogEvents"], [words], why="each run has a stream of its own")
        allow(
            role,
            "Look",
            ["ecs:DescribeTaskDefinition", "ecs:ListAccountSettings", "ec2:DescribeNetworkInterfaces"],
            ["*"],
            why=_UNLIMITED,
        )

    @property
    def cluster(self) -> str:
        """ARN of the cluster, which has the name of the installation."""
        return self._arn("ecs", f"cluster/{self.config.prefix}")

    def machine(self, name: str) -> str:
        """Return the ARN of a state machine of this installation, which is made later."""
        return self._arn("states", f"stateMachine:{self.config.named(name)}")

    def _fetch_archives(self, role: iam.Role) -> None:
        archives = objects(self.config.bucket("archives"), "archives/")
        allow(role, "Archives", ["s3:GetObject"], [archives], why="archives are named by their content")

    def _read_landing(self, role: iam.Role) -> None:
        landing = self.config.bucket("landing")
        looked_at = ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketVersioning"]
        allow(role, "ListLanding", looked_at, [f"arn:aws:s3:::{landing}"])
        read = ["s3:GetObject", "s3:GetObjectVersion"]
        allow(role, "ReadLanding", read, [objects(landing)], why="every version of every file that landed")

    def _output_of_runs(self, role: iam.Role) -> None:
        logs = self.config.bucket("logs")
        kept = ["s3:GetObject", "s3:PutObject"]
        allow(role, "OutputOfRuns", kept, [objects(logs, DAGSTER)], why="each run has a folder of its own")
        allow(role, "ListOutputOfRuns", ["s3:ListBucket"], [f"arn:aws:s3:::{logs}"])

    def _tell(self, role: iam.Role) -> None:
        allow(role, "Notify", ["sns:Publish"], [self.storage.notifications.topic_arn])
        allow(role, "NotifyKey", ["kms:GenerateDataKey", "kms:Decrypt"], [self.storage.key.key_arn])

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.config.region}:{self.config.account}:{resource}"
