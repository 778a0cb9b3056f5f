"""A folder of one process among those of others: what a process left behind that is gone is deleted."""

import fcntl
import os
import shutil
import uuid
import weakref
from pathlib import Path
from typing import IO


class OwnFolder:
    """A new folder in `root`, held as long as this object lives.

    Each process locks a file beside its folder; a lock that is free belongs to a process that has ended.

    Parameters
    ----------
    root : Path
        Where the folders of all processes stand; nothing else may.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (root / ".starting").open("w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            _clear(root)
            self.path = root / uuid.uuid4().hex
            held = os.open(self.path.with_suffix(".lock"), os.O_CREAT | os.O_WRONLY, 0o600)
            weakref.finalize(self, os.close, held)
            fcntl.flock(held, fcntl.LOCK_EX)
            self.path.mkdir(mode=0o700)


def _clear(root: Path) -> None:
    for lock in root.glob("*.lock"):
        with lock.open("w") as file:
            if _is_free(file):
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink()


def _is_free(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
