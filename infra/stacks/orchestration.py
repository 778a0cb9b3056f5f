"""Dagster on ECS: cluster, PostgreSQL, home, the task definition of runs, and four services."""

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as discovery
from constructs import Construct

from infra.configuration import Configuration
from infra.release import Release
from infra.stacks.database import DAGSTER, LEDGER, USER, postgres
from infra.stacks.entrance import EntranceStack
from infra.stacks.home import HOME, Home
from infra.stacks.network import CODE_SERVER, WEBSERVER, NetworkStack
from infra.stacks.rights import Rights
from infra.stacks.services import Services
from infra.stacks.storage import STAGING, StorageStack
from infra.stacks.tasks import PlatformTasks, Size
from infra.stacks.warehouse import DATABASE, WarehouseStack

_RUN = Size(2048, 8192)
"""Of a run without a job; jobs have their own in `analytics_platform/defs/run_sizes.py`."""

_CERTIFICATES = "/opt/slim/certificates/rds.pem"


class OrchestrationStack(cdk.Stack):
    """Everything that Dagster needs.

    Attributes
    ----------
    cluster : ecs.Cluster
        With Spot, for runs that may be taken away.
    run_task : ecs.FargateTaskDefinition
        Of runs and of tasks of a fan-out; one for all.
    run_container : str
        Name of its container.
    run_role, services_role, viewer_role, execution_role : iam.Role
        What runs, services, the webserver of viewers and ECS itself may do.
    home : Home
        The network file system.
    database : rds.DatabaseInstance
        PostgreSQL.
    tasks : PlatformTasks
        Makes task definitions with the environment of this installation, also for other stacks.
    rights : Rights
        Writes policies, also for other stacks.
    services : Services
        Code server, daemon, webserver and viewer.
    """

    def __init__(
        self,
        scope: Construct,
        config: Configuration,
        release: Release,
        *,
        network: NetworkStack,
        storage: StorageStack,
        warehouse: WarehouseStack,
        entrance: EntranceStack,
    ) -> None:
        super().__init__(
            scope,
            config.named("orchestration"),
            env=cdk.Environment(account=config.account, region=config.region),
            description="Analytics platform: Dagster on ECS, PostgreSQL, network file system",
        )
        self.database = postgres(self, config, network)
        self.home = Home(self, config, network)
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=config.prefix,
            vpc=network.vpc,
            enable_fargate_capacity_providers=True,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        names = discovery.PrivateDnsNamespace(
            self,
            "Names",
            name=f"{config.prefix}.internal",
            vpc=network.vpc,
            description="Services of Dagster",
        )
        self.rights = Rights(config, storage, warehouse)
        self.run_container = "run"
        self.run_role = self.rights.role(self, "runs", "Runs of Dagster and tasks of a fan-out")
        self.services_role = self.rights.role(self, "services", "Code server, daemon and webserver")
        self.viewer_role = self.rights.role(self, "viewer", "The webserver of those who only look")
        for role in (self.run_role, self.services_role):
            self.rights.of_every_task(role, self.home)
        self.rights.of_runs(self.run_role)
        self.rights.of_services(self.services_role)
        self.rights.of_viewer(self.viewer_role)
        self.tasks = PlatformTasks(
            self,
            config,
            release,
            home=self.home,
            environment=self._environment(config, storage, warehouse, names.namespace_name),
            secrets=self._secrets(),
        )
        self.execution_role = self.tasks.execution_role
        # A run loads the instance too, but starts nothing: it is told the family, which is not itself.
        self.run_task = self.tasks.define(
            self,
            self.run_container,
            role=self.run_role,
            size=_RUN,
            environment={"DAGSTER_RUN_TASK_DEFINITION": config.named("run")},
        )
        self.rights.of_dagster_launcher(self.services_role, [self.run_role, self.execution_role])
        self.services = Services(self, network=network, entrance=entrance, names=names)
        cdk.CfnOutput(self, "ClusterName", value=self.cluster.cluster_name)
        cdk.CfnOutput(self, "RunTaskDefinition", value=self.run_task.task_definition_arn)
        cdk.CfnOutput(self, "Dagster", value=f"https://{entrance.dagster_host}")

    def _environment(
        self, config: Configuration, storage: StorageStack, warehouse: WarehouseStack, names: str
    ) -> dict[str, str]:
        """Return the variables of every task; what they say is in docs/aws.md and in the settings."""
        host, port = self.database.db_instance_endpoint_address, self.database.db_instance_endpoint_port
        platform = {
            "PROFILE": "aws",
            "HOME": HOME,
            "LANDING_URL": config.landing_url,
            "LAKE_URL": f"s3://{config.bucket('lake')}/lake",
            "STAGING_URL": f"s3://{config.bucket('results')}/{STAGING.rstrip('/')}",
            "CATALOG_DATABASE": warehouse.catalog_database,
            "REDSHIFT_HOST": warehouse.endpoint,
            "REDSHIFT_DATABASE": DATABASE,
            "REDSHIFT_WORKGROUP": warehouse.workgroup_name,
            "REDSHIFT_COPY_ROLE": warehouse.copy_role.role_arn,
            "LEDGER_URL": f"postgresql://{USER}@{host}:{port}/{LEDGER}",
            "UPLOADS_QUEUE_URL": storage.uploads.queue_url,
            "REQUESTS_QUEUE_URL": storage.requests.queue_url,
            "NOTIFICATIONS_TOPIC": storage.notifications.topic_arn,
            "MATERIALIZE_MACHINE": self.rights.machine("materialize"),
            "CALENDAR": config.calendar,
        }
        return {
            "AWS_DEFAULT_REGION": config.region,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": _CERTIFICATES,
            "DAGSTER_HOME": f"{HOME}/dagster",
            "DAGSTER_POSTGRES_HOST": host,
            "DAGSTER_POSTGRES_PORT": port,
            "DAGSTER_POSTGRES_DB": DAGSTER,
            "DAGSTER_POSTGRES_USER": USER,
            "DAGSTER_LOGS_BUCKET": config.bucket("logs"),
            "DAGSTER_CODE_SERVER_HOST": f"code-server.{names}",
            "DAGSTER_CODE_SERVER_PORT": str(CODE_SERVER),
            "ANALYTICS_DAGSTER_URL": f"http://webserver.{names}:{WEBSERVER}",
            **{f"ANALYTICS_{name}": value for name, value in platform.items()},
        }

    def _secrets(self) -> dict[str, ecs.Secret]:
        secret = self.database.secret
        if secret is None:
            message = "the password of PostgreSQL is not in Secrets Manager; make it from a generated secret"
            raise TypeError(message)
        password = ecs.Secret.from_secrets_manager(secret, "password")
        return {"PGPASSWORD": password, "DAGSTER_POSTGRES_PASSWORD": password}
