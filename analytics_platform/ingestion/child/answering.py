"""The child's side of the conversation with the parent: parse the file of each request, and answer."""

import math
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from analytics_platform.ingestion.faults import SHOWN_FINDINGS, DeliveryRefused, Finding
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.parsing.ingest import ingest
from analytics_platform.ingestion.parsing.passes import Ingested
from analytics_platform.ingestion.protocol import (
    OUT_OF_MEMORY,
    READING,
    READY,
    ParseAnswer,
    ParseRequest,
)

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
    found = ingest(
        Path(request.path),
        parse_file_name(request.name),
        request.dialect,
        request.limits,
        Path(request.output),
        request.lineage,
    )
    is_above = found.counts.rejected > request.dialect.max_rejected_rows
    none_right = [] if is_above else _none_right(request.name, found)
    return ParseAnswer(
        is_refused=is_above or bool(none_right),
        counts=found.counts,
        findings=(*none_right, *found.findings)[:SHOWN_FINDINGS],
        total_findings=found.total_findings + len(none_right),
        notes=found.notes,
        sheet=found.sheet,
    )


def _none_right(name: str, found: Ingested) -> list[Finding]:
    """Tell that all rows of a file were rejected: it would replace good rows by nothing."""
    if not found.counts.rejected or found.counts.accepted:
        return []
    return [
        Finding(
            file=name,
            sheet=found.sheet,
            message=f"no row of the file is right: {found.counts.rejected} were rejected and none accepted, "
            "so nothing would stand in place of what was delivered before, whatever max_rejected_rows allows",
            cure="Correct the rows and deliver the file again, or correct the dialect and release it",
        )
    ]
