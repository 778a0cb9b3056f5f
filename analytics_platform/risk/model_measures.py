"""Parametric and Monte Carlo value at risk and expected shortfall, out of a model of the risk factors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from analytics_platform.risk.aggregation import portfolio_vectors
from analytics_platform.risk.arrays import Booleans, Floats
from analytics_platform.risk.covariance import (
    Covariance,
    ewma_covariance,
    ledoit_wolf_covariance,
    sample_covariance,
)
from analytics_platform.risk.factor_model import FactorModel, base_deltas, factor_model, local_deltas
from analytics_platform.risk.measures import expected_shortfall, tail, value_at_risk
from analytics_platform.risk.metric_rows import Figure
from analytics_platform.risk.monte_carlo import expected_shortfall_error, simulated_pnl, value_at_risk_error
from analytics_platform.risk.parametric import (
    expected_shortfall_multiple,
    portfolio_deviation,
    value_at_risk_multiple,
)
from analytics_platform.risk.portfolio_measures import VOLATILITY_DECAY
from analytics_platform.risk.portfolios import PortfolioPnl
from analytics_platform.risk.scenarios import ScenarioSet
from analytics_platform.risk.snapshot import Snapshot
from analytics_platform.risk.unit_pnl import base_pnl, no_shocks
from analytics_platform.risk.valuation import Book

METHODS = ("parametric_sample", "parametric_ewma", "parametric_ledoit_wolf", "monte_carlo")
_METRICS = ("value_at_risk", "expected_shortfall")
_LEAST_HISTORY = 2
_PIECE = 256
"""Simulated scenarios that are revalued at once: a large book of them stays small in memory."""
_FEW = "fewer than one simulated scenario in the tail: worst loss"


@dataclass(frozen=True)
class Simulation:
    """How much is simulated, and from which seed; every session draws the same numbers."""

    n_scenarios: int = 2000
    seed: int = 20130301


@dataclass(frozen=True)
class Desk:
    """One session: its instruments and market, the history of the factors, and the portfolios."""

    book: Book
    snapshot: Snapshot
    scenarios: ScenarioSet
    portfolios: PortfolioPnl

    def rows(self, currency: str) -> list[int]:
        """Portfolios of a base currency."""
        return [row for row, code in enumerate(self.portfolios.currencies) if code == currency]

    def quantities(self) -> csr_array:
        """Units of each instrument of the book that each portfolio holds."""
        names = self.portfolios.instrument_ids
        position = {name: row for row, name in enumerate(self.book.instrument_ids)}
        known = [(column, position[name]) for column, name in enumerate(names) if name in position]
        rows, columns = np.array(known, dtype=np.int64).reshape(-1, 2).T
        chosen = csr_array((np.ones(len(known)), (rows, columns)), shape=(len(names), len(position)))
        return csr_array(self.portfolios.quantities @ chosen)


def modelled_figures(desk: Desk, confidences: Sequence[float], simulation: Simulation) -> list[Figure]:
    """Parametric and Monte Carlo figures of all portfolios on one session.

    The factors are those of the historical scenarios: relative moves of equities and exchange rates,
    absolute moves of zero rates, normal with mean zero. The parametric methods take every instrument
    as linear in them, by its deltas; Monte Carlo revalues every instrument in full and rests on the
    sample covariance. Shrinkage is that of standardised moves: rates and equities differ in unit, and
    a common variance of both would be that of neither.

    Parameters
    ----------
    desk : Desk
        A portfolio that is missing in it stays missing.
    confidences : sequence of float
    simulation : Simulation

    """
    if desk.scenarios.n_scenarios < _LEAST_HISTORY:
        return refused_figures(desk.portfolios, confidences, "one move of history has no covariance")
    model = factor_model(desk.book, desk.snapshot, desk.scenarios, sorted(set(desk.portfolios.currencies)))
    quantities = desk.quantities()
    exposures, unknown = _exposures(desk, model, quantities)
    pnl, unvalued = _simulated(desk, model, quantities, simulation)
    figures = [
        *_parametric(model.moves, exposures, confidences),
        *_monte_carlo(pnl, confidences),
    ]
    faults = [""] * len(desk.portfolios.portfolio_ids)
    for currency, is_lost in unknown.items():
        _mark(faults, desk, quantities, currency, is_lost | unvalued[currency])
    return [replace(figure, faults=faults) for figure in figures]


def refused_figures(portfolios: PortfolioPnl, confidences: Sequence[float], fault: str) -> list[Figure]:
    """All modelled figures of a session on which there is no model, without a value."""
    n = len(portfolios.portfolio_ids)
    return [
        Figure(metric, method, confidence, 0, np.full(n, np.nan), faults=[fault] * n)
        for method in METHODS
        for confidence in confidences
        for metric in _METRICS
    ]


def _exposures(desk: Desk, model: FactorModel, quantities: csr_array) -> tuple[Floats, dict[str, Booleans]]:
    """Gain of each portfolio per 1.00 of each factor; by base currency, instruments without any."""
    local = local_deltas(model, desk.book, desk.scenarios.shocks)
    exposures = np.zeros((quantities.shape[0], model.moves.shape[1]))
    lost = {}
    for currency in sorted(set(desk.portfolios.currencies)):
        deltas, lost[currency] = base_deltas(model, desk.book, desk.snapshot, local, currency)
        rows = desk.rows(currency)
        exposures[rows] = (quantities[rows] @ deltas).toarray()
    return exposures, lost


def _parametric(moves: Floats, exposures: Floats, confidences: Sequence[float]) -> list[Figure]:
    scale, standardised = _standardised(moves)
    models: dict[str, tuple[Floats, Covariance]] = {
        "parametric_sample": (exposures, sample_covariance(moves)),
        "parametric_ewma": (exposures, ewma_covariance(moves, decay=VOLATILITY_DECAY)),
        "parametric_ledoit_wolf": (exposures * scale, standardised),
    }
    multiples = {"value_at_risk": value_at_risk_multiple, "expected_shortfall": expected_shortfall_multiple}
    # Every figure of a method is a multiple of one deviation.
    deviations = {
        method: portfolio_deviation(own, covariance) for method, (own, covariance) in models.items()
    }
    return [
        Figure(metric, method, confidence, len(moves), multiple(confidence) * deviation)
        for method, deviation in deviations.items()
        for confidence in confidences
        for metric, multiple in multiples.items()
    ]


def _standardised(moves: Floats) -> tuple[Floats, Covariance]:
    """Deviations of the factors, and the shrunk covariance of their moves in deviations.

    A factor that never moves is none: in the target it would move like the others.
    """
    deviation = moves.std(axis=0, ddof=1)
    is_moving = deviation > 0.0
    if not is_moving.any():
        return deviation, sample_covariance(moves)
    shrunk = ledoit_wolf_covariance(moves[:, is_moving] / deviation[is_moving])
    factor = np.zeros(moves.shape)
    factor[:, is_moving] = shrunk.factor
    return deviation, Covariance(factor, shrunk.ridge, shrunk.shrinkage)


def _root(covariance: Covariance) -> Floats:
    """Root with as few rows as there are factors: each row asks for a random number a scenario."""
    factor = covariance.factor
    if factor.shape[0] <= factor.shape[1]:
        return factor
    triangle = np.linalg.qr(factor, mode="r")
    # The sign of a row is the library's choice; a diagonal above zero is that of Cholesky.
    return np.asarray(triangle * np.where(np.diagonal(triangle) < 0.0, -1.0, 1.0)[:, None])


def _simulated(
    desk: Desk, model: FactorModel, quantities: csr_array, simulation: Simulation
) -> tuple[Floats, dict[str, Booleans]]:
    """P&L of each portfolio in simulated scenarios; by base currency, instruments without a value."""
    shocks = desk.scenarios.shocks
    today = desk.book.unit_values(no_shocks(shocks))
    currencies = sorted(set(desk.portfolios.currencies))
    lost = {code: np.zeros(len(desk.book.value), dtype=np.bool_) for code in currencies}

    def revalue(moves: Floats) -> Floats:
        pieces = [moves[start : start + _PIECE] for start in range(0, len(moves), _PIECE)]
        return np.concatenate([revalue_piece(piece) for piece in pieces], axis=1)

    def revalue_piece(moves: Floats) -> Floats:
        moved = model.shocks(moves, shocks)
        local = (today, desk.book.unit_values(moved))
        pnl = np.zeros((quantities.shape[0], len(moves)))
        for code in currencies:
            _value, unit = base_pnl(desk.book, desk.snapshot, moved, code, local)
            is_lost: Booleans = np.asarray(~np.isfinite(unit).all(axis=1))
            lost[code] |= is_lost
            unit[is_lost] = 0.0
            rows = desk.rows(code)
            pnl[rows] = portfolio_vectors(quantities[rows], unit)
        return pnl

    root = _root(sample_covariance(model.moves))
    pnl = simulated_pnl(root, revalue, n_scenarios=simulation.n_scenarios, seed=simulation.seed)
    return pnl, lost


def _monte_carlo(pnl: Floats, confidences: Sequence[float]) -> list[Figure]:
    n_portfolios, n = pnl.shape
    measures = {
        "value_at_risk": (value_at_risk, value_at_risk_error),
        "expected_shortfall": (expected_shortfall, expected_shortfall_error),
    }
    return [
        Figure(
            metric,
            "monte_carlo",
            confidence,
            n,
            measure(pnl, confidence=confidence),
            errors=error(pnl, confidence=confidence),
            warnings=[_FEW if tail(n, confidence).is_short else ""] * n_portfolios,
        )
        for confidence in confidences
        for metric, (measure, error) in measures.items()
    ]


def _mark(faults: list[str], desk: Desk, quantities: csr_array, currency: str, is_lost: Booleans) -> None:
    """Say of each portfolio of a base currency which of its instruments the model does not know."""
    if not is_lost.any():
        return
    for row in desk.rows(currency):
        held = quantities.indices[quantities.indptr[row] : quantities.indptr[row + 1]]
        names = sorted(desk.book.instrument_ids[column] for column in held if is_lost[column])
        if names:
            faults[row] = f"no model of the risk factors of {', '.join(names)}"
