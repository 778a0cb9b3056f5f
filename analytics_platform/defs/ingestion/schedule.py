"""The schedule of the trading day."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from analytics_platform.calendars.sessions import Calendar
from analytics_platform.defs.automation import CLOSE, EXCHANGE_TIME_ZONE, end_of_day
from analytics_platform.defs.partitions import CALENDAR


@dg.schedule(cron_schedule=CLOSE, job=end_of_day, execution_timezone=EXCHANGE_TIME_ZONE)
def after_the_close(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Run the whole chain for the session that has just closed."""
    return request_for(context.scheduled_execution_time, CALENDAR)


def request_for(tick: datetime, calendar: Calendar) -> dg.RunRequest | dg.SkipReason:
    """Return the run of a tick's session, or why there is none."""
    day = tick.astimezone(ZoneInfo(EXCHANGE_TIME_ZONE)).date()
    if not calendar.is_session(day):
        return dg.SkipReason(f"{day} is no session of {calendar.name}")
    return dg.RunRequest(run_key=day.isoformat(), partition_key=day.isoformat())
