"""What a benchmark gives back: figures beside a peer's, and whether a target is met."""

from dataclasses import dataclass
from enum import StrEnum


class Met(StrEnum):
    """Whether a target is met."""

    YES = "yes"
    NO = "no"
    NO_TARGET = "no target"


@dataclass(frozen=True)
class Target:
    """At most so much.

    Attributes
    ----------
    limit : float
        Largest value that meets the target.
    is_share : bool
        Whether the limit is a multiple of the peer's figure; else it is in the unit of the result.
    """

    limit: float
    is_share: bool

    def __str__(self) -> str:
        """Tell the target as it stands in the table."""
        if not self.is_share:
            return f"< {self.limit:g}"
        return f"<= {self.limit:g} x peer" if self.limit >= 1.0 else f"<= peer / {1.0 / self.limit:.3g}"


def share_of_peer(limit: float) -> Target:
    """Return the target to cost at most `limit` times what the peer costs."""
    return Target(limit, is_share=True)


def below(limit: float) -> Target:
    """Return the target to stay below `limit` in the unit of the result, with or without a peer."""
    return Target(limit, is_share=False)


@dataclass(frozen=True)
class Result:
    """One figure of ours, lower is better.

    Attributes
    ----------
    name : str
        What was measured.
    ours : float
        Our cost.
    peer_name : str
        What it is compared with; empty without a peer.
    peer : float or None
        The peer's cost in the same run.
    unit : str
        Unit of both.
    target : Target or None
        What it may cost.
    """

    name: str
    ours: float
    peer_name: str
    peer: float | None
    unit: str
    target: Target | None = None

    @property
    def ratio(self) -> float | None:
        """Our cost as a multiple of the peer's."""
        return self.ours / self.peer if self.peer else None

    @property
    def met(self) -> Met:
        """Whether the target is met."""
        if self.target is None:
            return Met.NO_TARGET
        if not self.target.is_share:
            return Met.YES if self.ours < self.target.limit else Met.NO
        return Met.YES if self.ratio is not None and self.ratio <= self.target.limit else Met.NO


@dataclass(frozen=True)
class Measured:
    """All that one benchmark found.

    Attributes
    ----------
    results : tuple of Result
        The rows of its table.
    notes : tuple of str
        What was measured and how to read it, a sentence or two each.
    """

    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()


def without_peer(name: str, ours: float, unit: str, target: Target | None = None) -> Result:
    """Return a figure that nothing is compared with."""
    return Result(name, ours, "", None, unit, target)
