"""The axis of the platform: one partition a trading session."""

import warnings
from collections.abc import Sequence
from datetime import date, datetime, time

import dagster as dg

from analytics_platform.calendars.sessions import Calendar, calendar
from analytics_platform.settings import settings

# Every partitioned asset has a backfill policy; Dagster would warn of it at each of them.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=dg.BetaWarning)

SATURDAYS = "0 0 * * 6"
SUNDAYS = "0 0 * * 0"


def business_days(sessions: Calendar, first: date) -> dg.DailyPartitionsDefinition:
    """Return daily partitions without weekends and holidays.

    A cron schedule of weekdays would leave Friday's partition open until Monday; exclusions close it on
    Saturday.
    """
    holidays = [datetime.combine(day, time()) for day in sessions.holidays_between(first, sessions.last_date)]
    return dg.DailyPartitionsDefinition(
        start_date=first.isoformat(), exclusions=[SATURDAYS, SUNDAYS, *holidays]
    )


CALENDAR = calendar(settings().calendar)
BUSINESS_DAYS = business_days(CALENDAR, settings().first_session)


def session_range(keys: Sequence[str]) -> tuple[date, date]:
    """Return first and last session of partition keys."""
    return date.fromisoformat(keys[0]), date.fromisoformat(keys[-1])
