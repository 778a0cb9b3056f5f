"""The catalogue of the lake: a Glue database, its tables as the contracts say, and Athena on it."""

import aws_cdk as cdk
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from constructs import Construct

from analytics_platform.storage.catalog.definitions import external_table
from analytics_platform.storage.catalog.documents import table_input
from analytics_platform.tables.registry import TABLES
from infra.configuration import Configuration
from infra.stacks.storage import ATHENA, StorageStack

_GIB = 1 << 30


class Catalog(Construct):
    """Database, tables and the workgroup of Athena.

    `analytics catalog sync` and every delivery say the same of the tables, from the same contracts; what is
    made here is there before anything was delivered.

    Attributes
    ----------
    database_name, workgroup_name : str
        Names in Glue and in Athena.
    """

    def __init__(self, scope: Construct, config: Configuration, storage: StorageStack) -> None:
        super().__init__(scope, "Catalog")
        self._account = config.account
        self.database_name = f"analytics_{config.environment}"
        self.workgroup_name = config.named("exports")
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=config.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database_name, description="The lake of the analytics platform"
            ),
        )
        lake = f"s3://{config.bucket('lake')}/lake"
        for name in sorted(TABLES):
            table = cdk.CfnResource(
                self,
                f"Table{''.join(part.capitalize() for part in name.split('_'))}",
                type="AWS::Glue::Table",
                properties={
                    "CatalogId": config.account,
                    "DatabaseName": self.database_name,
                    "TableInput": table_input(external_table(TABLES[name], lake)),
                },
            )
            table.add_resource_dependency(database)
        athena.CfnWorkGroup(
            self,
            "Exports",
            name=self.workgroup_name,
            description="Exports of the API",
            recursive_delete_option=not config.keeps_data,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                bytes_scanned_cutoff_per_query=config.sizes.athena_scan_gib * _GIB,
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{storage.results.bucket_name}/{ATHENA}",
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_S3"
                    ),
                ),
            ),
        )

    def arns(self) -> list[str]:
        """Return what a right on the catalogue has to name: catalogue, database and its tables."""
        stack = cdk.Stack.of(self)
        return [
            stack.format_arn(service="glue", resource="catalog"),
            stack.format_arn(service="glue", resource="database", resource_name=self.database_name),
            stack.format_arn(service="glue", resource="table", resource_name=f"{self.database_name}/*"),
        ]
