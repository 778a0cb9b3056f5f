"""Benchmark `validation`: faults of a large price file found by the checks of ingestion, and by pandera."""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.price_files import PriceFile, write_prices
from benchmarks.processes import run_watched
from benchmarks.result import Measured, Result, share_of_peer

_INSTRUMENTS, _SESSIONS = 5_000, 1_000
_QUICK_SESSIONS = 40
_ROUNDS = 2
_GIGABYTE = 1e9
_AS_THE_CHILD = ("env", "MALLOC_ARENA_MAX=2", "POLARS_MAX_THREADS=1")
"""Our checks run in the parsing child, which has these."""


_OURS = "findings_of_ours"
_PANDERA = "findings_of_pandera"
_WAYS = {"ours": (_OURS,), "from text": (_PANDERA, "text"), "from types": (_PANDERA, "typed")}
"""The module of each way to find the faults, and its last arguments."""


@dataclass(frozen=True)
class _Cost:
    """CPU seconds from the cells to the findings and of the whole process, and its peak resident bytes."""

    checks: float
    cpu_seconds: float
    peak_bytes: int


def _cost(way: str, file: PriceFile, findings: Path) -> _Cost:
    """Tell what a fresh interpreter costs that finds the faults of the file."""
    module, *arguments = _WAYS[way]
    settings = _AS_THE_CHILD if module == _OURS else ()
    command = [*settings, sys.executable, "-m", f"benchmarks.{module}", str(file.path), str(file.name)]
    told = run_watched([*command, str(findings), *arguments]).output.split()
    return _Cost(float(told[-3]), float(told[-2]), int(told[-1]))


def measure(*, is_quick: bool) -> Measured:
    """Find the faults of one file in each way, in turns.

    Raises
    ------
    ValueError
        If they do not find the same.
    """
    costs: dict[str, list[_Cost]] = {way: [] for way in _WAYS}
    answers: set[str] = set()
    with tempfile.TemporaryDirectory() as name:
        file = write_prices(Path(name), _INSTRUMENTS, _QUICK_SESSIONS if is_quick else _SESSIONS)
        findings = Path(name) / "findings.txt"
        for _ in range(1 if is_quick else _ROUNDS):
            for way, found in costs.items():
                found.append(_cost(way, file, findings))
                answers.add(findings.read_text("utf-8"))
    if [len(answer.split(";")) for answer in answers] != [file.faulty]:
        told = " and ".join(sorted(text[:200] for text in answers))
        message = f"the findings differ or are not {file.faulty}, so the times compare nothing: {told}"
        raise ValueError(message)
    checks = {way: min(one.checks for one in found) for way, found in costs.items()}
    cpu = {way: min(one.cpu_seconds for one in found) for way, found in costs.items()}
    peak = {way: max(one.peak_bytes for one in found) / _GIGABYTE for way, found in costs.items()}
    results: list[Result] = []
    for peer, name, is_like in (
        ("from text", "pandera on polars, from text", True),
        ("from types", "pandera on polars, typed before", False),
    ):
        time_target, size_target = (share_of_peer(0.6), share_of_peer(0.4)) if is_like else (None, None)
        first = "typing and checks" if is_like else "typing and checks, the peer's checks alone"
        whole = "reading, typing and checks"
        results += [
            Result(first, checks["ours"], name, checks[peer], "CPU s", time_target),
            Result(whole, cpu["ours"], name, cpu[peer], "CPU s"),
            Result(whole, peak["ours"], name, peak[peer], "GB peak RSS", size_target),
        ]
    return Measured(
        tuple(results),
        (
            (
                f"From a CSV of {file.rows:,} prices to the rows and columns of its {file.faulty:,} "
                "faults, each in a fresh interpreter; all must find the same. Ours takes cells as text, "
                "types them exactly and checks null, range, pattern, key, and rules across columns, batch "
                "by batch. *From text* the peer does as much: cells read as text, strict casts of polars "
                "to the same exact types, then pandera validates the frame lazily. *Typed before* it gets "
                "dates and binary numbers that polars' reader guessed, and only its checks are counted in "
                "the first row, while ours still counts the typing."
            ),
        ),
    )
