"""Benchmark `components`: who brings the risk of each portfolio, without forming the covariance."""

import numpy as np

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.covariance import sample_covariance
from analytics_platform.risk.parametric import component_value_at_risk, value_at_risk_multiple
from benchmarks.result import Measured, Result, below, share_of_peer
from benchmarks.timing import agree, cpu_seconds

_INSTRUMENTS, _PORTFOLIOS, _SESSIONS = 5_000, 200, 500
_QUICK_INSTRUMENTS = 500
_CONFIDENCE = 0.99
_SEED = 29


def _formed(exposures: Floats, returns: Floats) -> Floats:
    """Components through the covariance in full, of shape (n_portfolios, n_instruments)."""
    covariance = np.cov(returns, rowvar=False)
    product = exposures @ covariance
    deviation = np.sqrt((exposures * product).sum(axis=1, keepdims=True))
    return np.asarray(value_at_risk_multiple(_CONFIDENCE) * exposures * product / deviation)


def measure(*, is_quick: bool) -> Measured:
    """Split the parametric value at risk of all portfolios by instrument."""
    chance, n = np.random.default_rng(_SEED), _QUICK_INSTRUMENTS if is_quick else _INSTRUMENTS
    returns = chance.normal(0.0, 0.015, (_SESSIONS, n))
    exposures = chance.uniform(-1e5, 5e5, (_PORTFOLIOS, n))

    def ours() -> Floats:
        return component_value_at_risk(exposures, sample_covariance(returns), confidence=_CONFIDENCE)

    agree("components", ours(), _formed(exposures, returns), tolerance=1e-8)
    own, formed = (1e3 * seconds for seconds in cpu_seconds(ours, lambda: _formed(exposures, returns)))
    return Measured(
        (
            Result("component VaR", own, "covariance in full", formed, "CPU ms", share_of_peer(1 / 7)),
            Result("component VaR", own, "covariance in full", formed, "CPU ms", below(100.0)),
        ),
        (
            (
                f"{n:,} exposures in {_PORTFOLIOS} portfolios, {_SESSIONS} sessions of returns, one thread: "
                "`component_value_at_risk` on `sample_covariance`, which stays in factor form; the peer is "
                "`np.cov` and one matrix product. Numbers agree to 1e-8."
            ),
        ),
    )
