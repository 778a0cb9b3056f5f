"""What parent and child of the parsing process say to each other: one JSON text a line."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import Finding
from analytics_platform.ingestion.guards.guard import Limits

READY = b'"ready"'
"""The first line of a child that can take requests."""

READING = b'"reading"'
"""What a child says when it has taken a request: from here on the file is to blame for its end."""

OUT_OF_MEMORY = 77
"""Exit status of a child that ran into its memory limit, or whose native code gave up."""

ACCEPTED_FILE = "accepted.parquet"
REJECTED_FILE = "rejected.parquet"


class Lineage(BaseModel):
    """What the child writes beside every accepted row, so that the file is a delivery of the lake.

    Attributes
    ----------
    delivery_id : str
        Name of the delivery.
    known_at : datetime
        When the file was put, in UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    delivery_id: str
    known_at: datetime


UNPUBLISHED = Lineage(delivery_id="unpublished", known_at=datetime(1970, 1, 1, tzinfo=UTC))
"""Lineage of rows that nobody is going to publish."""


class ParseRequest(BaseModel):
    """What the child is asked to parse.

    Attributes
    ----------
    path : str
        Local file.
    name : str
        Name of the file in the landing zone.
    dialect : Dialect
        How the sender writes.
    limits : Limits
        What the file may ask for.
    output : str
        Existing folder that takes `ACCEPTED_FILE` and `REJECTED_FILE`.
    lineage : Lineage
        What is written beside every accepted row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    name: str
    dialect: Dialect
    limits: Limits
    output: str
    lineage: Lineage = UNPUBLISHED


class ParseAnswer(BaseModel):
    """What the child found.

    Attributes
    ----------
    is_refused : bool
        Whether the delivery as a whole is refused.
    counts : RowCounts or None
        The account; None if the file could not be read as rows.
    findings : tuple of Finding
        The first faults.
    total_findings : int
        Number of all faults.
    notes : tuple of str
        What the sender may want to know.
    sheet : str or None
        Sheet of the workbook that was read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    is_refused: bool
    counts: RowCounts | None
    findings: tuple[Finding, ...]
    total_findings: Annotated[int, Field(ge=0)]
    notes: tuple[str, ...] = ()
    sheet: str | None = None
