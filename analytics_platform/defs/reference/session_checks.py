"""What the trading calendar is checked for: days that have changed since they were computed, and its end."""

from collections.abc import Iterable, Mapping
from datetime import date

import dagster as dg

from analytics_platform.calendars.off_days import OffDay, former_sessions, named, skipped_sessions
from analytics_platform.calendars.sessions import Calendar

KEPT = "computed_days_are_sessions"
REACHES = "calendar_reaches_far_enough"
NOTICE_DAYS = 90

PUBLISHED = "published extract"
"""Name of what readers see among those who have days."""

_ASSET = ["lake", "trading_sessions"]

SPECS = [
    dg.AssetCheckSpec(
        KEPT,
        asset=_ASSET,
        description="Every day that was delivered, computed or published as a session still is one, and no "
        "session between two of them was left out",
    ),
    dg.AssetCheckSpec(
        REACHES,
        asset=_ASSET,
        description=f"The holidays of the calendar are known for {NOTICE_DAYS} days from now at least",
    ),
]


def days_are_sessions(
    of: Calendar, in_use: Mapping[str, Iterable[date]], computed: Iterable[date]
) -> dg.AssetCheckResult:
    """Compare the calendar with the days that are in use.

    A holiday that was added to the calendar after the fact leaves a day behind that others still count, and
    one that was taken away leaves a session that nobody has computed.

    Parameters
    ----------
    of : Calendar
        The calendar as it is now.
    in_use : mapping of str to iterable of date
        Days by who has them: what is published is an error, what senders deliver a warning.
    computed : iterable of date
        Days that runs have computed, whether or not they still count.
    """
    former = former_sessions(in_use, of)
    former_computed = former_sessions({"partitions": computed}, of)
    published = [each.day for each, who in former.items() if PUBLISHED in who]
    skipped = skipped_sessions({*computed, *in_use.get(PUBLISHED, ())}, of)
    lines = [f"- {day}, still in: {', '.join(who)}" for day, who in former.items()]
    lines += [f"- {day}: a session that was never computed" for day in skipped]
    return dg.AssetCheckResult(
        check_name=KEPT,
        asset_key=_ASSET,
        passed=not former and not skipped,
        severity=dg.AssetCheckSeverity.ERROR if published else dg.AssetCheckSeverity.WARN,
        description=_told(of, former, skipped),
        metadata={
            "days": dg.MetadataValue.md("\n".join(lines) or "none"),
            "cure": "\n".join(_cures(of, in_use, published, skipped)) or "none needed",
            "former sessions with a partition": named(former_computed) or "none",
        },
    )


def _told(of: Calendar, former: Mapping[OffDay, object], skipped: list[date]) -> str:
    told = []
    if former:
        told.append(f"no sessions of {of.name}, but in use as such: {named(former)}")
    if skipped:
        told.append(f"sessions of {of.name} that were never computed: {named(skipped)}")
    return "; ".join(told) or f"all days in use are sessions of {of.name}"


def _cures(
    of: Calendar, in_use: Mapping[str, Iterable[date]], published: list[date], skipped: list[date]
) -> list[str]:
    cures = []
    if published:
        after = max(published)
        after = of.next(after) if after < of.last_date else after
        first, last = of.previous(min(published)), max(*in_use[PUBLISHED], after)
        cures.append(f"published: `analytics backfill --from {first} --to {last}` takes the days out")
    if skipped:
        cures.append(f"never computed: `analytics backfill --from {min(skipped)} --to {max(skipped)}`")
    for where, days in in_use.items():
        if where != PUBLISHED and former_sessions({where: days}, of):
            cures.append(
                f"{where}: nothing is valued on these days; ask the sender, or land a file that covers them "
                "and has no rows"
            )
    return cures


def calendar_reaches(of: Calendar, today: date) -> dg.AssetCheckResult:
    """Tell when the holidays of the calendar end soon: without them there are no partitions."""
    left = (of.last_date - today).days
    cure = (
        "install a newer release, or write the calendar anew with analytics_platform_tests/build_calendars.py"
    )
    return dg.AssetCheckResult(
        check_name=REACHES,
        asset_key=_ASSET,
        passed=left >= NOTICE_DAYS,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"the holidays of {of.name} are known until {of.last_date}, {left} days from {today}",
        metadata={"last date": str(of.last_date), "days left": left, "cure": cure},
    )
