"""Risk factors of one session: how they moved, and what one unit of each instrument gains by them."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from analytics_platform.risk.arrays import Booleans, Floats, Integers
from analytics_platform.risk.market import PIVOT_CURRENCY
from analytics_platform.risk.scenarios import ScenarioSet, Shocks
from analytics_platform.risk.snapshot import Snapshot
from analytics_platform.risk.valuation import Book

_RELATIVE_SHOCK = 1e-4
_RATE_SHOCK = 1e-4
"""Both small enough that a price is straight to eight digits, large enough that rounding does not count."""
_LEAST_RELATIVE_MOVE = -0.999
"""Nothing loses more than everything, though a normal distribution would."""


@dataclass(frozen=True)
class FactorModel:
    """Factors of the instruments of a book: relative moves of equities and currencies, absolute of rates.

    Only factors with a full history are among them. The US dollar, in which exchange rates are
    written, is none.

    Attributes
    ----------
    moves : ndarray of shape (n_periods, n_factors)
        Oldest first: equities, then currencies, then the nodes of each curve.
    equities, currencies : ndarray of int64
        Columns of the market.
    nodes : dict of str to ndarray of int64
        Nodes by curve.
    has_gaps : ndarray of shape (n_instruments,), bool
        Instruments with a factor whose history is not full, or without a value.

    """

    moves: Floats
    equities: Integers
    currencies: Integers
    nodes: dict[str, Integers]
    has_gaps: Booleans

    def shocks(self, moves: Floats, like: Shocks) -> Shocks:
        """Return moves of shape (n, n_factors) as shocks to the market; other factors stand still."""
        n, end = len(moves), len(self.equities) + len(self.currencies)
        equity, fx = np.zeros((len(like.equity), n)), np.zeros((len(like.fx), n))
        equity[self.equities] = moves[:, : len(self.equities)].T
        fx[self.currencies] = moves[:, len(self.equities) : end].T
        rates = {name: np.zeros((n, known.shape[1])) for name, known in like.zero_rates.items()}
        for name, nodes in self.nodes.items():
            rates[name][:, nodes] = moves[:, end : end + len(nodes)]
            end += len(nodes)
        return Shocks(
            np.maximum(equity, _LEAST_RELATIVE_MOVE),
            np.maximum(fx, _LEAST_RELATIVE_MOVE),
            rates,
            np.ones((1, 1)),
            np.zeros((1, 1)),
        )


def factor_model(book: Book, snapshot: Snapshot, scenarios: ScenarioSet, bases: list[str]) -> FactorModel:
    """Collect the factors that the instruments of a book, in some base currencies, depend on.

    Parameters
    ----------
    book : Book
    snapshot : Snapshot
    scenarios : ScenarioSet
        Its shocks are the history.
    bases : list of str
        Base currencies of portfolios: their exchange rates are factors too.

    """
    equity_is_full = scenarios.equity_gaps == 0
    fx_is_full = scenarios.fx_gaps == 0
    used = [book.equity[row] for row in range(len(book.value)) if book.equity[row] >= 0]
    equities = np.array(sorted({int(column) for column in used if equity_is_full[column]}), dtype=np.int64)
    codes = {*book.currency_of, *bases}
    known = {snapshot.currencies[code] for code in codes if code in snapshot.currencies}
    legs = [book.forward_factors(row) for row in range(len(book.value))]
    known |= {column for columns, _curves in legs for column in columns}
    known -= {snapshot.currencies[PIVOT_CURRENCY]}
    currencies = np.array(sorted(column for column in known if fx_is_full[column]), dtype=np.int64)
    nodes = {}
    curves = {curve for curve in book.curve_of if curve} | {name for _columns, own in legs for name in own}
    for name in sorted(curve for curve in curves if not scenarios.curve_gaps[curve]):
        uses = [used for used, curve in zip(book.uses_node, book.curve_of, strict=True) if curve == name]
        uses += [own[name] for _columns, own in legs if name in own]
        nodes[name] = np.flatnonzero(np.any(uses, axis=0))
    shocks = scenarios.shocks
    columns = [shocks.equity[equities].T, shocks.fx[currencies].T]
    columns += [shocks.zero_rates[name][:, found] for name, found in nodes.items()]
    has_gaps = np.isnan(book.value)
    for row, (column, curve) in enumerate(zip(book.equity, book.curve_of, strict=True)):
        has_gaps[row] |= bool(column >= 0 and not equity_is_full[column])
        has_gaps[row] |= bool(curve and scenarios.curve_gaps[curve])
        has_gaps[row] |= any(scenarios.curve_gaps[name] for name in legs[row][1])
        has_gaps[row] |= not fx_is_full[[c for c in legs[row][0] if c in known]].all()
    if sum(found.shape[1] for found in columns) == 0:
        columns = [np.zeros((scenarios.n_scenarios, 1))]  # cash alone: one factor that stands still
    return FactorModel(np.hstack(columns), equities, currencies, nodes, has_gaps)


def local_deltas(model: FactorModel, book: Book, like: Shocks) -> csr_array:
    """Gain of one unit in its own currency per 1.00 of each factor, by a small shock up and down.

    An instrument hangs on one equity and one curve at most, so that all equities are shocked at once,
    and the nodes of all curves side by side. FX forwards hang on more: they see one factor at a time.

    Parameters
    ----------
    model : FactorModel
    book : Book
    like : Shocks
        Of the same market.

    Returns
    -------
    csr_array of shape (n_instruments, n_factors)
        In the columns of currencies stand only FX forwards: `base_deltas` adds what all depend on.

    """
    n_equities, n_factors = len(model.equities), model.moves.shape[1]
    first_node = n_equities + len(model.currencies)
    ends = np.cumsum([first_node, *(len(nodes) for nodes in model.nodes.values())])
    starts = dict(zip(model.nodes, ends.tolist(), strict=False))
    n_nodes = max((len(nodes) for nodes in model.nodes.values()), default=0)
    up = np.zeros((1 + n_nodes, n_factors))
    up[0, :n_equities] = _RELATIVE_SHOCK
    for name, nodes in model.nodes.items():
        rows = np.arange(len(nodes))
        up[1 + rows, starts[name] + rows] = _RATE_SHOCK
    high, low = (book.unit_values(model.shocks(sign * up, like)) for sign in (1.0, -1.0))
    change = np.where(model.has_gaps[:, None], 0.0, (high - low) / 2.0)
    place = {int(column): position for position, column in enumerate(model.equities)}
    on_equity = np.array(
        [row for row, column in enumerate(book.equity.tolist()) if column in place], dtype=np.int64
    )
    codes = [on_equity]
    columns = [np.array([place[int(book.equity[row])] for row in on_equity], dtype=np.int64)]
    data = [change[on_equity, 0] / _RELATIVE_SHOCK]
    for name, nodes in model.nodes.items():
        on_curve = np.array([row for row, curve in enumerate(book.curve_of) if curve == name], dtype=np.int64)
        codes.append(np.repeat(on_curve, len(nodes)))
        columns.append(np.tile(starts[name] + np.arange(len(nodes)), len(on_curve)))
        data.append(change[on_curve, 1 : 1 + len(nodes)].ravel() / _RATE_SHOCK)
    own, gains = _forward_deltas(model, book, like)
    codes.append(np.repeat(own, n_factors))
    columns.append(np.tile(np.arange(n_factors), len(own)))
    data.append(gains.ravel())
    places = (np.concatenate(codes), np.concatenate(columns))
    return csr_array((np.concatenate(data), places), shape=(len(book.value), n_factors))


def _forward_deltas(model: FactorModel, book: Book, like: Shocks) -> tuple[Integers, Floats]:
    """Rows of the FX forwards, and what each gains per 1.00 of each factor, (n_forwards, n_factors)."""
    n_factors = model.moves.shape[1]
    if book.forwards is None:
        return np.zeros(0, dtype=np.int64), np.zeros((0, n_factors))
    one_each = _RELATIVE_SHOCK * np.eye(n_factors)
    high, low = (book.forwards.values(model.shocks(sign * one_each, like)) for sign in (1.0, -1.0))
    names = book.instrument_ids
    rows = np.array([names.index(name) for name in book.forwards.instrument_ids], dtype=np.int64)
    gains = (high - low) / (2.0 * _RELATIVE_SHOCK)
    return rows, np.where(model.has_gaps[rows, None], 0.0, gains)


def base_deltas(
    model: FactorModel, book: Book, snapshot: Snapshot, local: csr_array, currency: str
) -> tuple[csr_array, Booleans]:
    """Gain of one unit in a base currency per 1.00 of each factor, and which instruments have none.

    Value and exchange rate both move: the value times the rate of today is the exposure to the
    instrument's currency, less the same to the base currency.

    Parameters
    ----------
    model, book, snapshot
    local : csr_array of shape (n_instruments, n_factors)
        From `local_deltas`.
    currency : str
        Base currency.

    Returns
    -------
    deltas : csr_array of shape (n_instruments, n_factors)
    is_lost : ndarray of shape (n_instruments,), bool

    """
    place = {int(column): len(model.equities) + i for i, column in enumerate(model.currencies)}
    rates = np.ones(len(book.value))
    is_lost = model.has_gaps.copy()
    rows: list[int] = []
    columns: list[int] = []
    data: list[float] = []
    for row, code in enumerate(book.currency_of):
        if code == currency:
            continue
        own, base = snapshot.currencies.get(code, -1), snapshot.currencies.get(currency, -1)
        rate = snapshot.fx[own] / snapshot.fx[base] if min(own, base) >= 0 else np.nan
        is_known = {own, base} <= place.keys() | {snapshot.currencies[PIVOT_CURRENCY]}
        is_lost[row] |= not (is_known and np.isfinite(rate))
        rates[row] = 0.0 if is_lost[row] else rate
        for column, sign in ((own, 1.0), (base, -1.0)):
            if column in place and not is_lost[row]:
                rows.append(row)
                columns.append(place[column])
                data.append(sign * book.value[row] * rate)
    codes = (np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64))
    exchange = csr_array((np.array(data, dtype=np.float64), codes), shape=local.shape)
    scaled = local.multiply(rates[:, None])
    return csr_array(scaled + exchange), is_lost
