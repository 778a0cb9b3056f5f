"""Where the listing of the landing zone stands besides the queue, as a small cursor. Pure."""

import json
from dataclasses import asdict, dataclass

LONGEST_CURSOR = 1024
"""Bytes: the longest key of an object store. Dagster keeps cursors for ever, so they stay small."""


@dataclass(frozen=True)
class ListingPlace:
    """How far listings have come.

    Attributes
    ----------
    listed_at : float
        When a listing came to its end last, in seconds since 1970; 0 if none did.
    after : str or None
        Key behind which the listing that is under way goes on; None if none is.
    busy : int
        Ticks in a row that left messages in the queue.
    """

    listed_at: float = 0.0
    after: str | None = None
    busy: int = 0

    @classmethod
    def of_cursor(cls, cursor: str | None) -> "ListingPlace":
        """Return the place that a cursor tells; the beginning if it tells none."""
        try:
            told = json.loads(cursor or "")
            place = cls(float(told["listed_at"]), told["after"], int(told["busy"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            return cls()
        return place if place.after is None or isinstance(place.after, str) else cls()

    @property
    def cursor(self) -> str:
        """The cursor that tells this place."""
        after = None if self.after is None else cursor_after(self.after)
        return json.dumps({**asdict(self), "after": after}, ensure_ascii=False)

    def is_due(self, now: float, minutes: float) -> bool:
        """Tell whether the landing zone is to be listed, or listed on."""
        return self.after is not None or not 0.0 <= now - self.listed_at < minutes * 60


def cursor_after(key: str | None) -> str:
    """Return the cursor of a look that stopped at a key; a longer key is cut and a little looked at twice."""
    return (key or "").encode()[:LONGEST_CURSOR].decode(errors="ignore")
