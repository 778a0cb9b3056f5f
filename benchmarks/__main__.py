"""``python -m benchmarks [NAME...]``: the command line of the benchmarks."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.catalogue import CATALOGUE
from benchmarks.machine import load
from benchmarks.report import RESULTS, page, table
from benchmarks.result import Measured
from benchmarks.runner import BenchmarkFailed, run_apart, run_here

_FAILED = 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure speed and memory beside a peer in the same run."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to run; all by default")
    parser.add_argument("--list", action="store_true", help="list the benchmarks and end")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.parent.name}/{RESULTS.name}")
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    return parser


def _run_all(names: Sequence[str], *, is_quick: bool) -> tuple[dict[str, Measured], list[str]]:
    """Run benchmarks one after the other; return what was found, and which failed."""
    found: dict[str, Measured] = {}
    failed = []
    for name in names:
        print(f"{name}: {CATALOGUE[name].summary} ...", file=sys.stderr, flush=True)
        try:
            found[name] = run_apart(name, is_quick=is_quick)
        except BenchmarkFailed as error:
            print(error, file=sys.stderr)
            failed.append(name)
        else:
            print(table({name: found[name]}), *found[name].notes, "", sep="\n\n", flush=True)
    return found, failed


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    parser = _parser()
    asked = parser.parse_args()
    names = asked.names or list(CATALOGUE)
    if unknown := sorted(set(names) - set(CATALOGUE)):
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(CATALOGUE)}")
    if asked.write and (asked.quick or asked.names):
        parser.error("--write takes a full run of all benchmarks: no NAME, no --quick")
    if asked.list:
        for name, benchmark in CATALOGUE.items():
            print(f"{name:<8} {benchmark.summary}")
        return 0
    if asked.answer:
        run_here(names[0], asked.answer, is_quick=asked.quick)
        return 0
    load_before = load()
    found, failed = _run_all(names, is_quick=asked.quick)
    if len(found) > 1:
        print(table(found))
    if asked.write and not failed:
        RESULTS.write_text(page(found, load_before), "utf-8")
        print(f"written: {RESULTS}")
    return _FAILED if failed else 0


if __name__ == "__main__":
    sys.exit(main())
