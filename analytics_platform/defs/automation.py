"""When things run: the jobs, the hour of the close, and how fresh everything has to be."""

from datetime import timedelta

import dagster as dg

from analytics_platform.defs.run_sizes import RUN_SIZES

INGESTION = dg.AssetSelection.groups("ingestion", "reference")
EVERYTHING = dg.AssetSelection.all()

ingest = dg.define_asset_job(
    "ingest",
    selection=INGESTION,
    description="Load what senders have put",
    executor_def=dg.in_process_executor,
    tags=RUN_SIZES["ingest"].tags,
)
analytics = dg.define_asset_job(
    "analytics",
    selection=EVERYTHING - INGESTION,
    description="From the lake to the published extract",
    executor_def=dg.in_process_executor,
    tags=RUN_SIZES["analytics"].tags,
)
end_of_day = dg.define_asset_job(
    "end_of_day",
    selection=EVERYTHING,
    description="From the landing zone to the published extract",
    executor_def=dg.in_process_executor,
    tags=RUN_SIZES["end_of_day"].tags,
)
JOBS = [ingest, analytics, end_of_day]

CLOSE = "30 18 * * 1-5"
EXCHANGE_TIME_ZONE = "America/New_York"

FRESHNESS = dg.FreshnessPolicy.cron(
    deadline_cron="0 22 * * 1-5",
    lower_bound_delta=timedelta(hours=6),
    timezone=EXCHANGE_TIME_ZONE,
)
"""By ten in the evening of a trading day its numbers are there."""


def with_freshness(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Give every asset the deadline of the trading day."""
    return spec.replace_attributes(freshness_policy=FRESHNESS)
