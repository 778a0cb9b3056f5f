"""``python -m benchmarks.findings_of_ours FILE NAME ANSWER``: where our checks find faults."""

import os
import re
import sys
import time
from pathlib import Path

import polars as pl

from analytics_platform.ingestion.dialects.dialect import CANONICAL
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.parsing.keys import SeenKeys, hashes_of
from analytics_platform.ingestion.parsing.passes import Sorting, Task
from analytics_platform.ingestion.protocol import UNPUBLISHED
from analytics_platform.ingestion.readers.formats import batches
from analytics_platform.ingestion.readers.sheet import SheetText, no_faults
from analytics_platform.tables.registry import DELIVERED
from benchmarks.processes import cpu_seconds_of, peak_bytes_of

_COLUMN = re.compile(r"column '(\w+)'")


def main() -> None:
    """Check one file without writing it; print what was found and what it cost.

    Raises
    ------
    RuntimeError
        If keys are doubled, which the file should not have.
    """
    path, name = Path(sys.argv[1]), parse_file_name(sys.argv[2])
    table = DELIVERED[name.dataset]
    task = Task(table, CANONICAL, name, UNPUBLISHED, batches(path, name, CANONICAL, Limits()))
    sorting, seen = Sorting(task), SeenKeys()
    found: list[tuple[int, str]] = []
    seconds = 0.0
    waiting: list[pl.DataFrame] = []
    for sheet in task.batches:
        started = time.process_time()
        clear, others = sorting.split(sheet)
        if clear is not None:
            seen.add(clear.hashes[clear.is_clear])
        waiting.append(others.cells)
        headers = others.headers
        seconds += time.process_time() - started
    started = time.process_time()
    parsed = sorting.parse(SheetText(headers, pl.concat(waiting), no_faults()))
    seen.add(hashes_of(parsed.keys.select(table.key)))
    for row, reason in parsed.rejected.select("row_number", "reason").iter_rows():
        found += [(row, column) for column in _COLUMN.findall(reason)]
    seconds += time.process_time() - started
    started = time.process_time()
    suspects = seen.suspects()
    seconds += time.process_time() - started
    if len(suspects):
        message = "keys are doubled"
        raise RuntimeError(message)
    text = ";".join(f"{row} {column}" for row, column in sorted(found))
    Path(sys.argv[3]).write_text(text, "utf-8")
    print(seconds, cpu_seconds_of(os.getpid()), peak_bytes_of(os.getpid()))


if __name__ == "__main__":
    main()
