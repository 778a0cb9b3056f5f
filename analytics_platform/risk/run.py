"""Entry points of the risk step on whole frames, for a range of sessions at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from analytics_platform.risk.contributions import contribute
from analytics_platform.risk.inputs import RiskInputs, Terms, held_instruments, instrument_terms
from analytics_platform.risk.market import MarketHistory, market_history, newest_row
from analytics_platform.risk.metric_rows import metric_rows
from analytics_platform.risk.model_measures import Desk, Simulation, modelled_figures, refused_figures
from analytics_platform.risk.portfolio_measures import CONFIDENCES, measure, session_portfolios
from analytics_platform.risk.portfolios import (
    PortfolioPnl,
    UnitVectors,
    by_session,
    portfolio_pnl,
)
from analytics_platform.risk.results import joined_frames, result_frame, scenario_rows
from analytics_platform.risk.scenarios import Shocks, historical_scenarios
from analytics_platform.risk.snapshot import Snapshot, market_snapshot
from analytics_platform.risk.stress import (
    StressScenario,
    stress_scenarios,
    stress_shocks,
    unmoved_futures,
)
from analytics_platform.risk.tree import check_holdings, portfolio_tree
from analytics_platform.risk.unit_pnl import base_pnl, historical_unit_pnl, no_shocks, value_faults
from analytics_platform.risk.valuation import Book, value_session
from analytics_platform.risk.valuations import shortened
from analytics_platform.tables.risk import (
    INSTRUMENT_VALUATIONS,
    RISK_METRICS,
    SCENARIO_PNL,
    STRESS_RESULTS,
)

__all__ = ["RiskInputs", "Simulation", "contribute", "measure", "measure_by_model", "revalue", "stress"]

N_SCENARIOS = 500
_PASSED_BY = (
    "the shift of all equities does not move {}: deliver the share or fund that it follows as its proxy in "
    "risk_proxies, or a shift of its own"
)


@dataclass(frozen=True)
class _Range:
    """What all sessions of a range share."""

    terms: dict[str, Terms]
    market: MarketHistory
    held: dict[date, list[str]]
    currencies: list[str]


def _prepare(inputs: RiskInputs, sessions: Sequence[date], n_scenarios: int) -> _Range:
    wanted = pl.col("business_date").is_in(sorted(set(sessions)))
    held = held_instruments(inputs.holdings.filter(wanted))
    terms = instrument_terms(inputs, {name for names in held.values() for name in names})
    underlyings = {one.option.underlying_id for one in terms.values() if one.option}
    terms |= instrument_terms(inputs, underlyings - terms.keys())
    market = market_history(inputs, terms, sessions, n_scenarios=n_scenarios)
    currencies = sorted(set(inputs.portfolios["base_currency"]))
    return _Range(terms, market, held, currencies)


def _books(
    inputs: RiskInputs, prepared: _Range, sessions: Sequence[date]
) -> Iterator[tuple[date, Snapshot, Book]]:
    for session in sorted(set(sessions)):
        snapshot = market_snapshot(prepared.market, session, inputs.discount_curves)
        yield session, snapshot, value_session(prepared.terms, prepared.held.get(session, []), snapshot)


def revalue(
    inputs: RiskInputs, sessions: Sequence[date], *, n_scenarios: int = N_SCENARIOS
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Value every held instrument and revalue it in full under historical scenarios.

    Parameters
    ----------
    inputs : RiskInputs
    sessions : sequence of date
    n_scenarios : int
        Moves of past sessions, the newest that of the session itself.

    Returns
    -------
    instrument_valuations : DataFrame
        One row per session and held instrument, columns of `tables.risk.INSTRUMENT_VALUATIONS`.
    scenario_pnl : DataFrame
        One row per session, held instrument and base currency of any portfolio, columns of
        `tables.risk.SCENARIO_PNL`. Where the status is missing there is no vector (null).

    Raises
    ------
    ValueError
        If there is no session, no market data before the first one, or an input occurs twice.

    """
    if not sessions:
        return result_frame(INSTRUMENT_VALUATIONS, []), joined_frames(SCENARIO_PNL, [])
    prepared = _prepare(inputs, sessions, n_scenarios)
    rows: list[dict[str, object]] = []
    vectors = []
    for session, snapshot, book in _books(inputs, prepared, sessions):
        scenarios = historical_scenarios(
            prepared.market, newest_row(prepared.market.dates, session), n_scenarios
        )
        rows.extend({"business_date": session, **vars(one)} for one in book.valuations)
        unit_pnl = historical_unit_pnl(book, snapshot, scenarios, prepared.currencies)
        vectors.append(scenario_rows(session, book.instrument_ids, scenarios, unit_pnl))
    return result_frame(INSTRUMENT_VALUATIONS, rows), joined_frames(SCENARIO_PNL, vectors)


