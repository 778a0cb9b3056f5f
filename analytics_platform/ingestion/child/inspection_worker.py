"""The child process that inspects one file: ``python -m ...ingestion.inspection_worker BYTES``."""

import resource
import sys


def main() -> None:
    """Answer one request on standard input with one line on standard output.

    The first argument is the limit of the address space in bytes.
    """
    memory_bytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # dataframely imports SQLAlchemy where it finds it: half of the start-up time, of no use here
    sys.modules["sqlalchemy"] = None  # type: ignore[assignment]
    from analytics_platform.ingestion.inspection.inspection import (  # noqa: PLC0415 - limits and block come first
        InspectionRequest,
        inspect,
    )

    request = InspectionRequest.model_validate_json(sys.stdin.buffer.readline())
    sys.stdout.write(inspect(request).model_dump_json() + "\n")


if __name__ == "__main__":
    main()
