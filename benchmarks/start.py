"""Benchmark `import`: how long the definitions take to load in a fresh interpreter, beside bare Dagster."""

from statistics import median

from benchmarks.processes import run_python
from benchmarks.result import Measured, Result, share_of_peer

_OURS = "from analytics_platform.definitions import defs; defs()"
_REPOSITORY = "from analytics_platform.definitions import defs; defs().get_repository_def()"
_PEER = "import dagster, dagster_dbt"
_ROUNDS, _QUICK_ROUNDS = 5, 1


def measure(*, is_quick: bool) -> Measured:
    """Load our definitions and bare Dagster in turns, each in an interpreter of its own."""
    codes = (_OURS, _REPOSITORY, _PEER)
    rounds = _QUICK_ROUNDS if is_quick else _ROUNDS
    run_python(_PEER)
    run_python(_OURS)
    spent = [[run_python(code) for code in codes] for _ in range(rounds)]
    ours, repository, peer = (median(seconds) for seconds in zip(*spent, strict=True))
    return Measured(
        (
            Result("load definitions", ours, f"`{_PEER}`", peer, "CPU s", share_of_peer(1.5)),
            Result("load and resolve all jobs", repository, f"`{_PEER}`", peer, "CPU s"),
        ),
        (
            (
                f"CPU seconds of a fresh interpreter, median of {rounds} after one unmeasured start; "
                "bytecode was compiled before. `load definitions` is the import and the call of `defs()`, "
                "what a command of ours needs; a code server of Dagster resolves all jobs as well."
            ),
        ),
    )