def measure_by_model(
    inputs: RiskInputs,
    scenario_pnl: pl.DataFrame,
    sessions: Sequence[date],
    *,
    confidences: Sequence[float] = CONFIDENCES,
    simulation: Simulation | None = None,
) -> pl.DataFrame:
    """Parametric and Monte Carlo value at risk and expected shortfall of every portfolio.

    Parameters
    ----------
    inputs : RiskInputs
    scenario_pnl : DataFrame
        As from `revalue`. It says which moves of history the factors are to have, and what a portfolio
        lacks: one that is missing there is missing here.
    sessions : sequence of date
    confidences : sequence of float
    simulation : Simulation, optional
        Number of scenarios and seed.

    Returns
    -------
    DataFrame
        Columns of `tables.risk.RISK_METRICS`; `standard_error` is that of the simulation.

    Raises
    ------
    ValueError
        As in `revalue` and `measure`.

    """
    days = sorted(set(sessions))
    wanted = scenario_pnl.filter(pl.col("business_date").is_in(days))
    if not days:
        return result_frame(RISK_METRICS, [])
    levels = [float(confidence) for confidence in confidences]
    n_scenarios = {day: rows["n_scenarios"][0] for day, rows in by_session(wanted).items()}
    windows = {day: rows["first_scenario_date"][0] for day, rows in by_session(wanted).items()}
    prepared = _prepare(inputs, days, max(n_scenarios.values(), default=1))
    found = dict(session_portfolios(inputs.holdings, inputs.portfolios, wanted, days))
    frames = []
    for session, snapshot, book in _books(inputs, prepared, days):
        figures = refused_figures(found[session], levels, "no scenarios on this session")
        if session in n_scenarios:
            scenarios = historical_scenarios(
                prepared.market, newest_row(prepared.market.dates, session), n_scenarios[session]
            )
            desk = Desk(book, snapshot, scenarios, found[session])
            if scenarios.first_date == windows[session]:
                figures = modelled_figures(desk, levels, simulation or Simulation())
            else:
                figures = refused_figures(
                    found[session], levels, "the stored scenarios are of other sessions"
                )
        frames.append(metric_rows(session, found[session], figures))
    return joined_frames(RISK_METRICS, frames)


def stress(inputs: RiskInputs, sessions: Sequence[date]) -> pl.DataFrame:
    """P&L of every portfolio under every stress scenario, by full revaluation.

    Parameters
    ----------
    inputs : RiskInputs
        `stress_shifts` says what is shifted; see `stress.stress_shocks` for how.
    sessions : sequence of date

    Returns
    -------
    DataFrame
        Columns of `tables.risk.STRESS_RESULTS`. Missing where a held instrument has no value or the
        scenario cannot be applied.

    Raises
    ------
    ValueError
        As in `revalue` and `measure`.

    """
    if not sessions or inputs.stress_shifts.is_empty():
        return result_frame(STRESS_RESULTS, [])
    prepared = _prepare(inputs, sessions, n_scenarios=0)
    known = set(inputs.instruments["instrument_id"])
    scenarios = stress_scenarios(inputs.stress_shifts, prepared.market, known)
    tree = portfolio_tree(inputs.portfolios)
    check_holdings(inputs.holdings, tree)
    held = by_session(inputs.holdings)
    shocks = {
        currency: stress_shocks(scenarios, prepared.market, prepared.terms, currency)
        for currency in prepared.currencies
    }
    rows: list[dict[str, object]] = []
    for session, snapshot, book in _books(inputs, prepared, sessions):
        vectors = _stress_vectors(book, snapshot, shocks)
        portfolios = portfolio_pnl(tree, held.get(session, inputs.holdings.clear()), vectors, session)
        for number, scenario in enumerate(scenarios):
            unmoved = unmoved_futures(scenario, prepared.terms)
            rows.extend(_stress_rows(session, portfolios, number, scenario, unmoved))
    return result_frame(STRESS_RESULTS, rows)


def _stress_vectors(book: Book, snapshot: Snapshot, shocks: Mapping[str, Shocks]) -> dict[str, UnitVectors]:
    """Revalue under the stress scenarios, as each base currency sees them."""
    any_base = next(iter(shocks.values()))
    # Only the exchange rates depend on the base: values in local currency that know none are found once.
    local = (book.unit_values(no_shocks(any_base)), book.unit_values(any_base))
    vectors = {}
    for currency, own in shocks.items():
        shocked = book.unit_values(own) if book.forwards else local[1]
        _value, pnl = base_pnl(book, snapshot, own, currency, (local[0], shocked))
        status, reason = [], []
        for row, valuation in enumerate(book.valuations):
            faults = value_faults(book, row, snapshot, currency)
            status.append("missing" if faults else valuation.status)
            reason.append("; ".join(faults) or valuation.reason or "")
        vectors[currency] = UnitVectors(book.instrument_ids, pnl, status, reason)
    return vectors


def _stress_rows(
    session: date,
    portfolios: PortfolioPnl,
    number: int,
    scenario: StressScenario,
    unmoved: frozenset[str],
) -> Iterator[dict[str, object]]:
    for row, portfolio in enumerate(portfolios.portfolio_ids):
        is_missing = portfolios.status[row] == "missing" or bool(scenario.fault)
        passed_by = sorted(unmoved & set(portfolios.positions(row)[0])) if unmoved else []
        warning = _PASSED_BY.format(", ".join(passed_by)) if passed_by else ""
        reason = "; ".join(part for part in (scenario.fault, portfolios.reason[row], warning) if part)
        yield {
            "business_date": session,
            "portfolio_id": portfolio,
            "scenario_id": scenario.scenario_id,
            "scenario_name": scenario.name,
            "currency": portfolios.currencies[row],
            "pnl": None if is_missing else float(portfolios.pnl[row, number]),
            "status": "missing" if is_missing else "warning" if warning else portfolios.status[row],
            "reason": shortened(reason) or None,
        }
