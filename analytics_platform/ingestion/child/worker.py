"""The child process that reads files nobody vouches for: ``python -m ...ingestion.worker BYTES``.

Limits first, then imports, then one JSON answer on standard output for each JSON request on standard input.
"""

import gc
import resource
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

_UNUSED = frozenset({"sqlalchemy", "pandas"})
"""What dataframely and Arrow import where they find it: half of the start-up time, of no use here."""


class _Without(MetaPathFinder):
    """Says that modules of no use are not there."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None, /) -> None:
        """Find nothing, and let nobody else find what is not wanted.

        Raises
        ------
        ModuleNotFoundError
            For a module that is of no use.
        """
        del path, target
        if name in _UNUSED:
            message = f"{name} is not used here"
            raise ModuleNotFoundError(message, name=name)


def main() -> None:
    """Answer requests until standard input ends.

    The first argument is the limit of the address space in bytes. The process ends with the status
    `OUT_OF_MEMORY` when Python meets that limit; native readers abort instead.
    """
    memory_bytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.meta_path.insert(0, _Without())
    gc.disable()  # what is imported stays: to look for garbage among it is a tenth of the start-up time
    from analytics_platform.ingestion.child.answering import serve  # noqa: PLC0415 - limits and block come first

    gc.freeze()
    gc.enable()
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
