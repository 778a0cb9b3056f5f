"""What parent and child say to each other when a history is cut: one line each."""

from pydantic import BaseModel, ConfigDict

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import Finding
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.parsing.spans import SpanLength


class SplitRequest(BaseModel):
    """What the child is asked to cut; see `split`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    name: str
    dialect: Dialect
    limits: Limits
    length: SpanLength
    output: str


class SplitPart(BaseModel):
    """One part: its name as a delivery, its file and its rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    file: str
    rows: int


class SplitAnswer(BaseModel):
    """What the child has made: parts, or why there are none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: tuple[SplitPart, ...] = ()
    findings: tuple[Finding, ...] = ()
    total_findings: int = 0
