"""The API and its pages: a service on ECS behind the entrance, which grows with its load."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.entrance import EntranceStack
from infra.stacks.network import API, NetworkStack
from infra.stacks.orchestration import OrchestrationStack
from infra.stacks.policies import acknowledge
from infra.stacks.storage import ATHENA, StorageStack
from infra.stacks.tasks import COMMAND, STARTING, Size, health
from infra.stacks.warehouse import WarehouseStack

_SIZE = Size(1024, 4096)
"""The published extracts are in memory."""

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - in its own network interface, behind a security group
_BUSY_PERCENT = 60
_SECRET_CHARACTERS = 48


class ApiStack(cdk.Stack):
    """The service, its secret and its rule of the load balancer.

    Attributes
    ----------
    service : ecs.FargateService
        The tasks.
    group : elb.ApplicationTargetGroup
        What the load balancer sends requests to.
    """

    def __init__(
        self,
        scope: Construct,
        config: Configuration,
        *,
        network: NetworkStack,
        storage: StorageStack,
        warehouse: WarehouseStack,
        entrance: EntranceStack,
        orchestration: OrchestrationStack,
    ) -> None:
        super().__init__(
            scope,
            config.named("api"),
            env=cdk.Environment(account=config.account, region=config.region),
            description="Analytics platform: API and pages on ECS",
        )
        role = orchestration.rights.role(self, "api", "The API and its pages")
        orchestration.rights.of_every_task(role, orchestration.home)
        orchestration.rights.of_api(role)
        cookies = secrets.Secret(
            self,
            "Cookies",
            secret_name=config.named("cookies"),
            description="Signs the cookies of the pages",
            generate_secret_string=secrets.SecretStringGenerator(
                password_length=_SECRET_CHARACTERS, exclude_punctuation=True
            ),
        )
        acknowledge(cookies, "SMG4", "a new one logs everybody out: people renew it, when it may have leaked")
        execution_role = orchestration.tasks.new_execution_role(self, "api-execution")
        task = orchestration.tasks.define(
            self,
            "api",
            role=role,
            size=_SIZE,
            command=[*COMMAND, "serve", "--host", _EVERYWHERE, "--port", str(API)],
            port=API,
            health_check=health(
                "python",
                "-c",
                f"import urllib.request as r; r.urlopen('http://127.0.0.1:{API}/health', timeout=20)",
            ),
            environment=self._environment(config, storage, warehouse, entrance),
            secrets={"ANALYTICS_SESSION_SECRET": ecs.Secret.from_secrets_manager(cookies)},
            execution_role=execution_role,
        )
        self.service = ecs.FargateService(
            self,
            "Service",
            service_name="api",
            cluster=orchestration.cluster,
            task_definition=task,
            desired_count=config.sizes.api_tasks,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            health_check_grace_period=STARTING,
            security_groups=[network.groups.api],
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            enable_ecs_managed_tags=True,
        )
        self.service.node.add_dependency(execution_role)
        self.service.auto_scale_task_count(
            min_capacity=config.sizes.api_tasks, max_capacity=config.sizes.api_most_tasks
        ).scale_on_cpu_utilization("Busy", target_utilization_percent=_BUSY_PERCENT)
        self.group = elb.ApplicationTargetGroup(
            self,
            "Group",
            vpc=network.vpc,
            port=API,
            protocol=elb.ApplicationProtocol.HTTP,
            targets=[self.service],
            health_check=elb.HealthCheck(path="/health", healthy_http_codes="200"),
            deregistration_delay=cdk.Duration.seconds(30),
        )
        # No login here: keys and tokens of machines are checked by the API, and its pages have a login.
        entrance.admit(self, self.group, host=entrance.api_host, priority=30)
        self.role: iam.Role = role
        cdk.CfnOutput(self, "Api", value=f"https://{entrance.api_host}")

    @staticmethod
    def _environment(
        config: Configuration, storage: StorageStack, warehouse: WarehouseStack, entrance: EntranceStack
    ) -> dict[str, str]:
        viewers = entrance.viewers
        return {
            "DAGSTER_RUN_TASK_DEFINITION": config.named("run"),
            "ANALYTICS_ACCESS": "required",
            "ANALYTICS_API_NAMES": f'["{entrance.api_host}", "127.0.0.1"]',
            "ANALYTICS_API_PROXIES": f'["{config.network}"]',
            "ANALYTICS_SITE_URL": f"https://{entrance.api_host}",
            "ANALYTICS_DAGSTER_PUBLIC_URL": f"https://{entrance.dagster_host}",
            "ANALYTICS_OIDC_ISSUER": viewers.issuer,
            "ANALYTICS_OIDC_AUDIENCE": viewers.client.user_pool_client_id,
            "ANALYTICS_ATHENA_DATABASE": warehouse.catalog_database,
            "ANALYTICS_ATHENA_WORKGROUP": warehouse.athena_workgroup,
            "ANALYTICS_ATHENA_RESULTS": f"s3://{storage.results.bucket_name}/{ATHENA}exports",
        }
