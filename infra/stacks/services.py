"""The services of Dagster: code server, exactly one daemon, a webserver for operators and one for viewers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_servicediscovery as discovery
from constructs import Construct

from infra.stacks.entrance import EntranceStack
from infra.stacks.network import CODE_SERVER, WEBSERVER, NetworkStack
from infra.stacks.people import People
from infra.stacks.tasks import COMMAND, STARTING, Size, health

if TYPE_CHECKING:
    from infra.stacks.orchestration import OrchestrationStack

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - in its own network interface, behind a security group


@dataclass(frozen=True)
class _Kind:
    """What a service is made of."""

    name: str
    command: tuple[str, ...]
    size: Size
    health_check: ecs.HealthCheck
    port: int | None = None
    is_found: bool = False
    is_single: bool = False
    is_admitted: bool = False
    only_reads: bool = False


_ANSWERS = health(
    "python",
    "-c",
    f"import urllib.request as r; r.urlopen('http://127.0.0.1:{WEBSERVER}/server_info', timeout=20)",
)
_WEB = ("service", "webserver", "--host", _EVERYWHERE, "--port", str(WEBSERVER))
_KINDS = (
    _Kind(
        "code-server",
        ("service", "code-server", "--host", _EVERYWHERE, "--port", str(CODE_SERVER)),
        Size(1024, 4096),
        health(
            "python", "-m", "dagster", "api", "grpc-health-check", "-h", "127.0.0.1", "-p", str(CODE_SERVER)
        ),
        port=CODE_SERVER,
        is_found=True,
    ),
    _Kind(
        "daemon",
        ("service", "daemon"),
        Size(512, 2048),
        health("python", "-m", "dagster._daemon", "liveness-check"),
        is_single=True,
    ),
    _Kind("webserver", _WEB, Size(512, 2048), _ANSWERS, port=WEBSERVER, is_found=True, is_admitted=True),
    _Kind(
        "viewer",
        (*_WEB, "--read-only"),
        Size(512, 2048),
        _ANSWERS,
        port=WEBSERVER,
        is_admitted=True,
        only_reads=True,
    ),
)


class Services(Construct):
    """Makes and admits the services.

    Attributes
    ----------
    by_name : dict of str to ecs.FargateService
        All of them.
    groups : dict of str to elb.ApplicationTargetGroup
        Of those that are reached from outside.
    """

    def __init__(
        self,
        stack: "OrchestrationStack",
        *,
        network: NetworkStack,
        entrance: EntranceStack,
        names: discovery.IPrivateDnsNamespace,
    ) -> None:
        super().__init__(stack, "Services")
        self._stack, self._network = stack, network
        self.by_name = {kind.name: self._service(kind, names) for kind in _KINDS}
        self.groups = {
            "webserver": self._admit("webserver", entrance, entrance.dagster_host, 10, entrance.operators),
            "viewer": self._admit("viewer", entrance, entrance.view_host, 20, entrance.viewers),
        }

    def _service(self, kind: _Kind, names: discovery.IPrivateDnsNamespace) -> ecs.FargateService:
        """Make a service; of the daemon the old task ends before the new one starts."""
        stack = self._stack
        task = stack.tasks.define(
            self,
            kind.name,
            role=stack.viewer_role if kind.only_reads else stack.services_role,
            size=kind.size,
            command=[*COMMAND, *kind.command],
            port=kind.port,
            health_check=kind.health_check,
            environment={"DAGSTER_RUN_TASK_DEFINITION": stack.run_task.task_definition_arn},
            has_home=not kind.only_reads,
        )
        found = ecs.CloudMapOptions(
            name=kind.name, cloud_map_namespace=names, dns_ttl=cdk.Duration.seconds(10)
        )
        service = ecs.FargateService(
            self,
            kind.name,
            service_name=kind.name,
            cluster=stack.cluster,
            task_definition=task,
            desired_count=1,
            min_healthy_percent=0 if kind.is_single else 100,
            max_healthy_percent=100 if kind.is_single else 200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            health_check_grace_period=STARTING if kind.is_admitted else None,
            cloud_map_options=found if kind.is_found else None,
            security_groups=[self._network.groups.services],
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            enable_ecs_managed_tags=True,
        )
        service.node.add_dependency(stack.home.files.mount_targets_available, stack.execution_role)
        return service

    def _admit(
        self, name: str, entrance: EntranceStack, host: str, priority: int, people: People
    ) -> elb.ApplicationTargetGroup:
        group = elb.ApplicationTargetGroup(
            self,
            f"{name}-group",
            vpc=self._network.vpc,
            port=WEBSERVER,
            protocol=elb.ApplicationProtocol.HTTP,
            targets=[self.by_name[name]],
            health_check=elb.HealthCheck(path="/server_info", healthy_http_codes="200"),
            deregistration_delay=cdk.Duration.seconds(30),
        )
        entrance.admit(self, group, host=host, priority=priority, people=people)
        return group
