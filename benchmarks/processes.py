"""Child processes and what they cost: CPU seconds, and the memory of a process with all below it."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_INTERVAL_SECONDS = 0.05
_PARENT, _USER_TICKS, _SYSTEM_TICKS = 1, 11, 12
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_TOLD_CHARACTERS = 3000


@dataclass(frozen=True)
class Watched:
    """What a command cost.

    Attributes
    ----------
    wall_seconds, cpu_seconds : float
        The CPU seconds are those of all processes that it waited for, too.
    peak_bytes : int
        Largest sum of the resident memory of all its processes, looked at 20 times a second. Pages that
        processes share count once for each.
    output : str
        Standard output and error.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


def run_watched(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Watched:
    """Run a command to its end and watch it.

    Raises
    ------
    RuntimeError
        If it fails; the text is the end of its output.
    """
    started, cpu_before, peak = time.perf_counter(), _children_cpu_seconds(), 0
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)  # noqa: S603 - our own commands, no shell
        while process.poll() is None:
            peak = max(peak, _tree_bytes(process.pid))
            time.sleep(_INTERVAL_SECONDS)
        wall = time.perf_counter() - started
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if process.returncode != 0:
        message = f"{' '.join(command)} ended with {process.returncode}:\n{text[-_TOLD_CHARACTERS:]}"
        raise RuntimeError(message)
    return Watched(wall, _children_cpu_seconds() - cpu_before, peak, text)


def run_python(code: str) -> float:
    """Run code in a fresh interpreter; return its CPU seconds."""
    before = _children_cpu_seconds()
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own interpreter and code
    return _children_cpu_seconds() - before


def cpu_seconds_of(pid: int) -> float:
    """Return the CPU seconds of a running process, to a tick (mostly 10 ms)."""
    fields = _stat(pid)
    return (int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])) / _TICKS_A_SECOND


def peak_bytes_of(pid: int) -> int:
    """Return the largest resident memory that a running process ever had."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def _children_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _stat(pid: int) -> list[str]:
    """Fields of a process behind its name, which may hold spaces: state, parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()


def _tree_bytes(root: int) -> int:
    """Resident memory of a process and of all that descend from it."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                parents[int(folder.name)] = int(_stat(int(folder.name))[_PARENT])
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
    return sum(_resident_bytes(pid) for pid in parents if _descends(pid, root, parents))


def _descends(pid: int, root: int, parents: Mapping[int, int]) -> bool:
    while pid != root and pid in parents:
        pid = parents[pid]
    return pid == root


def _resident_bytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * resource.getpagesize()
