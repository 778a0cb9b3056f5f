"""Benchmark `bombs`: what the parent pays while files are refused that would kill who opens them."""

import os
import sys
import tempfile
import time
from pathlib import Path

from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform.ingestion.dialects.dialect import CANONICAL
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.settings import settings
from benchmarks.bomb_files import BOMBS
from benchmarks.processes import peak_bytes_of, run_watched
from benchmarks.result import Measured, Result, below, without_peer

_MEGABYTE = 1e6


def measure(*, is_quick: bool) -> Measured:
    """Give each bomb to the child, and look at this process and the clock.

    Raises
    ------
    RuntimeError
        If a bomb is not refused.
    """
    del is_quick  # the bombs are what they are
    of = settings()
    limits = Limits(memory_bytes=of.parse_memory_mb << 20, seconds=of.parse_seconds)
    results: list[Result] = []
    told = []
    with tempfile.TemporaryDirectory() as folder, ParsingChild(limits) as child:
        run_watched([sys.executable, "-m", "benchmarks.bomb_files", folder])
        for number, (what, (extension, _)) in enumerate(BOMBS.items()):
            file = Path(folder) / str(number)
            started = time.perf_counter()
            try:
                child.parse(
                    file, parse_file_name(f"prices/a_2013-02-28.{extension}"), CANONICAL, Path(folder)
                )
            except DeliveryRefused as refused:
                told.append(f"{what} ({file.stat().st_size:,} bytes): {refused.findings[0].message[:160]}")
            else:
                message = f"{what} was not refused"
                raise RuntimeError(message)
            results.append(without_peer(what, time.perf_counter() - started, "s", below(10.0)))
        peak = peak_bytes_of(os.getpid()) / _MEGABYTE
    results.append(without_peer("parent, all bombs", peak, "MB peak RSS", below(300.0)))
    return Measured(
        tuple(results),
        (
            (
                "Each file goes through `ParsingChild` within the limits of the settings; the seconds "
                "are those of the clock from the call to the refusal, the start of a child after a "
                "killed one included. Refused with: " + "; ".join(told) + "."
            ),
        ),
    )
