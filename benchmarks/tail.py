"""Benchmark `tail`: value at risk and expected shortfall of portfolios, beside SQL, pandas and bare BLAS."""

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from scipy.sparse import csr_array

from analytics_platform.risk.aggregation import portfolio_vectors
from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.measures import expected_shortfall, value_at_risk
from benchmarks.result import Measured, Result, share_of_peer
from benchmarks.tail_peers import DuckDBTail, PandasTail
from benchmarks.timing import Work, agree, cpu_seconds

_PORTFOLIOS, _INSTRUMENTS, _SCENARIOS, _HELD = 200, 5_000, 500, 100
_QUICK_INSTRUMENTS, _QUICK_HELD = 500, 20
_SEED = 11
_NO_PANDAS = "pandas is not installed here, so it was left out."


@dataclass(frozen=True)
class _Case:
    holdings: csr_array
    dense: Floats
    full: csr_array
    pnl: Floats


def _case(instruments: int, held: int) -> _Case:
    chance = np.random.default_rng(_SEED)
    dense = np.zeros((_PORTFOLIOS, instruments))
    for row in range(_PORTFOLIOS):
        columns = chance.choice(instruments, held, replace=False)
        dense[row, columns] = chance.uniform(-1_000.0, 5_000.0, held)
    pnl = chance.standard_t(4, (instruments, _SCENARIOS)) * 0.02
    return _Case(csr_array(dense), dense, csr_array(chance.random(dense.shape)), pnl)


def _tail(holdings: csr_array, pnl: Floats) -> tuple[Floats, Floats]:
    portfolios = portfolio_vectors(holdings, pnl)
    return value_at_risk(portfolios, confidence=0.99), expected_shortfall(portfolios, confidence=0.975)


def _peers(case: _Case) -> dict[str, Work]:
    """Peers by name, each checked against ours."""
    peers: dict[str, Work] = {}
    candidates: list[DuckDBTail | PandasTail] = [DuckDBTail(case.holdings, case.pnl)]
    if find_spec("pandas"):
        candidates.append(PandasTail(case.holdings, case.pnl))
    for peer in candidates:
        agree(peer.name, np.stack(_tail(case.holdings, case.pnl)), np.stack(peer.run()), tolerance=1e-8)
        peers[peer.name] = peer.run
    return peers


def measure(*, is_quick: bool) -> Measured:
    """Aggregate one P&L cube to portfolios and take the tail."""
    case = _case(_QUICK_INSTRUMENTS, _QUICK_HELD) if is_quick else _case(_INSTRUMENTS, _HELD)
    peers = _peers(case)
    works: list[Work] = [
        lambda: _tail(case.holdings, case.pnl),
        lambda: _tail(case.full, case.pnl),
        lambda: case.dense @ case.pnl,
        *peers.values(),
    ]
    sparse, full, dgemm, *others = (1e3 * seconds for seconds in cpu_seconds(*works))
    limits = {DuckDBTail.name: 1 / 15, PandasTail.name: 1 / 35}
    rows = [
        Result("VaR and ES, sparse", sparse, name, cost, "CPU ms", share_of_peer(limits[name]))
        for name, cost in zip(peers, others, strict=True)
    ]
    rows += [
        Result("VaR and ES, sparse", sparse, "dense matrix product (BLAS)", dgemm, "CPU ms"),
        Result("VaR and ES, dense", full, "dense matrix product (BLAS)", dgemm, "CPU ms", share_of_peer(2.0)),
    ]
    shape = f"{_PORTFOLIOS} portfolios x {case.pnl.shape[0]:,} instruments x {_SCENARIOS} scenarios"
    return Measured(
        tuple(rows),
        (
            (
                f"{shape}; sparse: {case.holdings.nnz:,} holdings, dense: every portfolio holds everything. "
                "Ours is `portfolio_vectors` from CSR holdings and the P&L cube, then VaR at 99 % and ES at "
                "97.5 %, one thread. "
                "DuckDB (one thread) and pandas start from the same data in long form, already in memory. "
                "Numbers agree to 1e-8. The matrix product is the calibration: what one BLAS call on the "
                "dense shape costs here."
            ),
            *([] if PandasTail.name in peers else [_NO_PANDAS]),
        ),
    )
