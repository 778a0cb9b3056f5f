"""How work of one process is timed: ours and the peer's in turns, the least of several rounds."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

ROUNDS = 5
ENOUGH_SECONDS = 2.0

Work = Callable[[], object]


def cpu_seconds(*works: Work, rounds: int = ROUNDS) -> list[float]:
    """Return the least CPU seconds of each piece of work.

    They run in turns, so that a busy machine disturbs all alike, until each has run `rounds` times; what
    has taken `ENOUGH_SECONDS` in all does not run again.

    Parameters
    ----------
    works : callable
        Each does its work once.
    rounds : int
        How often at most.
    """
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, seconds in zip(works, spent, strict=True):
            if sum(seconds) < ENOUGH_SECONDS:
                started = time.process_time()
                work()
                seconds.append(time.process_time() - started)
    return [min(seconds) for seconds in spent]


def agree(what: str, ours: ArrayLike, theirs: ArrayLike, *, tolerance: float) -> None:
    """Stop a comparison of unlike things.

    Raises
    ------
    ValueError
        If the numbers differ by more than the tolerance, absolute and relative.
    """
    if not np.allclose(ours, theirs, rtol=tolerance, atol=tolerance):
        worst = float(np.max(np.abs(np.asarray(ours) - np.asarray(theirs))))
        message = f"{what}: ours and the peer's differ by up to {worst:.3g}, so their times compare nothing"
        raise ValueError(message)
