"""Results as text: a table for the terminal and the page RESULTS.md. Nothing is measured here."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

from benchmarks.machine import machine_rows
from benchmarks.result import Measured, Met, Result

RESULTS = Path(__file__).with_name("RESULTS.md")
_WIDTH = 110
_HEADERS = ("Benchmark", "Measured", "Ours", "Peer", "Unit", "Compared with", "Ours : peer", "Target", "Met")
_INTRODUCTION = """\
# Benchmark results

Written by `python -m benchmarks --write`; do not edit. Every figure of ours stands beside a peer's that was
measured in the same run on the same machine: the ratio is what carries over to other machines, the figures
themselves do not. Lower is better in every row. `1 : 35` means that the peer costs 35 times as much,
`1.2 : 1` that ours costs 1.2 times as much. A row without a peer has a target in its own unit, or none.
No test asserts any of this.
"""


def number(value: float) -> str:
    """Write a figure with three digits that count.

    Examples
    --------
    >>> number(12345.6), number(41.26), number(0.01234)
    ('12,346', '41.3', '0.0123')
    """
    if value >= 100.0:  # noqa: PLR2004 - three digits before the point
        return f"{value:,.0f}"
    return f"{value:#.3g}"


def ratio(value: float | None) -> str:
    """Write our cost over the peer's as a proportion.

    Examples
    --------
    >>> ratio(0.02), ratio(1.25), ratio(None)
    ('1 : 50.0', '1.25 : 1', '')
    """
    if value is None:
        return ""
    return f"1 : {number(1.0 / value)}" if value < 1.0 else f"{number(value)} : 1"


def _cells(name: str, result: Result) -> tuple[str, ...]:
    return (
        name,
        result.name,
        number(result.ours),
        "" if result.peer is None else number(result.peer),
        result.unit,
        result.peer_name,
        ratio(result.ratio),
        "" if result.target is None else str(result.target),
        result.met,
    )


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Lines of a Markdown table that reads well as text, too."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def table(measured: Mapping[str, Measured]) -> str:
    """Return all results as one Markdown table."""
    rows = [_cells(name, result) for name, found in measured.items() for result in found.results]
    return "\n".join(_aligned([_HEADERS, *rows]))


def _missed(measured: Mapping[str, Measured]) -> str:
    lines = [
        f"- **{name}, {one.name}**: {number(one.ours)} {one.unit}"
        + (f", {ratio(one.ratio)} beside {one.peer_name}" if one.peer_name else "")
        + f"; the target is {one.target}."
        for name, found in measured.items()
        for one in found.results
        if one.met is Met.NO
    ]
    return "\n".join(lines) or "None."


def _wrapped(note: str) -> str:
    return note if "```" in note else textwrap.fill(note, _WIDTH, break_on_hyphens=False)


def page(measured: Mapping[str, Measured], load_before: str) -> str:
    """Return the page RESULTS.md."""
    machine = "\n".join(_aligned([("Machine", ""), *machine_rows(load_before)]))
    notes = "\n\n".join(
        "\n\n".join((f"### {name}", *map(_wrapped, found.notes))) for name, found in measured.items()
    )
    return "\n".join(
        (
            _INTRODUCTION,
            "## Machine\n",
            f"{machine}\n",
            "## Results\n",
            f"{table(measured)}\n",
            "## Targets missed\n",
            f"{_missed(measured)}\n",
            "## What was measured, and how to read it\n",
            f"{notes}\n",
        )
    )
