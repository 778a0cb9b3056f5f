"""The trading sessions as a table, so that SQL counts days as the calendar does."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from analytics_platform.calendars.sessions import trading_sessions_frame
from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.partitions import CALENDAR
from analytics_platform.tables.platform import TRADING_SESSIONS


@dg.asset(
    key_prefix="lake",
    group_name="reference",
    kinds={"python", "parquet"},
    owners=["team:platform"],
    io_manager_key="lake_io",
    code_version="1",
    check_specs=[conformity_spec(TRADING_SESSIONS, "lake")],
)
def trading_sessions() -> Iterator[dg.MaterializeResult[pl.DataFrame]]:
    """One row per exchange calendar and session, with the session before it."""
    rows = trading_sessions_frame(CALENDAR)
    yield dg.MaterializeResult(value=rows, check_results=[conformity(TRADING_SESSIONS, "lake", rows)])
