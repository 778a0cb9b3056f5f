"""Unit P&L summed over the holdings of every portfolio of the tree, with what is missing and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from analytics_platform.risk.aggregation import portfolio_vectors
from analytics_platform.risk.arrays import Floats, Integers
from analytics_platform.risk.numeric_input import NOT_FINITE
from analytics_platform.risk.tree import Tree, holders, holdings_matrix, silent_members
from analytics_platform.risk.valuations import shortened

_NOTHING_HELD = "no holdings on this session"
_STATUSES = ("ok", "warning", "missing")


@dataclass(frozen=True)
class UnitVectors:
    """P&L of one unit in one currency on one session; rows in the order of `instrument_ids`.

    What stands in a row of `pnl` whose status is missing means nothing.
    """

    instrument_ids: list[str]
    pnl: Floats
    status: list[str]
    reason: list[str]


@dataclass(frozen=True)
class PortfolioPnl:
    """All portfolios on one session, each with all that is below it; rows sorted by portfolio.

    Attributes
    ----------
    portfolio_ids, currencies, status, reason : list of str
    instrument_ids : list of str
        Sorted.
    quantities : csr_array of shape (n_portfolios, n_instruments)
    unit_pnl : dict of str to ndarray of shape (n_instruments, n_scenarios)
        By base currency.
    pnl : ndarray of shape (n_portfolios, n_scenarios)
        Zeros where the status is missing: a part of a portfolio is not the portfolio.

    """

    portfolio_ids: list[str]
    currencies: list[str]
    status: list[str]
    reason: list[str]
    instrument_ids: list[str]
    quantities: csr_array
    unit_pnl: dict[str, Floats]
    pnl: Floats

    def positions(self, row: int) -> tuple[list[str], Floats]:
        """Instruments with a net holding of one portfolio, and their P&L [position x scenario]."""
        columns, quantities = _held(self.quantities, row)
        names = [self.instrument_ids[column] for column in columns]
        return names, quantities[:, None] * self.unit_pnl[self.currencies[row]][columns]

    def held_quantities(self, row: int) -> Floats:
        """Net quantities of the positions of one portfolio, in the order of `positions`."""
        return _held(self.quantities, row)[1]


def _held(matrix: csr_array, row: int) -> tuple[Integers, Floats]:
    """Columns and quantities of the net holdings of a portfolio."""
    span = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[span].astype(np.int64), matrix.data[span]


def aligned(names: Sequence[str], vectors: UnitVectors | None, n_scenarios: int) -> UnitVectors:
    """Return vectors in the order of the names; zeros where missing."""
    row_of = {name: row for row, name in enumerate(vectors.instrument_ids)} if vectors else {}
    pnl = np.zeros((len(names), n_scenarios))
    status, reason = ["missing"] * len(names), ["not valued"] * len(names)
    for i, name in enumerate(names):
        if vectors and name in row_of:
            row = row_of[name]
            status[i], reason[i] = vectors.status[row], vectors.reason[row]
            if status[i] != "missing":
                pnl[i] = vectors.pnl[row]
    return UnitVectors(list(names), pnl, status, reason)


def _judged(matrix: csr_array, row: int, vectors: UnitVectors) -> tuple[str, str]:
    """Status and reason of a portfolio: the worst of its instruments, which are named."""
    held = _held(matrix, row)[0]
    status = max((vectors.status[column] for column in held), key=_STATUSES.index, default="ok")
    if status == "ok":
        return status, ""
    affected = [
        f"{vectors.instrument_ids[column]} ({vectors.reason[column]})"
        for column in held
        if vectors.status[column] == status
    ]
    return status, shortened(f"{len(affected)} of {len(held)} instruments: {', '.join(affected)}")


def portfolio_pnl(
    tree: Tree, holdings: pl.DataFrame, vectors: Mapping[str, UnitVectors], session: date
) -> PortfolioPnl:
    """P&L of every portfolio on one session, in its base currency.

    Parameters
    ----------
    tree : Tree
    holdings : DataFrame
        Columns portfolio_id, instrument_id, quantity, of the session; see `tree.check_holdings`.
    vectors : mapping of str to UnitVectors
        By base currency, all of one length.
    session : date

    Returns
    -------
    PortfolioPnl
        A portfolio is missing if nothing is held, if a member that has begun delivered no positions, or
        if any held instrument is missing, with the names of these; a warning of a held instrument
        carries through. What cancels is not held.

    """
    names = sorted(holdings["instrument_id"].unique())
    matrix = holdings_matrix(tree, holdings, names)
    n_scenarios = max((one.pnl.shape[1] for one in vectors.values()), default=0)
    currencies = list(tree.base_currency.values())
    units = {code: aligned(names, vectors.get(code), n_scenarios) for code in sorted(set(currencies))}
    judged = [
        _judged(matrix, row, units[code]) if is_holder else ("missing", _NOTHING_HELD)
        for row, (code, is_holder) in enumerate(zip(currencies, holders(tree, holdings), strict=True))
    ]
    for row, silent in enumerate(silent_members(tree, holdings, session)):
        if silent:
            judged[row] = ("missing", _silence(silent, session))
    if n_scenarios == 0:
        judged = [("missing", reason or "no scenarios on this session") for _status, reason in judged]
    pnl = np.zeros((len(currencies), n_scenarios))
    for code, unit in units.items():
        rows = [r for r, own in enumerate(currencies) if own == code and judged[r][0] != "missing"]
        pnl[rows] = portfolio_vectors(matrix[rows], unit.pnl)
    return PortfolioPnl(
        portfolio_ids=list(tree.base_currency),
        currencies=currencies,
        status=[status for status, _reason in judged],
        reason=[reason for _status, reason in judged],
        instrument_ids=names,
        quantities=matrix,
        unit_pnl={code: unit.pnl for code, unit in units.items()},
        pnl=pnl,
    )


def _silence(members: Sequence[str], session: date) -> str:
    """Why a portfolio is not whole; in the words of the returns."""
    return shortened("; ".join(f"no positions of {name} on {session}" for name in members))


def vectors_by_currency(scenario_pnl: pl.DataFrame) -> dict[str, UnitVectors]:
    """Take the unit vectors of one session out of its rows of `scenario_pnl`, by currency.

    A vector that holds a NaN, an infinity or a null is missing: its scenario must not be averaged away.

    Raises
    ------
    ValueError
        If vectors of the session differ in length.

    """
    is_usable = scenario_pnl["unit_pnl"].is_not_null() & (scenario_pnl["status"] != "missing")
    n_scenarios: Integers = scenario_pnl["n_scenarios"].unique().to_numpy()
    vectors = scenario_pnl["unit_pnl"].filter(is_usable)
    if n_scenarios.size != 1 or not bool((vectors.list.len() == n_scenarios[0]).all()):
        message = f"scenario vectors of {scenario_pnl['business_date'][0]} differ in length"
        raise ValueError(message)
    usable = is_usable.to_numpy().copy()
    pnl = np.zeros((len(scenario_pnl), int(n_scenarios[0])))
    pnl[usable] = vectors.explode().to_numpy().reshape(-1, int(n_scenarios[0]))
    names, codes, status, reason = (
        scenario_pnl[column].to_list() for column in ("instrument_id", "currency", "status", "reason")
    )
    for row in np.flatnonzero(~np.isfinite(pnl).all(axis=1)):
        usable[row], reason[row], pnl[row] = False, NOT_FINITE, 0.0
    result = {}
    for code in sorted(set(codes)):
        rows = [row for row, own in enumerate(codes) if own == code]
        result[code] = UnitVectors(
            [names[row] for row in rows],
            pnl[rows],
            [status[row] if usable[row] else "missing" for row in rows],
            [reason[row] or "" for row in rows],
        )
    return result


def by_session(frame: pl.DataFrame) -> dict[date, pl.DataFrame]:
    """Rows of each session, in the order of the sessions."""
    parts = frame.partition_by("business_date", as_dict=True)
    return {day: part for (day,), part in sorted(parts.items())}
