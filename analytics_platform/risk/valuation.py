"""All held instruments of one session: what one unit is worth today and under shocks, and what moves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics_platform.risk.arrays import Booleans, Floats, Integers
from analytics_platform.risk.bond_positions import MODEL as BOND_MODEL
from analytics_platform.risk.bond_positions import BondGroup, calibrate_bonds
from analytics_platform.risk.inputs import Terms
from analytics_platform.risk.option_positions import MODEL as OPTION_MODEL
from analytics_platform.risk.option_positions import OptionGroup, calibrate_options
from analytics_platform.risk.scenarios import Shocks
from analytics_platform.risk.snapshot import Snapshot
from analytics_platform.risk.valuations import Valuation, missing

_MODELS = {"option": OPTION_MODEL, "bond": BOND_MODEL}
_NO_CURVE = ("", np.zeros(0, dtype=np.bool_))


@dataclass(frozen=True)
class Book:
    """Instruments of one session, calibrated to the market; one entry an instrument, sorted by name.

    Attributes
    ----------
    valuations : list of Valuation
    currency_of : list of str
    value : ndarray of shape (n,)
        Value of one unit in the instrument's currency: a share, 1 of cash, 1 face of a bond with
        accrued interest, one contract. NaN where it is missing.
    equity : ndarray of shape (n,), int64
        Column of the equity that moves it; -1 for none.
    curve_of : list of str
        Curve that discounts it; empty for none.
    uses_node : list of ndarray of bool
        Nodes of that curve that it depends on.

    """

    valuations: list[Valuation]
    currency_of: list[str]
    value: Floats
    equity: Integers
    curve_of: list[str]
    uses_node: list[Booleans]
    groups: list[OptionGroup | BondGroup]

    @property
    def instrument_ids(self) -> list[str]:
        """Names of the instruments, in the order of all other attributes."""
        return [valuation.instrument_id for valuation in self.valuations]

    def unit_values(self, shocks: Shocks) -> Floats:
        """Value of one unit in the instrument's currency in each scenario, (n, n_scenarios).

        Full revaluation with time standing still; NaN for an instrument without a value.
        """
        row_of = {name: row for row, name in enumerate(self.instrument_ids)}
        values = np.repeat(self.value[:, None], shocks.fx.shape[1], axis=1)
        is_moved = self.equity >= 0
        values[is_moved] *= 1.0 + shocks.equity[self.equity[is_moved]]
        for group in self.groups:
            values[[row_of[name] for name in group.instrument_ids]] = group.values(shocks)
        return values


def _price_valuation(terms: Terms, snapshot: Snapshot) -> tuple[Valuation, float]:
    """Valuation of what is worth its price, and the value of a unit."""
    name = terms.instrument_id
    if terms.kind == "cash":
        return Valuation(name, model_price_local=1.0), 1.0
    price = snapshot.price(name)
    if np.isnan(price):
        return missing(name, f"no price in {terms.currency}"), np.nan
    return Valuation(name, market_price_local=price, model_price_local=price), price


def value_session(terms: Mapping[str, Terms], held: Sequence[str], snapshot: Snapshot) -> Book:
    """Value the held instruments of one session.

    Parameters
    ----------
    terms : mapping of str to Terms
    held : sequence of str
        Instruments to value, all among `terms`.
    snapshot : Snapshot

    Returns
    -------
    Book
        With every held instrument; those without a value are missing with a reason.

    """
    names = sorted(held)
    found: dict[str, Valuation] = {}
    values = dict.fromkeys(names, np.nan)
    by_kind: dict[str, list[Terms]] = {"option": [], "bond": [], "other": []}
    for name in names:
        one = terms[name]
        reason = one.reason or ("" if snapshot.has_market else "no market data on this session")
        if reason:
            found[name] = missing(name, reason, model=_MODELS.get(one.kind, "price"))
        else:
            by_kind[one.kind if one.kind in by_kind else "other"].append(one)
    for one in by_kind["other"]:
        found[one.instrument_id], values[one.instrument_id] = _price_valuation(one, snapshot)
    option_valuations, options = calibrate_options(by_kind["option"], snapshot)
    bond_valuations, bonds = calibrate_bonds(by_kind["bond"], snapshot)
    found |= {valuation.instrument_id: valuation for valuation in (*option_valuations, *bond_valuations)}
    nodes: dict[str, tuple[str, Booleans]] = {}
    groups: list[OptionGroup | BondGroup] = [*options, *bonds]
    for group in groups:
        values |= dict(zip(group.instrument_ids, group.value.tolist(), strict=True))
        for name, used in zip(group.instrument_ids, group.uses_node(), strict=True):
            nodes[name] = (group.curve_id, used)
    return Book(
        valuations=[found[name] for name in names],
        currency_of=[terms[name].currency for name in names],
        value=np.array([values[name] for name in names], dtype=np.float64),
        equity=np.array([_equity_column(terms[name], snapshot) for name in names], dtype=np.int64),
        curve_of=[nodes.get(name, _NO_CURVE)[0] for name in names],
        uses_node=[nodes.get(name, _NO_CURVE)[1] for name in names],
        groups=groups,
    )


def _equity_column(terms: Terms, snapshot: Snapshot) -> int:
    """Column of the equity that moves an instrument; -1 for cash, bonds and what has no value."""
    if terms.kind in {"equity", "etf"}:
        return snapshot.instruments[terms.instrument_id]
    return snapshot.instruments[terms.option.underlying_id] if terms.option else -1
