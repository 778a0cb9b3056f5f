"""The audit between parsing and publication: a delivery against what holds in the lake. It writes nothing."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from analytics_platform.calendars.sessions import Calendar, calendar
from analytics_platform.ingestion.dialects.audit import NO_CALENDAR, Audit
from analytics_platform.ingestion.faults import SHOWN_FINDINGS, Finding
from analytics_platform.storage.audits.emptied import emptied
from analytics_platform.storage.audits.keys import doubled_keys
from analytics_platform.storage.audits.notes import notes_on
from analytics_platform.storage.audits.sizes import collapses
from analytics_platform.storage.audits.staged import Staged
from analytics_platform.storage.audits.tree import broken_tree
from analytics_platform.storage.lake.lake import Lake


@dataclass(frozen=True)
class Rules:
    """What an audit goes by beside the lake.

    Attributes
    ----------
    calendar : Calendar or None
        Days on which the source delivers; None asks nothing of the dates.
    by_exchange : bool
        Whether an instrument's own exchange counts before that calendar.
    least_share : Decimal or None
        Share of the rows of the delivery that it replaces which a delivery must have; None asks nothing.
    may_be_empty : bool
        Whether a delivery without any row may replace rows.
    """

    calendar: Calendar | None = None
    by_exchange: bool = False
    least_share: Decimal | None = None
    may_be_empty: bool = False

    @classmethod
    def of(cls, asked: Audit, platform: Calendar | None) -> Self:
        """Return what a dialect asks for, on the calendar of the platform where it names none."""
        by_exchange, days = asked.calendar is None, platform
        if asked.calendar is not None:
            days = None if asked.calendar == NO_CALENDAR else calendar(asked.calendar)
        return cls(days, by_exchange, asked.least_share, asked.may_be_empty)


@dataclass(frozen=True)
class Audited:
    """What an audit found.

    Attributes
    ----------
    findings : tuple of Finding
        The first faults that keep the delivery from being published.
    total : int
        Number of all faults.
    notes : tuple of str
        What the sender and the operator may want to know.
    """

    findings: tuple[Finding, ...]
    total: int
    notes: tuple[str, ...]


def audit(staged: Staged, lake: Lake, rules: Rules) -> Audited:
    """Compare a staged delivery with what holds in the lake.

    A delivery that is published itself gets no fault: it was lost on the way to the ledger, not to the lake.
    Neither does one that a newer delivery of its source covers: its rows do not hold.

    Parameters
    ----------
    staged : Staged
        The delivery.
    lake : Lake
        What is published already.
    rules : Rules
        What is asked beyond the lake.

    Returns
    -------
    Audited
        Faults and notes; no faults allow publication.
    """
    findings: list[Finding] = []
    if not staged.is_published and not staged.is_outdated:
        findings += [
            *doubled_keys(staged, lake),
            *broken_tree(staged, lake),
            *emptied(staged, lake, may_be_empty=rules.may_be_empty),
            *collapses(staged, lake, rules.least_share),
        ]
    notes = notes_on(staged, lake, rules.calendar, by_exchange=rules.by_exchange)
    return Audited(tuple(findings[:SHOWN_FINDINGS]), len(findings), notes)
