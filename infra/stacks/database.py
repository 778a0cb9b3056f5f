"""PostgreSQL: Dagster's storage, and the ledger in a database of its own."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.network import NetworkStack
from infra.stacks.policies import acknowledge

USER, DAGSTER, LEDGER = "platform", "dagster", "ledger"
_VERSION = rds.PostgresEngineVersion.VER_17_9


def postgres(scope: Construct, config: Configuration, network: NetworkStack) -> rds.DatabaseInstance:
    """Make the server with the database of Dagster; `analytics service prepare` adds that of the ledger.

    The password is made in Secrets Manager and given to tasks from there.
    """
    engine = rds.DatabaseInstanceEngine.postgres(version=_VERSION)
    server = rds.DatabaseInstance(
        scope,
        "Postgres",
        instance_identifier=config.named("postgres"),
        engine=engine,
        instance_type=ec2.InstanceType(config.sizes.postgres_class),
        credentials=rds.Credentials.from_generated_secret(USER, secret_name=config.named("postgres")),
        database_name=DAGSTER,
        vpc=network.vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        security_groups=[network.groups.postgres],
        multi_az=config.sizes.postgres_two_zones,
        storage_type=rds.StorageType.GP3,
        allocated_storage=config.sizes.postgres_gib,
        max_allocated_storage=5 * config.sizes.postgres_gib,
        storage_encrypted=True,
        parameter_group=rds.ParameterGroup(
            scope,
            "PostgresParameters",
            engine=engine,
            description="TLS only; slow statements are told",
            parameters={"rds.force_ssl": "1", "log_min_duration_statement": "1000"},
        ),
        backup_retention=cdk.Duration.days(35 if config.keeps_data else 7),
        copy_tags_to_snapshot=True,
        auto_minor_version_upgrade=True,
        cloudwatch_logs_exports=["postgresql", "upgrade"],
        enable_performance_insights=True,
        iam_authentication=False,
        deletion_protection=config.keeps_data,
        removal_policy=cdk.RemovalPolicy.SNAPSHOT if config.keeps_data else cdk.RemovalPolicy.DESTROY,
    )
    acknowledge(server, "RDS11", "nothing but our tasks reaches its port, whichever it is")
    rotated = "tasks are given it when they start: after a change all start anew (docs/deploy.md)"
    acknowledge(server, "SMG4", rotated)
    if not config.sizes.postgres_two_zones:
        acknowledge(server, "RDS3", "this installation may be away for as long as a restore takes")
    if not config.keeps_data:
        acknowledge(server, "RDS10", "this installation is made to be thrown away")
    return server
