"""Benchmark `validation`: faults of a large price file found by the checks of ingestion, and by pandera."""

import sys
import tempfile
from pathlib import Path

from benchmarks.price_files import write_prices
from benchmarks.processes import run_watched
from benchmarks.result import Measured, Result, share_of_peer

_INSTRUMENTS, _SESSIONS = 5_000, 1_000
_QUICK_SESSIONS = 40
_ROUNDS = 2
_GIGABYTE = 1e9
_AS_THE_CHILD = ("env", "MALLOC_ARENA_MAX=2", "POLARS_MAX_THREADS=1")
"""Our checks run in the parsing child, which has these."""


def measure(*, is_quick: bool) -> Measured:
    """Find the faults of one file with both, in turns."""
    costs: dict[str, list[tuple[float, float, int]]] = {"findings_of_ours": [], "findings_of_pandera": []}
    answers: set[str] = set()
    with tempfile.TemporaryDirectory() as name:
        file = write_prices(Path(name), _INSTRUMENTS, _QUICK_SESSIONS if is_quick else _SESSIONS)
        findings = Path(name) / "findings.txt"
        for _ in range(1 if is_quick else _ROUNDS):
            for module, found in costs.items():
                settings = _AS_THE_CHILD if module == "findings_of_ours" else ()
                command = [
                    *settings,
                    sys.executable,
                    "-m",
                    f"benchmarks.{module}",
                    str(file.path),
                    str(file.name),
                ]
                seconds, cpu, peak = run_watched([*command, str(findings)]).output.split()[-3:]
                answers.add(findings.read_text("utf-8"))
                found.append((float(seconds), float(cpu), int(peak)))
    if [len(answer.split(";")) for answer in answers] != [file.faulty]:
        told = " and ".join(sorted(text[:200] for text in answers))
        message = f"the findings differ or are not {file.faulty}, so the times compare nothing: {told}"
        raise ValueError(message)
    checks_ours, checks_peer = (min(one[0] for one in found) for found in costs.values())
    cpu_ours, cpu_peer = (min(one[1] for one in found) for found in costs.values())
    peak_ours, peak_peer = (max(one[2] for one in found) / _GIGABYTE for found in costs.values())
    peer = "pandera on polars"
    return Measured(
        (
            Result("checks alone", checks_ours, peer, checks_peer, "CPU s", share_of_peer(0.6)),
            Result("reading and checks", cpu_ours, peer, cpu_peer, "CPU s"),
            Result("reading and checks", peak_ours, peer, peak_peer, "GB peak RSS", share_of_peer(0.4)),
        ),
        (
            (
                f"From a CSV of {file.rows:,} prices to the rows and columns of its {file.faulty:,} "
                "faults, each in a fresh interpreter. pandera validates a typed polars frame lazily "
                "(null, range, pattern, key, and rules across columns), already typed by polars' reader; "
                "ours takes cells as text, types them exactly and makes the same checks batch by batch. "
                "Both must find the same. Checks alone: what lies between the frame (pandera) or the "
                "cells (ours) and the findings."
            ),
        ),
    )
