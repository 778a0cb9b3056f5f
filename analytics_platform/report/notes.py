"""What is missing from a page or holds with a remark, and why. How it looks is told elsewhere."""

from dataclasses import dataclass

from analytics_platform.report.format import percent, words
from analytics_platform.report.slices import Slices

NO_REASON = "no value was computed, and no reason was given"


@dataclass(frozen=True)
class Note:
    """What is missing, or holds with a remark, for one reason."""

    subjects: list[str]
    status: str
    reason: str


def notes(found: Slices) -> list[Note]:
    """Everything of the session that is missing or has a remark, each reason told once, the missing first."""
    told = [(found.risk.title, found.risk.status, found.risk.reason)]
    told += [
        ("Return", r.status, r.reason) for r in found.returns if r.business_date == found.risk.business_date
    ]
    for row in found.metrics:
        places = 0 if row.confidence in (0.95, 0.99) else 1
        name = f"{words(row.metric)} {percent(row.confidence, places=places)}"
        told.append((name, row.status, row.reason))
    told += [(f"Stress: {row.scenario_name}", row.status, row.reason) for row in found.stress]
    told += [(row.title, row.status, row.reason) for row in found.positions]
    told += [
        (f"{words(row.dimension)}: {words(row.bucket)}", row.status, row.reason) for row in found.exposures
    ]
    subjects: dict[tuple[str, str], list[str]] = {}
    for subject, status, reason in told:
        if status != "ok":
            subjects.setdefault((status, reason or NO_REASON), []).append(subject)
    merged = [
        Note(list(dict.fromkeys(names)), status, reason) for (status, reason), names in subjects.items()
    ]
    return sorted(merged, key=lambda note: note.status != "missing")
