"""The coupon schedules of bonds: dates need a library, what SQL does with them is linear."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.resources import LakeResource
from analytics_platform.tables.platform import BOND_ACCRUALS
from analytics_platform.tables.reference import BOND_TERMS


@dg.asset(
    key_prefix="lake",
    group_name="reference",
    kinds={"python", "parquet"},
    owners=["team:risk"],
    io_manager_key="lake_io",
    deps=[dg.AssetKey(["lake", "bond_terms"])],
    code_version="1",
    check_specs=[conformity_spec(BOND_ACCRUALS, "lake")],
)
def bond_accruals(lake: LakeResource) -> Iterator[dg.MaterializeResult[pl.DataFrame]]:
    """One row per bond and coupon period: accrual dates, pay date, coupon and redemption per 100 face."""
    from analytics_platform.risk import schedules

    rows = schedules.bond_accruals(lake.open().read(BOND_TERMS))
    yield dg.MaterializeResult(value=rows, check_results=[conformity(BOND_ACCRUALS, "lake", rows)])
