"""One command at a time materializes in a data home."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class HomeIsBusyError(RuntimeError):
    """Another command materializes in this data home."""


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the data home for one command; the system lets go when the process ends, however it ends.

    Raises
    ------
    HomeIsBusyError
        If another process holds it.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = (
                f"another command materializes in {home}; wait until it has ended, or set ANALYTICS_HOME"
            )
            raise HomeIsBusyError(message) from error
        yield
