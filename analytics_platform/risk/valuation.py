"""All held instruments of one session: what one unit is worth today and under shocks, and what moves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics_platform.risk.american_positions import calibrate_american_options
from analytics_platform.risk.arrays import Booleans, Floats, Integers
from analytics_platform.risk.bond_positions import MODEL as BOND_MODEL
from analytics_platform.risk.bond_positions import BondGroup, calibrate_bonds
from analytics_platform.risk.future_option_positions import calibrate_future_options
from analytics_platform.risk.future_positions import FutureGroup, value_futures
from analytics_platform.risk.fx_forwards import ForwardGroup, value_forwards
from analytics_platform.risk.inputs import Terms
from analytics_platform.risk.option_positions import MODEL as OPTION_MODEL
from analytics_platform.risk.option_positions import OptionGroup, calibrate_options
from analytics_platform.risk.scenarios import Shocks
from analytics_platform.risk.snapshot import Snapshot
from analytics_platform.risk.valuations import Valuation, missing

_MODELS = {"option": OPTION_MODEL, "bond": BOND_MODEL, "fx_forward": BOND_MODEL}
_KINDS = ("option", "american", "on_future", "bond", "future", "fx_forward", "other")
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
        accrued interest, one contract; 0 for a future, after its margin. NaN where it is missing.
    equity : ndarray of shape (n,), int64
        Column of the equity, or future, that moves it; -1 for none.
    curve_of : list of str
        Curve that discounts it; empty for none.
    uses_node : list of ndarray of bool
        Nodes of that curve that it depends on.
    forwards : ForwardGroup or None
        FX forwards, which hang on several exchange rates and curves; all else on one curve at most.

    """

    valuations: list[Valuation]
    currency_of: list[str]
    value: Floats
    equity: Integers
    curve_of: list[str]
    uses_node: list[Booleans]
    groups: list[OptionGroup | BondGroup | FutureGroup]
    forwards: ForwardGroup | None = None

    @property
    def instrument_ids(self) -> list[str]:
        """Names of the instruments, in the order of all other attributes."""
        return [valuation.instrument_id for valuation in self.valuations]

    def forward_factors(self, row: int) -> tuple[list[int], dict[str, Booleans]]:
        """Exchange rates, by column of the market, and nodes of curves that move an FX forward.

        Both are empty for any other instrument.
        """
        name = self.valuations[row].instrument_id
        if self.forwards is None or name not in self.forwards.instrument_ids:
            return [], {}
        own = self.forwards.instrument_ids.index(name)
        return self.forwards.currencies(own), self.forwards.nodes(own)

    def unit_values(self, shocks: Shocks) -> Floats:
        """Value of one unit in the instrument's currency in each scenario, (n, n_scenarios).

        Full revaluation with time standing still; NaN for an instrument without a value.
        """
        row_of = {name: row for row, name in enumerate(self.instrument_ids)}
        values = np.repeat(self.value[:, None], shocks.fx.shape[1], axis=1)
        is_moved = self.equity >= 0
        values[is_moved] *= 1.0 + shocks.equity[self.equity[is_moved]]
        for group in (*self.groups, *([self.forwards] if self.forwards else [])):
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


def _kind(terms: Terms) -> str:
    """Which of `_KINDS` values an instrument."""
    if terms.option and terms.option.is_american:
        return "american"
    if terms.option and terms.option.is_on_future:
        return "on_future"
    return terms.kind if terms.kind in _KINDS else "other"


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
    by_kind: dict[str, list[Terms]] = {kind: [] for kind in _KINDS}
    for name in names:
        one = terms[name]
        reason = one.reason or ("" if snapshot.has_market else "no market data on this session")
        if reason:
            found[name] = missing(name, reason, model=_MODELS.get(one.kind, "price"))
        else:
            by_kind[_kind(one)].append(one)
    for one in by_kind["other"]:
        found[one.instrument_id], values[one.instrument_id] = _price_valuation(one, snapshot)
    option_valuations, options = calibrate_options(by_kind["option"], snapshot)
    american_valuations, americans = calibrate_american_options(by_kind["american"], snapshot)
    on_future_valuations, on_futures = calibrate_future_options(by_kind["on_future"], snapshot)
    bond_valuations, bonds = calibrate_bonds(by_kind["bond"], snapshot)
    future_valuations, futures = value_futures(by_kind["future"], snapshot)
    forward_valuations, forwards = value_forwards(by_kind["fx_forward"], snapshot)
    valued = (
        *option_valuations,
        *american_valuations,
        *on_future_valuations,
        *bond_valuations,
        *future_valuations,
        *forward_valuations,
    )
    found |= {valuation.instrument_id: valuation for valuation in valued}
    if forwards:
        values |= dict(zip(forwards.instrument_ids, forwards.value.tolist(), strict=True))
    nodes: dict[str, tuple[str, Booleans]] = {}
    groups: list[OptionGroup | BondGroup | FutureGroup] = [
        *options,
        *americans,
        *on_futures,
        *bonds,
        *futures,
    ]
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
        forwards=forwards,
    )


def _equity_column(terms: Terms, snapshot: Snapshot) -> int:
    """Column of the equity that moves an instrument; -1 for cash, bonds and what has no value."""
    if terms.kind in {"equity", "etf", "future"}:
        return snapshot.instruments[terms.instrument_id]
    return snapshot.instruments[terms.option.underlying_id] if terms.option else -1
