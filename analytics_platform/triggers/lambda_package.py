"""What the archive of the Lambda functions holds: handlers, the few modules they need, and what they know."""

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from analytics_platform.calendars.sessions import Calendar, calendar
from analytics_platform.settings import Settings
from analytics_platform.tables.registry import DELIVERED
from analytics_platform.triggers.due_list import DUE_LIST, DueListError, read_due_list
from analytics_platform.triggers.lambdas.configuration import FILE

HANDLERS = {
    "route_upload": "analytics_platform.triggers.lambdas.route_upload.handler",
    "expected_deliveries": "analytics_platform.triggers.lambdas.expected_deliveries.handler",
}
"""Functions, and how AWS is told where each begins."""

_PACKAGE = Path(__file__).resolve().parents[1]
_MODULES = (
    "__init__.py",
    "ingestion/__init__.py",
    "ingestion/delivery_name.py",
    "ingestion/shown_text.py",
    "storage/__init__.py",
    "storage/landing/__init__.py",
    "storage/landing/events.py",
    "triggers/__init__.py",
    "triggers/lambdas/__init__.py",
    "triggers/lambdas/configuration.py",
    "triggers/lambdas/expected_deliveries.py",
    "triggers/lambdas/route_upload.py",
)


def lambda_files(settings: Settings, due_list: Path = DUE_LIST) -> dict[str, bytes]:
    """Return the files of the archive by their names in it: the same at every call.

    Raises
    ------
    DueListError
        If the list of expected deliveries is wrong, or the landing zone is no bucket.
    """
    files = {f"analytics_platform/{name}": (_PACKAGE / name).read_bytes() for name in _MODULES}
    told = json.dumps(known(settings, due_list), indent=1, sort_keys=True)
    return {**files, FILE: told.encode()}


def known(settings: Settings, due_list: Path = DUE_LIST) -> dict[str, object]:
    """Return what the functions know of the installation; raises as `lambda_files`."""
    landing = urlsplit(settings.landing_url)
    if landing.scheme != "s3":
        message = (
            f"ANALYTICS_LANDING_URL is {settings.landing_url}: the functions look at a bucket; "
            "set it to s3://bucket/prefix"
        )
        raise DueListError(message)
    prefix = landing.path.strip("/")
    due = read_due_list(due_list)
    main = calendar(settings.calendar)
    first = max(settings.first_session, main.first_date)
    expected = [
        {**each.model_dump(), "calendar": each.calendar or settings.calendar} for each in due.expected
    ]
    return {
        "bucket": landing.netloc,
        "prefix": f"{prefix}/" if prefix else "",
        "datasets": {name: str(table.kind) for name, table in DELIVERED.items()},
        "sessions": _days(main, first),
        "calendars": {
            name: _days(calendar(name), first)
            for name in sorted({str(each["calendar"]) for each in expected})
        },
        "day_ends": _day_ends(settings.session_zone, first, main.last_date),
        "expected": expected,
        "look_again_seconds": due.look_again_seconds,
    }


def _days(of: Calendar, first: date) -> dict[str, object]:
    first = max(first, of.first_date)
    return {
        "first": first.isoformat(),
        "last": of.last_date.isoformat(),
        "weekmask": of.weekmask,
        "holidays": [day.isoformat() for day in of.holidays_between(first, of.last_date)],
    }


def _day_ends(zone: str, first: date, last: date) -> list[tuple[str, int]]:
    """Return from which date on the day ends how many minutes before midnight in UTC.

    The functions have no time zones: their runtime need not hold them.
    """
    days_of_zone = ZoneInfo(zone)
    ends: list[tuple[str, int]] = []
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        midnight = datetime.combine(day + timedelta(days=1), time(), days_of_zone)
        minutes = int((midnight.utcoffset() or timedelta()).total_seconds() // 60)
        if not ends or ends[-1][1] != minutes:
            ends.append((day.isoformat(), minutes))
    return ends
