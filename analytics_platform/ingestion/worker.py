"""The child process that reads files nobody vouches for: ``python -m ...ingestion.worker BYTES``.

Limits first, then imports, then one JSON answer on standard output for each JSON request on standard input.
"""

import resource
import sys


def main() -> None:
    """Answer requests until standard input ends.

    The first argument is the limit of the address space in bytes. The process ends with the status
    `OUT_OF_MEMORY` when Python meets that limit; native readers abort instead.
    """
    memory_bytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # dataframely imports SQLAlchemy where it finds it: half of the start-up time, of no use in parsing
    sys.modules["sqlalchemy"] = None  # type: ignore[assignment]
    from analytics_platform.ingestion.answering import serve  # noqa: PLC0415 - limits and block come first

    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
