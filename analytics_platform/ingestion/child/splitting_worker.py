"""The child process that cuts one history: ``python -m ...ingestion.child.splitting_worker BYTES``."""

import resource
import sys
from pathlib import Path


def main() -> None:
    """Answer one request on standard input with one line on standard output.

    The first argument is the limit of the address space in bytes.
    """
    memory_bytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # dataframely imports SQLAlchemy where it finds it: half of the start-up time, of no use here
    sys.modules["sqlalchemy"] = None  # type: ignore[assignment]
    from analytics_platform.ingestion.child.splitting_words import (  # noqa: PLC0415 - limits and block come first
        SplitAnswer,
        SplitPart,
        SplitRequest,
    )
    from analytics_platform.ingestion.faults import SHOWN_FINDINGS, DeliveryRefused  # noqa: PLC0415 - as above
    from analytics_platform.ingestion.file_name import parse_file_name  # noqa: PLC0415 - as above
    from analytics_platform.ingestion.parsing.splitting import split  # noqa: PLC0415 - as above

    asked = SplitRequest.model_validate_json(sys.stdin.buffer.readline())
    try:
        parts = split(
            Path(asked.path),
            parse_file_name(asked.name),
            asked.dialect,
            asked.limits,
            asked.length,
            Path(asked.output),
        )
    except DeliveryRefused as refused:
        answer = SplitAnswer(findings=refused.findings[:SHOWN_FINDINGS], total_findings=refused.total)
    else:
        told = (SplitPart(name=str(part.name), file=str(part.file), rows=part.rows) for part in parts)
        answer = SplitAnswer(parts=tuple(told))
    sys.stdout.write(answer.model_dump_json() + "\n")


if __name__ == "__main__":
    main()
