"""The axis of the platform: one partition a trading session."""

import warnings
from collections.abc import Sequence
from datetime import date, datetime, time

import dagster as dg

from analytics_platform.calendars.sessions import Calendar, calendar
from analytics_platform.settings import settings

# Every partitioned asset has a backfill policy; Dagster would warn of it at each of them.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=dg.BetaWarning)

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
"""Tags with which a run takes a range of sessions."""

SATURDAYS = "0 0 * * 6"
SUNDAYS = "0 0 * * 0"


def business_days(sessions: Calendar, first: date, zone: str) -> dg.DailyPartitionsDefinition:
    """Return daily partitions without weekends and holidays.

    A cron schedule of weekdays would leave Friday's partition open until Monday; exclusions close it on
    Saturday. A partition exists when its day has ended in `zone`, so that is a zone in which the day ends
    about when the exchange closes.
    """
    holidays = [datetime.combine(day, time()) for day in sessions.holidays_between(first, sessions.last_date)]
    return dg.DailyPartitionsDefinition(
        start_date=first.isoformat(), timezone=zone, exclusions=[SATURDAYS, SUNDAYS, *holidays]
    )


CALENDAR = calendar(settings().calendar)
BUSINESS_DAYS = business_days(CALENDAR, settings().first_session, settings().session_zone)


def session_range(keys: Sequence[str]) -> tuple[date, date]:
    """Return first and last session of partition keys.

    Raises
    ------
    ValueError
        If there are none: the run asks for sessions that are no partitions.
    """
    if not keys:
        message = "the run asks for sessions that are no partitions"
        raise ValueError(message)
    return date.fromisoformat(keys[0]), date.fromisoformat(keys[-1])
