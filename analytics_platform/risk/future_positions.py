"""Listed futures of one session: worth nothing after the margin, moved by their own settlement price."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics_platform.risk.arrays import Booleans, Floats, Integers
from analytics_platform.risk.inputs import Terms
from analytics_platform.risk.scenarios import Shocks
from analytics_platform.risk.snapshot import Snapshot
from analytics_platform.risk.valuations import Valuation, missing


@dataclass(frozen=True)
class FutureGroup:
    """Futures that have a settlement price today; one entry a future.

    `own` are columns of the market, `contract` the price times the multiplier, `value` all zeros. No
    curve moves them.
    """

    instrument_ids: list[str]
    own: Integers
    contract: Floats
    value: Floats
    curve_id: str = ""

    def values(self, shocks: Shocks) -> Floats:
        """Margin of one contract in each scenario, of shape (n_futures, n_scenarios)."""
        margin: Floats = self.contract[:, None] * shocks.equity[self.own]
        return margin

    def uses_node(self) -> Booleans:
        """No node of any curve, of shape (n_futures, 0)."""
        return np.zeros((len(self.instrument_ids), 0), dtype=np.bool_)


def _fault(terms: Terms, snapshot: Snapshot) -> str:
    """Why a future cannot be valued; empty if it can."""
    if terms.last_day is not None and terms.last_day < snapshot.session:
        return f"expired on {terms.last_day} but is still held"
    price = snapshot.price(terms.instrument_id)
    if np.isnan(price):
        return f"no settlement price in {terms.currency}"
    if price <= 0.0:
        return f"a settlement price of {price:g} has no relative moves: nothing can be revalued by them"
    return ""


def value_futures(terms: Sequence[Terms], snapshot: Snapshot) -> tuple[list[Valuation], list[FutureGroup]]:
    """Value the futures of one session at their settlement prices.

    Parameters
    ----------
    terms : sequence of Terms
        Futures only.
    snapshot : Snapshot

    Returns
    -------
    list of Valuation
        One a future. Without a settlement price, with one that is not positive, or after the last day of
        trading it is missing.
    list of FutureGroup
        The futures that have a value, which is 0, in one group; none if there is none.

    """
    valuations, held = [], []
    for one in terms:
        price = snapshot.price(one.instrument_id)
        known = None if np.isnan(price) else price
        if fault := _fault(one, snapshot):
            valuations.append(missing(one.instrument_id, fault, price=known))
        else:
            valuations.append(Valuation(one.instrument_id, market_price_local=price, model_price_local=price))
            held.append(one)
    group = FutureGroup(
        instrument_ids=[one.instrument_id for one in held],
        own=np.array([snapshot.instruments[one.instrument_id] for one in held], dtype=np.int64),
        contract=np.array([one.multiplier * snapshot.price(one.instrument_id) for one in held]),
        value=np.zeros(len(held)),
    )
    return valuations, [group] if held else []
