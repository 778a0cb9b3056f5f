"""Benchmark `risk`: the whole risk step of one session on a large desk, warm."""

import os

from analytics_platform.risk.run import contribute, revalue, stress
from analytics_platform.risk.run import measure as measure_portfolios
from benchmarks.desk import Desk, desk
from benchmarks.processes import peak_bytes_of
from benchmarks.result import Measured, below, without_peer
from benchmarks.timing import cpu_seconds

_POSITIONS, _PORTFOLIOS, _SCENARIOS = 5_000, 200, 500
_QUICK_POSITIONS, _QUICK_PORTFOLIOS = 500, 20
_MEGABYTE = 1e6


def _step(made: Desk) -> int:
    """Revalue, measure, split up and stress; return the number of rows."""
    days = [made.session]
    _valuations, pnl = revalue(made.inputs, days, n_scenarios=_SCENARIOS)
    holdings, portfolios = made.inputs.holdings, made.inputs.portfolios
    metrics = measure_portfolios(holdings, portfolios, pnl, sessions=days)
    parts = contribute(holdings, portfolios, pnl, sessions=days)
    stressed = stress(made.inputs, days)
    missing = metrics.filter(status="missing")
    if not missing.is_empty():
        message = f"{missing.height} metrics are missing: {missing['reason'][0]}"
        raise ValueError(message)
    return metrics.height + parts.height + stressed.height


def measure(*, is_quick: bool) -> Measured:
    """Run the step several times, and take the fastest."""
    sizes = (_QUICK_POSITIONS, _QUICK_PORTFOLIOS) if is_quick else (_POSITIONS, _PORTFOLIOS)
    made = desk(*sizes, _SCENARIOS)
    rows = _step(made)
    (seconds,) = cpu_seconds(lambda: _step(made), rounds=3)
    peak = peak_bytes_of(os.getpid()) / _MEGABYTE
    return Measured(
        (
            without_peer("whole step, warm", seconds, "CPU s", below(3.0)),
            without_peer("peak RSS", peak, "MB", below(600.0)),
        ),
        (
            (
                f"{sizes[0]:,} positions (70 % equities in five currencies, 20 % bonds, 10 % options) in "
                f"a tree of {sizes[1]} portfolios, {_SCENARIOS} historical scenarios: full revaluation, VaR "
                "and ES of every node at three confidences, contributions, four stress scenarios; "
                f"{rows:,} rows of results. One thread, frames in and frames out, the least of three runs "
                "after the first; the peak is that of the whole process, imports and input included."
            ),
        ),
    )
