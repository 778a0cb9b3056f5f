"""The composition root: all assets, jobs and automation, bound to the resources of the profile."""

import gc

gc.disable()  # imports make a million objects and no garbage: looking for it took a quarter of the start-up

import dagster as dg

from analytics_platform.defs import alerts, automation
from analytics_platform.defs.data_quality import checks as data_quality
from analytics_platform.defs.dbt import DbtProjectRunner
from analytics_platform.defs.ingestion import deliveries, landing_sensor, schedule
from analytics_platform.defs.io_managers import LakeIOManager
from analytics_platform.defs.marts import models as marts
from analytics_platform.defs.reference import bond_accruals, curve_segments, trading_sessions
from analytics_platform.defs.reporting import models as reporting
from analytics_platform.defs.resources import (
    FolderResource,
    LakeResource,
    intake_resource,
    warehouse_resource,
)
from analytics_platform.defs.risk import (
    backtests,
    changes,
    explain,
    key_rates,
    manifests,
    measures,
    performance,
    valuation,
)
from analytics_platform.defs.serving import extract, pages
from analytics_platform.defs.triggers import requested_runs
from analytics_platform.settings import Settings, settings

gc.freeze()
gc.enable()

MODULES = [
    deliveries,
    trading_sessions,
    bond_accruals,
    curve_segments,
    marts,
    valuation,
    key_rates,
    measures,
    changes,
    backtests,
    explain,
    performance,
    manifests,
    reporting,
    extract,
    pages,
]


def resources(of: Settings) -> dict[str, object]:
    """Return the resources of the profile."""
    warehouse = warehouse_resource(of)
    catalog, iceberg = of.lake_options["catalog_database"], list(of.iceberg_tables)
    return {
        "intake": intake_resource(of),
        "lake": LakeResource(root=of.lake_url, catalog_database=catalog, iceberg_tables=iceberg),
        "lake_io": LakeIOManager(root=of.lake_url, catalog_database=catalog, iceberg_tables=iceberg),
        "warehouse": warehouse,
        "dbt": DbtProjectRunner(project=str(of.dbt_project), target=str(of.dbt_target), warehouse=warehouse),
        "serving": FolderResource(root=str(of.serving)),
        "pages": FolderResource(root=str(of.pages)),
        "alerts": alerts.AlertFile(path=str(of.alerts)),
    }


def _assets() -> list[dg.AssetsDefinition | dg.AssetSpec]:
    found = dg.load_assets_from_modules(MODULES, include_specs=True)
    return [each for each in found if isinstance(each, dg.AssetsDefinition | dg.AssetSpec)]


@dg.definitions
def defs() -> dg.Definitions:
    """Load every asset of every stage."""
    return dg.Definitions(
        assets=dg.map_asset_specs(automation.with_freshness, _assets()),
        asset_checks=dg.load_asset_checks_from_modules([data_quality]),
        executor=dg.in_process_executor,
        jobs=automation.JOBS,
        schedules=[schedule.after_the_close],
        sensors=[landing_sensor.landing_zone_sensor, *requested_runs.SENSORS, *alerts.SENSORS],
        resources=resources(settings()),
    )
