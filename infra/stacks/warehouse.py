"""Where dbt builds: Redshift Serverless and the role that it reads the lake with; the catalogue beside it."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshiftserverless as redshift
from constructs import Construct

from infra.configuration import Configuration
from infra.stacks.catalog import Catalog
from infra.stacks.network import NetworkStack
from infra.stacks.policies import allow, objects
from infra.stacks.storage import STAGING, StorageStack

DATABASE = "analytics"
_READ_CATALOG = [
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:BatchGetPartition",
]


class WarehouseStack(cdk.Stack):
    """Namespace and workgroup of Redshift Serverless; Glue database and tables; Athena's workgroup.

    Attributes
    ----------
    catalog : Catalog
        Glue and Athena.
    copy_role : iam.Role
        On whose behalf Redshift copies, unloads and reads external tables.
    namespace_name, workgroup_name, workgroup_arn, endpoint : str
        Of Redshift.
    catalog_database, athena_workgroup : str
        Names of the Glue database and of Athena's workgroup.
    """

    def __init__(
        self, scope: Construct, config: Configuration, *, network: NetworkStack, storage: StorageStack
    ) -> None:
        super().__init__(
            scope,
            config.named("warehouse"),
            env=cdk.Environment(account=config.account, region=config.region),
            description="Analytics platform: Redshift Serverless, catalogue of the lake, Athena",
        )
        self.catalog = Catalog(self, config, storage)
        self.catalog_database, self.athena_workgroup = (
            self.catalog.database_name,
            self.catalog.workgroup_name,
        )
        self.copy_role = self._copy_role(config, storage)
        self.namespace_name, self.workgroup_name = config.named("warehouse"), config.named("warehouse")
        workgroup = self._workgroup(config, network)
        self.workgroup_arn = workgroup.attr_workgroup_workgroup_arn
        self.endpoint = workgroup.attr_workgroup_endpoint_address
        cdk.CfnOutput(self, "RedshiftHost", value=self.endpoint)
        cdk.CfnOutput(self, "RedshiftWorkgroup", value=self.workgroup_name)
        cdk.CfnOutput(self, "CatalogDatabase", value=self.catalog_database)

    def _copy_role(self, config: Configuration, storage: StorageStack) -> iam.Role:
        services = ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com")
        here = {"StringEquals": {"aws:SourceAccount": config.account}}
        role = iam.Role(
            self,
            "CopyRole",
            role_name=config.named("redshift-copy"),
            description="COPY, UNLOAD and external tables of Redshift",
            assumed_by=iam.CompositePrincipal(
                *(iam.ServicePrincipal(service, conditions=here) for service in services)
            ),
        )
        lake, results = config.bucket("lake"), config.bucket("results")
        allow(role, "ReadLake", ["s3:GetObject"], [objects(lake, "lake/")], why="deliveries of all tables")
        exchange = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
        allow(role, "Staging", exchange, [objects(results, STAGING)], why="each load has a folder of its own")
        listed = [storage.lake.bucket_arn, storage.results.bucket_arn]
        allow(role, "List", ["s3:ListBucket", "s3:GetBucketLocation"], listed)
        tables = "all tables of one database of the catalogue"
        allow(role, "ReadCatalog", _READ_CATALOG, self.catalog.arns(), why=tables)
        return role

    def _workgroup(self, config: Configuration, network: NetworkStack) -> redshift.CfnWorkgroup:
        namespace = redshift.CfnNamespace(
            self,
            "Namespace",
            namespace_name=self.namespace_name,
            db_name=DATABASE,
            admin_username="platform_admin",
            manage_admin_password=True,
            default_iam_role_arn=self.copy_role.role_arn,
            iam_roles=[self.copy_role.role_arn],
            log_exports=["userlog", "connectionlog", "useractivitylog"],
            final_snapshot_name=config.named("final") if config.keeps_data else None,
            final_snapshot_retention_period=90 if config.keeps_data else None,
        )
        # With enhanced routing COPY, UNLOAD and the catalogue go through the VPC: it must get out of it.
        private = network.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        workgroup = redshift.CfnWorkgroup(
            self,
            "Workgroup",
            workgroup_name=self.workgroup_name,
            namespace_name=self.namespace_name,
            base_capacity=config.sizes.redshift_base_rpu,
            max_capacity=config.sizes.redshift_most_rpu,
            enhanced_vpc_routing=True,
            publicly_accessible=False,
            security_group_ids=[network.groups.warehouse.security_group_id],
            subnet_ids=private.subnet_ids,
            config_parameters=[
                redshift.CfnWorkgroup.ConfigParameterProperty(
                    parameter_key="require_ssl", parameter_value="true"
                ),
                redshift.CfnWorkgroup.ConfigParameterProperty(
                    parameter_key="max_query_execution_time", parameter_value="14400"
                ),
            ],
        )
        workgroup.add_resource_dependency(namespace)
        return workgroup
