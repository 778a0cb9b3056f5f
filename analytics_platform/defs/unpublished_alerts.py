"""Reading the alerts in the file that were not published yet. Nothing is published here."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

RECENT = timedelta(days=1)
"""Nobody is told of what failed longer ago than this: a topic that is new is not told the past."""

_LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class Place:
    """How far the file is published.

    Attributes
    ----------
    offset : int
        Bytes that are done with.
    beginning : str
        Digest of the first line; another one is that of another file, which is read from its beginning.
    """

    offset: int = 0
    beginning: str = ""

    @classmethod
    def of_cursor(cls, cursor: str | None) -> "Place":
        """Return the place that a cursor tells; the beginning if it tells none."""
        try:
            told = json.loads(cursor or "")
            return cls(int(told["offset"]), str(told["beginning"]))
        except (ValueError, TypeError, KeyError):
            return cls()

    @property
    def cursor(self) -> str:
        """The cursor that tells this place."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Alert:
    """One line of the file.

    Attributes
    ----------
    id : str
        Run that failed; of a line that cannot be read its digest.
    subject : str
        Heading.
    text : str
        The line.
    is_recent : bool
        Whether somebody is to be told.
    ends_at : Place
        Behind the line.
    """

    id: str
    subject: str
    text: str
    is_recent: bool
    ends_at: Place


def unpublished(file: Path, place: Place, now: datetime) -> Iterator[Alert]:
    """Return the whole lines of a file behind a place, in order.

    Parameters
    ----------
    file : Path
        The alert file; there may be none yet.
    place : Place
        How far it is published.
    now : datetime
        Now, in UTC.
    """
    if not file.is_file():
        return
    with file.open("rb") as lines:
        first = lines.readline(_LONGEST_LINE)
        beginning = hashlib.sha256(first).hexdigest()[:16]
        size = lines.seek(0, 2)
        offset = place.offset if place.beginning == beginning and place.offset <= size else 0
        lines.seek(offset)
        while (line := lines.readline()).endswith(b"\n"):
            offset += len(line)
            yield _alert(line, Place(offset, beginning), now)


def _alert(line: bytes, ends_at: Place, now: datetime) -> Alert:
    text = line.decode(errors="replace").strip()
    try:
        told = json.loads(text)
        id_, at = str(told["run_id"]), datetime.fromisoformat(told["at"])
        subject = f"analytics_platform: a run of {told['job']} has failed"
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return Alert(id_, subject, text, now - at <= RECENT, ends_at)
    except (ValueError, TypeError, KeyError):
        # Somebody was to be told of something: a line that cannot be read is told as it is.
        digest = hashlib.sha256(line).hexdigest()
        return Alert(digest, "analytics_platform: an alert", text or "(empty)", bool(text), ends_at)
