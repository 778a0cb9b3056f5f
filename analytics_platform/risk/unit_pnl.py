"""Profit and loss of one unit in a base currency, and whether each vector can be used."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.scenarios import ScenarioSet, Shocks
from analytics_platform.risk.snapshot import Snapshot
from analytics_platform.risk.valuation import Book
from analytics_platform.risk.valuations import shortened


@dataclass(frozen=True)
class UnitPnl:
    """Values and P&L of one unit of each instrument of a book in one base currency.

    Attributes
    ----------
    currency : str
    value : ndarray of shape (n,)
        NaN where it is missing.
    pnl : ndarray of shape (n, n_scenarios)
        Only to be used where `status` is not missing.
    status, reason : list of str
        `ok`, `warning` or `missing`, and why; the reason of ok is empty.

    """

    currency: str
    value: Floats
    pnl: Floats
    status: list[str]
    reason: list[str]


def no_shocks(shocks: Shocks) -> Shocks:
    """One scenario in which nothing moves, for the same market."""
    return Shocks(
        equity=np.zeros((shocks.equity.shape[0], 1)),
        fx=np.zeros((shocks.fx.shape[0], 1)),
        zero_rates={name: np.zeros((1, moves.shape[1])) for name, moves in shocks.zero_rates.items()},
        volatility_factor=np.ones((1, 1)),
        volatility_shift=np.zeros((1, 1)),
    )


def base_pnl(
    book: Book, snapshot: Snapshot, shocks: Shocks, currency: str, local: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Value today and P&L of one unit in a base currency.

    Value and exchange rate both move: ``value(s) * fx(s) - value(0) * fx(0)``.

    Parameters
    ----------
    book : Book
    snapshot : Snapshot
    shocks : Shocks
    currency : str
        Base currency.
    local : tuple of ndarray
        Values in local currency today, shape (n, 1), and in each scenario, (n, n_scenarios).

    Returns
    -------
    value : ndarray of shape (n,)
    pnl : ndarray of shape (n, n_scenarios)

    """
    today, shocked = local
    value, pnl = np.full(book.value.shape, np.nan), np.full(shocked.shape, np.nan)
    codes = np.array(book.currency_of, dtype=np.str_)
    for code in sorted(set(book.currency_of)):
        rows = np.flatnonzero(codes == code)
        if code == currency:
            value[rows], pnl[rows] = book.value[rows], shocked[rows] - today[rows]
        elif code in snapshot.currencies and currency in snapshot.currencies:
            own, base = snapshot.currencies[code], snapshot.currencies[currency]
            rate = snapshot.fx[own] / snapshot.fx[base]
            moved = rate * (1.0 + shocks.fx[own]) / (1.0 + shocks.fx[base])
            value[rows], pnl[rows] = book.value[rows] * rate, shocked[rows] * moved - today[rows] * rate
    return value, pnl


def historical_unit_pnl(
    book: Book, snapshot: Snapshot, scenarios: ScenarioSet, currencies: Sequence[str]
) -> list[UnitPnl]:
    """P&L of one unit of each instrument in each base currency under historical scenarios.

    Parameters
    ----------
    book : Book
    snapshot : Snapshot
    scenarios : ScenarioSet
    currencies : sequence of str
        Base currencies.

    Returns
    -------
    list of UnitPnl
        One a currency. An instrument whose value, exchange rate or scenarios are missing is missing;
        one that rests on proxies, filled curve nodes or a short history carries a warning.

    """
    shocks = scenarios.shocks
    local = (book.unit_values(no_shocks(shocks)), book.unit_values(shocks))
    warnings = [_warnings(book, row, scenarios) for row in range(len(book.value))]
    results = []
    for currency in currencies:
        value, pnl = base_pnl(book, snapshot, shocks, currency, local)
        faults = [_faults(book, row, snapshot, scenarios, currency) for row in range(len(book.value))]
        is_lost = np.isnan(value) | ~np.isfinite(pnl).all(axis=1)
        # A vector that is not finite without a known fault must never pass for a result.
        faults = [
            fault or ["the revaluation gave no finite number"] * lost
            for fault, lost in zip(faults, is_lost.tolist(), strict=True)
        ]
        status = ["missing" if f else "warning" if w else "ok" for f, w in zip(faults, warnings, strict=True)]
        reason = [shortened("; ".join(f or w)) for f, w in zip(faults, warnings, strict=True)]
        results.append(UnitPnl(currency, value, pnl, status, reason))
    return results


def value_faults(book: Book, row: int, snapshot: Snapshot, currency: str) -> list[str]:
    """Why an instrument has no value in a base currency today; empty if it has one."""
    valuation = book.valuations[row]
    if valuation.status == "missing":
        return [valuation.reason or "no value"]
    own = book.currency_of[row]
    needed = () if own == currency else (own, currency)
    return [
        f"no exchange rate of {code}"
        for code in needed
        if code not in snapshot.currencies or np.isnan(snapshot.fx[snapshot.currencies[code]])
    ]


def _faults(book: Book, row: int, snapshot: Snapshot, scenarios: ScenarioSet, currency: str) -> list[str]:
    if faults := value_faults(book, row, snapshot, currency):
        return faults
    n, own, column, curve = scenarios.n_scenarios, book.currency_of[row], book.equity[row], book.curve_of[row]
    if column >= 0 and scenarios.equity_gaps[column]:
        name = list(snapshot.instruments)[column]
        faults.append(f"{scenarios.equity_gaps[column]} of {n} moves of {name} are missing")
    if curve and scenarios.curve_gaps[curve]:
        faults.append(f"{scenarios.curve_gaps[curve]} of {n} moves of curve {curve} are missing")
    columns, curves = book.forward_factors(row)
    for name in curves:
        if scenarios.curve_gaps[name]:
            faults.append(f"{scenarios.curve_gaps[name]} of {n} moves of curve {name} are missing")
    codes = list(snapshot.currencies)
    needed = {codes[column] for column in columns} | (set() if own == currency else {own, currency})
    for code in sorted(needed):
        if gaps := scenarios.fx_gaps[snapshot.currencies[code]]:
            faults.append(f"{gaps} of {n} moves of the exchange rate of {code} are missing")
    return faults


def _warnings(book: Book, row: int, scenarios: ScenarioSet) -> list[str]:
    n, column, curve = scenarios.n_scenarios, book.equity[row], book.curve_of[row]
    valuation = book.valuations[row]
    warnings = [valuation.reason] if valuation.status == "warning" and valuation.reason else []
    if column >= 0 and scenarios.equity_proxied[column]:
        warnings.append(f"{scenarios.equity_proxied[column]} of {n} moves are those of the proxy")
    if curve:
        filled = int((scenarios.curve_filled[curve] * book.uses_node[row]).max(initial=0))
        if filled:
            warnings.append(f"{filled} of {n} moves of curve {curve} are filled in from other tenors")
    for name, used in book.forward_factors(row)[1].items():
        if filled := int((scenarios.curve_filled[name] * used).max(initial=0)):
            warnings.append(f"{filled} of {n} moves of curve {name} are filled in from other tenors")
    if n < scenarios.n_requested:
        warnings.append(f"history gives {n} of {scenarios.n_requested} scenarios")
    return warnings
