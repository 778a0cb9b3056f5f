"""Look at a file of an unknown sender, in a limited child process, and draft its dialect."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from analytics_platform.ingestion.faults import DeliveryRefused, Finding, refusal
from analytics_platform.ingestion.file_name import DeliveryName, parse_file_name
from analytics_platform.ingestion.guards.guard import Limits, guard, read_limited
from analytics_platform.ingestion.inspection.draft import DECIDE, draft
from analytics_platform.ingestion.inspection.grid import read_grid
from analytics_platform.ingestion.inspection.table import find_table
from analytics_platform.tables.registry import DELIVERED


class InspectionRequest(BaseModel):
    """What the child is asked: a local file, its name in the landing zone, and the limits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    name: str
    limits: Limits


class InspectionAnswer(BaseModel):
    """What the child found.

    Attributes
    ----------
    toml : str
        Draft of the dialect; empty if the file is refused.
    records : int
        Records that were looked at.
    open_questions : int
        Number of `DECIDE` comments in the draft.
    findings : tuple of Finding
        Why the file cannot be inspected.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    toml: str = ""
    records: int = 0
    open_questions: int = 0
    findings: tuple[Finding, ...] = ()


def inspect(request: InspectionRequest) -> InspectionAnswer:
    """Draft the dialect of a file. This reads bytes that nobody vouches for: call it in a child."""
    name = parse_file_name(request.name)
    try:
        raw = read_limited(Path(request.path), name, request.limits)
        guard(raw, name, request.limits)
        return _inspected(raw, name, request.limits)
    except DeliveryRefused as refused:
        return InspectionAnswer(findings=refused.findings)


def _inspected(raw: bytes, name: DeliveryName, limits: Limits) -> InspectionAnswer:
    grid = read_grid(raw, name, limits)
    found = find_table(grid)
    if found is None:
        raise refusal(
            str(name),
            "no row of headers was found in the first rows",
            "Look at the file, and write the dialect by hand",
        )
    lines = draft(grid, found, DELIVERED[name.dataset])
    questions = sum(line.startswith(DECIDE) for line in lines)
    head = [
        f"# Draft for {name.source}, from {len(found.records)} records of one file.",
        f"# {questions} open questions are marked DECIDE; `analytics source check` shows what is loaded.",
        "",
    ]
    return InspectionAnswer(
        toml="\n".join([*head, *lines, ""]), records=len(found.records), open_questions=questions
    )
