"""What the Glue jobs may do: read histories, put deliveries and rows, ask the ledger. Nothing else."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.catalog import Catalog
from infra.stacks.policies import allow

_READ_CATALOG = [
    "glue:GetDatabase",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetPartition",
    "glue:GetPartitions",
]
_WRITE_CATALOG = ["glue:CreateTable", "glue:UpdateTable", "glue:CreatePartition", "glue:BatchCreatePartition"]
_LIST = ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketVersioning", "s3:GetBucketLocation"]
_READ = ["s3:GetObject", "s3:GetObjectVersion"]
_PUT = ["s3:PutObject", "s3:AbortMultipartUpload"]
_LOOK = [
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
]


class GlueRole(Construct):
    """The role of all jobs.

    Parameters
    ----------
    scope : Construct
        Stack of the jobs.
    config : Configuration
        Of the installation.
    catalog : Catalog
        Where deliveries are registered.
    secret : secretsmanager.ISecret
        Password of the ledger.
    key : kms.Key
        Encrypts their logs.
    subnet : ec2.ISubnet
        Where the workers are.
    group : ec2.SecurityGroup
        Of the workers.
    assets : sequence of assets.Asset
        What Glue reads before a job begins.

    Attributes
    ----------
    role_arn : str
        Its ARN.
    policy : iam.CfnPolicy
        What a job must wait for.
    """

    def __init__(
        self,
        scope: Construct,
        config: Configuration,
        *,
        catalog: Catalog,
        secret: secretsmanager.ISecret,
        key: kms.Key,
        subnet: ec2.ISubnet,
        group: ec2.SecurityGroup,
        assets: Sequence[assets.Asset],
    ) -> None:
        super().__init__(scope, "Rights")
        self._config = config
        self._role = iam.Role(
            self,
            "Role",
            role_name=config.named("glue"),
            description="Glue jobs that load histories",
            assumed_by=iam.ServicePrincipal("glue.amazonaws.com"),
        )
        self.role_arn = self._role.role_arn
        self._of_data(catalog)
        code = [asset.bucket.arn_for_objects(asset.s3_object_key) for asset in assets]
        archives = f"{self._bucket('archives')}/archives/*"
        self._allow("Code", ["s3:GetObject"], [*code, archives], "archives have names of their content")
        self._allow("Ledger", ["secretsmanager:GetSecretValue"], [secret.secret_arn])
        self._of_logs(key)
        self._of_network(subnet, group)
        policy = self._role.node.find_child("DefaultPolicy").node.default_child
        if not isinstance(policy, iam.CfnPolicy):
            raise TypeError(policy)
        self.policy = policy

    @staticmethod
    def let_logs_encrypt(key: kms.Key, region: str, groups: list[str]) -> None:
        """Let CloudWatch Logs use a key for some log groups and nothing else."""
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{region}.amazonaws.com")],
                actions=[
                    "kms:Encrypt*",
                    "kms:Decrypt*",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:Describe*",
                ],
                resources=["*"],  # of a key's own policy: this key
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            )
        )

    def _of_data(self, catalog: Catalog) -> None:
        lake, landing = self._bucket("lake"), self._bucket("landing")
        self._allow("List", _LIST, [lake, landing])
        self._allow("Histories", _READ, [f"{lake}/histories/*"], "histories have names of their senders")
        self._allow("Landing", [*_READ, *_PUT], [f"{landing}/*"], "deliveries have names of their senders")
        self._allow("Lake", ["s3:GetObject", *_PUT], [f"{lake}/lake/*"], "one object a delivery")
        copies = f"{lake}/lake/*/.by_instrument/*"
        self._allow("LakeCopies", ["s3:DeleteObject"], [copies], "copies alone, which are made anew")
        tables = "every table of this database: those that a delivery is registered in"
        self._allow("Catalog", [*_READ_CATALOG, *_WRITE_CATALOG], catalog.arns(), tables)

    def _of_logs(self, key: kms.Key) -> None:
        groups = [
            self._arn("logs", f"log-group:{name}", cdk.ArnFormat.NO_RESOURCE_NAME)
            for name in (f"/{self._config.prefix}/glue*", "/aws-glue/*")
        ]
        actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"]
        self._allow("Logs", actions, groups, "Glue adds the names of runs and of the encryption")
        self._allow("LogKey", ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"], [key.key_arn])
        only_glue = {"StringEquals": {"cloudwatch:namespace": "Glue"}}
        self._allow("Metrics", ["cloudwatch:PutMetricData"], ["*"], "metrics have no ARN", only_glue)

    def _of_network(self, subnet: ec2.ISubnet, group: ec2.SecurityGroup) -> None:
        """Let Glue put its workers into one subnet, with one security group, and take them away again."""
        subnet_arn = self._arn("ec2", "subnet", name=subnet.subnet_id)
        group_arn = self._arn("ec2", "security-group", name=group.security_group_id)
        interfaces = self._arn("ec2", "network-interface", name="*")
        connection = self._arn("glue", "connection", name=self._config.named("glue"))
        catalog = self._arn("glue", "catalog", cdk.ArnFormat.NO_RESOURCE_NAME)
        self._allow("Connection", ["glue:GetConnection"], [connection, catalog])
        self._allow("Look", _LOOK, ["*"], "what only looks at the network has no ARN")
        why = "network interfaces are named by EC2; subnet and security group are given"
        create = [subnet_arn, group_arn, interfaces]
        self._allow("Interfaces", ["ec2:CreateNetworkInterface"], create, why)
        here = {"ArnEquals": {"ec2:Subnet": subnet_arn}}
        self._allow("InterfacesEnd", ["ec2:DeleteNetworkInterface"], [interfaces], why, here)
        own = {"ForAllValues:StringEquals": {"aws:TagKeys": ["aws-glue-service-resource"]}}
        self._allow("InterfacesTags", ["ec2:CreateTags", "ec2:DeleteTags"], [interfaces], why, own)

    def _allow(
        self,
        sid: str,
        actions: list[str],
        resources: list[str],
        why: str = "",
        conditions: Mapping[str, object] | None = None,
    ) -> None:
        allow(self._role, sid, actions, resources, why=why, conditions=conditions)

    def _bucket(self, name: str) -> str:
        return f"arn:{cdk.Stack.of(self).partition}:s3:::{self._config.bucket(name)}"

    def _arn(
        self,
        service: str,
        resource: str,
        arn_format: cdk.ArnFormat = cdk.ArnFormat.SLASH_RESOURCE_NAME,
        *,
        name: str | None = None,
    ) -> str:
        stack = cdk.Stack.of(self)
        return stack.format_arn(service=service, resource=resource, resource_name=name, arn_format=arn_format)
