"""Where everything stands: the VPC, and who may speak to whom in it. All security groups are made here."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.retention import retention

POSTGRES, REDSHIFT, NFS, HTTPS, HTTP = 5432, 5439, 2049, 443, 80
CODE_SERVER, WEBSERVER, API = 4000, 3000, 8000
"""Ports that services listen on."""


@dataclass(frozen=True)
class Groups:
    """Security groups, one a kind of machine.

    Attributes
    ----------
    entrance : ec2.SecurityGroup
        The load balancer.
    services, runs, api : ec2.SecurityGroup
        Tasks: the services of Dagster; runs and fan-out; the API.
    postgres, warehouse, home : ec2.SecurityGroup
        What they keep data in: PostgreSQL, Redshift, the network file system.
    """

    entrance: ec2.SecurityGroup
    services: ec2.SecurityGroup
    runs: ec2.SecurityGroup
    api: ec2.SecurityGroup
    postgres: ec2.SecurityGroup
    warehouse: ec2.SecurityGroup
    home: ec2.SecurityGroup


class NetworkStack(cdk.Stack):
    """A VPC with public, private and isolated subnets, its flow logs, and the security groups.

    Attributes
    ----------
    vpc : ec2.Vpc
        With a gateway to S3, so that what is read and written there takes no paid way.
    groups : Groups
        Who may speak to whom.
    """

    def __init__(self, scope: Construct, config: Configuration) -> None:
        super().__init__(
            scope,
            config.named("network"),
            env=cdk.Environment(account=config.account, region=config.region),
            description="Analytics platform: VPC, flow logs and security groups",
        )
        self.vpc = self._vpc(config)
        self.groups = self._groups(config)
        cdk.CfnOutput(self, "VpcId", value=self.vpc.vpc_id)
        private = self.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        cdk.CfnOutput(self, "PrivateSubnets", value=",".join(private.subnet_ids))

    def _vpc(self, config: Configuration) -> ec2.Vpc:
        vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=config.named("vpc"),
            ip_addresses=ec2.IpAddresses.cidr(config.network),
            availability_zones=[f"{config.region}{zone}" for zone in config.zones],
            nat_gateways=config.sizes.nat_gateways,
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=24,
                    map_public_ip_on_launch=False,
                ),
                ec2.SubnetConfiguration(
                    name="private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20
                ),
                ec2.SubnetConfiguration(
                    name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22
                ),
            ],
        )
        vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        flows = logs.LogGroup(
            self,
            "Flows",
            log_group_name=f"/{config.prefix}/flows",
            retention=retention(config),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        vpc.add_flow_log("Flows", destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows))
        return vpc

    def _groups(self, config: Configuration) -> Groups:
        groups = Groups(
            entrance=self._group("Entrance", "the load balancer"),
            services=self._group("Services", "code server, daemon and webservers of Dagster"),
            runs=self._group("Runs", "runs of Dagster, and tasks of a fan-out"),
            api=self._group("Api", "the API"),
            postgres=self._group("Postgres", "PostgreSQL of Dagster and of the ledger", answers_only=True),
            warehouse=self._group("Warehouse", "Redshift", answers_only=True),  # and calls S3 and Glue
            home=self._group("Home", "the network file system", answers_only=True),
        )
        for caller in config.callers:
            for port in (HTTPS, HTTP):
                groups.entrance.add_ingress_rule(ec2.Peer.ipv4(caller), ec2.Port.tcp(port), "callers")
        groups.services.add_ingress_rule(groups.entrance, ec2.Port.tcp(WEBSERVER), "webservers")
        groups.services.add_ingress_rule(groups.services, ec2.Port.tcp(CODE_SERVER), "code server")
        groups.services.add_ingress_rule(groups.api, ec2.Port.tcp(WEBSERVER), "the API asks Dagster")
        groups.api.add_ingress_rule(groups.entrance, ec2.Port.tcp(API), "API")
        groups.warehouse.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "S3 and the catalogue")
        for keeper, port in (
            (groups.postgres, POSTGRES),
            (groups.warehouse, REDSHIFT),
            (groups.home, NFS),
        ):
            for task in (groups.services, groups.runs, groups.api):
                keeper.add_ingress_rule(task, ec2.Port.tcp(port), "tasks of the platform")
        return groups

    def _group(self, name: str, what: str, *, answers_only: bool = False) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self,
            name,
            vpc=self.vpc,
            description=f"Analytics platform: {what}",
            allow_all_outbound=not answers_only,
        )
