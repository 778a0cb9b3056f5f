"""The curves that discount FX forwards: a bootstrap needs Python, what SQL does with its pieces is linear."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.resources import LakeResource
from analytics_platform.tables.market import CURVE_QUOTES
from analytics_platform.tables.platform import CURVE_SEGMENTS
from analytics_platform.tables.reference import FX_FORWARD_TERMS


@dg.asset(
    key_prefix="lake",
    group_name="reference",
    kinds={"python", "parquet"},
    owners=["team:risk"],
    io_manager_key="lake_io",
    deps=[dg.AssetKey(["lake", "curve_quotes"]), dg.AssetKey(["lake", "fx_forward_terms"])],
    code_version="1",
    check_specs=[conformity_spec(CURVE_SEGMENTS, "lake")],
)
def curve_segments(lake: LakeResource) -> Iterator[dg.MaterializeResult[pl.DataFrame]]:
    """One row per curve of an FX forward, date and state of its quotes, and piece of its discount factors."""
    from analytics_platform.risk import curve_segments as segments

    store = lake.open()
    terms = store.read(FX_FORWARD_TERMS)
    names = {*terms["bought_curve_id"], *terms["sold_curve_id"]}
    quotes = store.read(CURVE_QUOTES) if names else pl.DataFrame(schema=CURVE_QUOTES.lake_columns)
    rows = segments.curve_segments(quotes, names, store.read(CURVE_SEGMENTS))
    yield dg.MaterializeResult(value=rows, check_results=[conformity(CURVE_SEGMENTS, "lake", rows)])
