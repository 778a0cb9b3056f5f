"""What the guard says about a statement, and at which line."""

from dataclasses import dataclass

from sqlglot import exp


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that Redshift refuses, or understands otherwise than DuckDB.

    Attributes
    ----------
    line : int
        Line of the text, from 1; 1 as well where the parser does not know.
    what : str
        What stands there.
    cure : str
        What to write instead.
    """

    line: int
    what: str
    cure: str


def line_of(node: exp.Expr) -> int:
    """Return the first line of a part of a statement, or of the smallest part around it that has one."""
    within: exp.Expr | None = node
    while within is not None:
        lines = [line for part in within.walk() if isinstance(line := part.meta.get("line"), int)]
        if lines:
            return min(lines)
        within = within.parent
    return 1
