"""What is missing from a page or holds with a remark, and why. How it looks is told elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass

from analytics_platform.report.format import percent, words
from analytics_platform.report.slices import Slices

NO_REASON = "no value was computed, and no reason was given"
FINE = {"ok", "within"}
SHOWN = 4
"""Subjects of a note that stand below a table; all of them stand among the notes of the page."""


@dataclass(frozen=True)
class Note:
    """What is missing, or holds with a remark, for one reason."""

    subjects: list[str]
    status: str
    reason: str

    @property
    def shortly(self) -> str:
        """First subjects, and how many more there are."""
        more = len(self.subjects) - SHOWN
        return "; ".join(self.subjects[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def merged(told: Iterable[tuple[str, str, str | None]]) -> list[Note]:
    """Subjects that share status and reason as one note, the missing first; what is ok needs none.

    Examples
    --------
    >>> merged([("A", "ok", None), ("B", "missing", "no price"), ("C", "missing", "no price")])
    [Note(subjects=['B', 'C'], status='missing', reason='no price')]
    """
    subjects: dict[tuple[str, str], list[str]] = {}
    for subject, status, reason in told:
        if status not in FINE:
            subjects.setdefault((status, reason or NO_REASON), []).append(subject)
    notes = [Note(list(dict.fromkeys(names)), status, reason) for (status, reason), names in subjects.items()]
    return sorted(notes, key=lambda note: note.status != "missing")


def of_results(found: Slices) -> list[tuple[str, str, str | None]]:
    """Name, status and reason of the results of a portfolio on the session."""
    told: list[tuple[str, str, str | None]] = [(found.risk.title, found.risk.status, found.risk.reason)]
    told += [
        ("Return", r.status, r.reason) for r in found.returns if r.business_date == found.risk.business_date
    ]
    for row in found.metrics:
        if row.method != "historical":
            continue  # told with the table of the methods
        places = 0 if row.confidence in (0.95, 0.99) else 1
        name = f"{words(row.metric)} {percent(row.confidence, places=places)}"
        told.append((name, row.status, row.reason))
    told += [(f"Stress: {row.scenario_name}", row.status, row.reason) for row in found.stress]
    told += [(row.title, row.status, row.reason) for row in found.positions]
    told += [
        (f"{words(row.dimension)}: {words(row.bucket)}", row.status, row.reason) for row in found.exposures
    ]
    return told
