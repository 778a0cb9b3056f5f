"""The dbt models before risk: views and slow tables without partitions, marts by session."""

from collections.abc import Iterator

import dagster as dg
from dagster_dbt import dbt_assets

from analytics_platform.defs.dbt import (
    WAREHOUSE_POOL,
    DbtEvent,
    DbtProjectRunner,
    StageTranslator,
    manifest_path,
)
from analytics_platform.defs.partitions import BUSINESS_DAYS, session_range


@dbt_assets(
    manifest=manifest_path(),
    name="sql_views",
    exclude="config.materialized:incremental",
    dagster_dbt_translator=StageTranslator(),
    pool=WAREHOUSE_POOL,
)
def sql_views(context: dg.AssetExecutionContext, dbt: DbtProjectRunner) -> Iterator[DbtEvent]:
    """Build staging, intermediate and the tables that no session partitions."""
    yield from dbt.build(context)


@dbt_assets(
    manifest=manifest_path(),
    name="marts",
    select="config.schema:marts,config.materialized:incremental "
    "config.schema:intermediate,config.materialized:incremental",
    dagster_dbt_translator=StageTranslator(),
    partitions_def=BUSINESS_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool=WAREHOUSE_POOL,
)
def marts(context: dg.AssetExecutionContext, dbt: DbtProjectRunner) -> Iterator[DbtEvent]:
    """Build the marts of the asked sessions."""
    yield from dbt.build(context, session_range(context.partition_keys))
