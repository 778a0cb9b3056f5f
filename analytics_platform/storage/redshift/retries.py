"""Doing a whole unit of work again when what stopped it passes by itself."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from analytics_platform.storage.redshift.faults import passes_by, told

Done = TypeVar("Done")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retries:
    """How often, and how long to wait.

    Attributes
    ----------
    attempts : int
        Most times that the unit is tried.
    first_wait_seconds : float
        Wait before the second; twice as long each time, up to half of it more by chance.
    """

    attempts: int = 5
    first_wait_seconds: float = 0.5

    def run(self, what: str, unit: Callable[[], Done]) -> Done:
        """Return what a unit of work gives, trying it again as a whole; it must be the same done twice.

        Parameters
        ----------
        what : str
            Name of the unit for the log.
        unit : callable
            Opens its connection itself, so that nothing of a failed attempt is left.

        Raises
        ------
        Exception
            What the unit raised, if it does not pass by itself or came at the last attempt.
        """
        for attempt in range(1, self.attempts):
            try:
                return unit()
            except Exception as error:
                cause = error if passes_by(error) else error.__cause__
                if cause is None or not passes_by(cause):
                    raise
                wait = self.first_wait_seconds * 2 ** (attempt - 1) * random.uniform(1, 1.5)  # noqa: S311 - no secret
                _log.warning("%s: attempt %d failed (%s); again in %.1f s", what, attempt, told(cause), wait)
                time.sleep(wait)
        return unit()
