"""Who asked for what, as one JSON line each. No secret: callers pass names, never keys or tokens."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_MOST_CHARACTERS = 500
"""Of one value: a line stays short enough to be written at once."""


@dataclass(frozen=True)
class AuditLog:
    """File of what was done and refused, to which several processes may append.

    Parameters
    ----------
    path : Path
        File that is appended to; it and its folder are made when they are missing.
    """

    path: Path

    def write(self, *, who: str, what: str, about: str, outcome: str, from_: str) -> None:
        """Append one line.

        Parameters
        ----------
        who : str
            Name of the key, subject of the token, or who the caller claims to be nobody of.
        what : str
            Action, such as ``upload`` or ``materialize``.
        about : str
            What it concerns: the id of a request, the name of a file, a path.
        outcome : str
            ``done``, or why not.
        from_ : str
            Address of the caller.
        """
        told = {"who": who, "what": what, "about": about, "outcome": outcome, "from": from_}
        line = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            **{name: value[:_MOST_CHARACTERS] for name, value in told.items()},
        }
        # ASCII with escapes: a name with a line break or a terminal sequence cannot forge a line.
        written = json.dumps(line).encode() + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        appended = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(appended, written)
        finally:
            os.close(appended)
