"""Runs benchmarks, each in a fresh interpreter, so that none feels the memory or threads of another."""

import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.catalogue import CATALOGUE
from benchmarks.result import Measured

_MEASURED = TypeAdapter(Measured)
_ONE_THREAD = ("env", "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "POLARS_MAX_THREADS=1")


class BenchmarkFailed(RuntimeError):  # noqa: N818 - says what happened
    """A benchmark ended without a result."""


def run_apart(name: str, *, is_quick: bool) -> Measured:
    """Run one benchmark in a process of its own.

    Raises
    ------
    BenchmarkFailed
        If it broke; its own message is on standard error.
    """
    threads = _ONE_THREAD if CATALOGUE[name].is_single_threaded else ()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "measured.json"
        command = [*threads, sys.executable, "-m", "benchmarks", name, "--answer", str(answer)]
        ended = subprocess.run([*command, *(["--quick"] if is_quick else [])], check=False)  # noqa: S603 - ourselves
        if ended.returncode != 0:
            message = f"benchmark {name} ended with {ended.returncode}"
            raise BenchmarkFailed(message)
        return _MEASURED.validate_json(answer.read_bytes())


def run_here(name: str, answer: Path, *, is_quick: bool) -> None:
    """Run one benchmark in this process and write down what it found."""
    answer.write_bytes(_MEASURED.dump_json(CATALOGUE[name].run(is_quick=is_quick)))
