"""The child's side of the conversation with the parent: parse the file of each request, and answer."""

import math
import signal
import sys
from pathlib import Path
from typing import BinaryIO

import polars as pl

from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guard import read_limited
from analytics_platform.ingestion.ingest import ingest
from analytics_platform.ingestion.protocol import (
    ACCEPTED_FILE,
    OUT_OF_MEMORY,
    READING,
    READY,
    REJECTED_FILE,
    ParseAnswer,
    ParseRequest,
)
from analytics_platform.tables.contract import LINEAGE
from analytics_platform.tables.registry import DELIVERED

_GRACE_SECONDS = 10
"""The parent ends a slow child; if the parent is gone, the child ends itself a little later."""


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more; leave with `OUT_OF_MEMORY` when memory runs out."""
    _say(answers, READY)
    for line in requests:
        request = ParseRequest.model_validate_json(line)
        _say(answers, READING)
        try:
            found = answer(request)
        except MemoryError:
            sys.exit(OUT_OF_MEMORY)
        except BaseException as error:
            if type(error).__name__ == "PanicException":  # native code gave up, as it does without memory
                sys.exit(OUT_OF_MEMORY)
            raise
        _say(answers, found.model_dump_json().encode())


def _say(answers: BinaryIO, line: bytes) -> None:
    answers.write(line + b"\n")
    answers.flush()


def answer(request: ParseRequest) -> ParseAnswer:
    """Parse one file, and write its accepted and rejected rows even if it is refused for them."""
    signal.alarm(math.ceil(request.limits.seconds) + _GRACE_SECONDS)
    try:
        return _parsed(request)
    except DeliveryRefused as refused:
        return ParseAnswer(
            is_refused=True, counts=refused.counts, findings=refused.findings, total_findings=refused.total
        )
    finally:
        signal.alarm(0)


def _parsed(request: ParseRequest) -> ParseAnswer:
    name = parse_file_name(request.name)
    raw = read_limited(Path(request.path), name, request.limits)
    result = ingest(raw, name, request.dialect, request.limits)
    output = Path(request.output)
    lineage = [
        pl.lit(name.source).alias("source"),
        pl.lit(request.lineage.delivery_id).alias("delivery_id"),
        pl.lit(request.lineage.known_at).cast(LINEAGE["known_at"]).alias("known_at"),
    ]
    columns = DELIVERED[name.dataset].lake_columns.names()
    accepted = result.accepted.with_columns(lineage).select(columns)
    accepted.write_parquet(output / ACCEPTED_FILE, compression="zstd")
    result.rejected.write_parquet(output / REJECTED_FILE, compression="lz4")
    return ParseAnswer(
        is_refused=result.counts.rejected > request.dialect.max_rejected_rows,
        counts=result.counts,
        findings=result.findings,
        total_findings=result.total_findings,
        notes=result.notes,
        sheet=result.sheet,
    )
