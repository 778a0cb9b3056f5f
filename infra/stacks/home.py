"""The network file system that all tasks mount as ANALYTICS_HOME: quarantine, extracts, pages, alerts."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.network import NetworkStack

HOME = "/srv/analytics"
"""Where it is mounted."""

USER = "10001"
"""Number of the user of the slim image, and of its group."""

_VOLUME = "home"


class Home(Construct):
    """File system and the way into it.

    Attributes
    ----------
    files : efs.FileSystem
        The file system.
    door : efs.AccessPoint
        Whoever comes in by it is the user of the slim image, below one folder.
    """

    def __init__(self, scope: Construct, config: Configuration, network: NetworkStack) -> None:
        super().__init__(scope, "Home")
        self.files = efs.FileSystem(
            self,
            "Files",
            file_system_name=config.named("home"),
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_group=network.groups.home,
            encrypted=True,
            enable_automatic_backups=True,
            allow_anonymous_access=False,
            lifecycle_policy=efs.LifecyclePolicy.AFTER_30_DAYS,
            out_of_infrequent_access_policy=efs.OutOfInfrequentAccessPolicy.AFTER_1_ACCESS,
            throughput_mode=efs.ThroughputMode.ELASTIC,
            removal_policy=cdk.RemovalPolicy.RETAIN if config.keeps_data else cdk.RemovalPolicy.DESTROY,
        )
        self.files.add_to_resource_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            )
        )
        self.door = self.files.add_access_point(
            "Door",
            path="/analytics",
            create_acl=efs.Acl(owner_uid=USER, owner_gid=USER, permissions="750"),
            posix_user=efs.PosixUser(uid=USER, gid=USER),
        )

    def volume(self) -> ecs.Volume:
        """Return the volume of a task definition; what is sent is encrypted, and roles are asked."""
        return ecs.Volume(
            name=_VOLUME,
            efs_volume_configuration=ecs.EfsVolumeConfiguration(
                file_system_id=self.files.file_system_id,
                transit_encryption="ENABLED",
                authorization_config=ecs.AuthorizationConfig(
                    access_point_id=self.door.access_point_id, iam="ENABLED"
                ),
            ),
        )

    @staticmethod
    def mounted() -> ecs.MountPoint:
        """Return where a container finds it."""
        return ecs.MountPoint(source_volume=_VOLUME, container_path=HOME, read_only=False)
