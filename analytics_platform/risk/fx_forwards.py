"""FX forwards of one session: two payments in two currencies, each discounted on a curve of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics_platform.risk.arrays import Booleans, Floats, Integers
from analytics_platform.risk.curves import interpolation_weights
from analytics_platform.risk.inputs import ForwardLeg, Terms
from analytics_platform.risk.scenarios import Shocks
from analytics_platform.risk.snapshot import Snapshot
from analytics_platform.risk.valuations import Valuation, missing

MODEL = "discounted_cash_flows"
DAYS_A_YEAR = 365.0


@dataclass(frozen=True)
class PaidLeg:
    """One payment of one unit of a forward.

    `amount` is what is received, negative for what is paid; `currency` a column of the market; `weights`
    of shape (n_nodes,) give the logarithm of the discount factor, `log_factor` is that of today.
    """

    amount: float
    currency: int
    curve_id: str
    weights: Floats
    log_factor: float

    def dollars(self, fx: Floats, shocks: Shocks) -> Floats:
        """Value in US dollars in each scenario, of shape (n_scenarios,)."""
        factor = np.exp(self.log_factor - shocks.zero_rates[self.curve_id] @ self.weights)
        rate = fx[self.currency] * (1.0 + shocks.fx[self.currency])
        return np.asarray(self.amount * rate * factor)


@dataclass(frozen=True)
class ForwardGroup:
    """Forwards that have a value today, one entry a forward.

    `account` is the column of the currency in which a forward is valued, `fx` the market's exchange
    rates, US dollars for one unit.
    """

    instrument_ids: list[str]
    account: Integers
    legs: list[tuple[PaidLeg, PaidLeg]]
    fx: Floats
    value: Floats

    def values(self, shocks: Shocks) -> Floats:
        """Value of one unit in its currency in each scenario, of shape (n_forwards, n_scenarios).

        Exchange rates and both curves move; time stands still.
        """
        dollars = np.array(
            [bought.dollars(self.fx, shocks) + sold.dollars(self.fx, shocks) for bought, sold in self.legs]
        )
        return np.asarray(dollars / (self.fx[self.account, None] * (1.0 + shocks.fx[self.account])))

    def currencies(self, row: int) -> list[int]:
        """Columns of the exchange rates that move a forward, in ascending order."""
        return sorted({int(self.account[row]), *(leg.currency for leg in self.legs[row])})

    def nodes(self, row: int) -> dict[str, Booleans]:
        """Which nodes of which curves move a forward."""
        used: dict[str, Booleans] = {}
        for leg in self.legs[row]:
            used[leg.curve_id] = used.get(leg.curve_id, False) | (leg.weights > 0.0)
        return used


def value_forwards(terms: Sequence[Terms], snapshot: Snapshot) -> tuple[list[Valuation], ForwardGroup | None]:
    """Value the forwards of one session from exchange rates and curves; a price is not looked at.

    Parameters
    ----------
    terms : sequence of Terms
        FX forwards only.
    snapshot : Snapshot

    Returns
    -------
    list of Valuation
        One a forward: the present value of what its terms receive less that of what they pay, in the
        currency of the instrument; one unit is worth that times the multiplier. On the day of settlement
        nothing is discounted, with a warning; after it, or without a rate or a curve, it is missing.
    ForwardGroup or None
        The forwards that have a value; None if none has.

    """
    valuations: list[Valuation] = []
    names: list[str] = []
    legs: list[tuple[PaidLeg, PaidLeg]] = []
    accounts: list[int] = []
    for one in terms:
        if reason := _fault(one, snapshot):
            valuations.append(missing(one.instrument_id, reason, model=MODEL))
            continue
        bought, sold = (_paid(leg, one, snapshot) for leg in one.forward)
        names.append(one.instrument_id)
        legs.append((bought, sold))
        accounts.append(snapshot.currencies[one.currency])
    if not names:
        return valuations, None
    group = ForwardGroup(names, np.array(accounts, dtype=np.int64), legs, snapshot.fx, np.zeros(0))
    value = group.values(_still(snapshot, legs))[:, 0]
    by_name = {one.instrument_id: one for one in terms}
    for name, worth in zip(names, value.tolist(), strict=True):
        is_today = by_name[name].last_day == snapshot.session
        valuations.append(
            Valuation(
                name,
                MODEL,
                model_price_local=worth / by_name[name].multiplier,
                status="warning" if is_today else "ok",
                reason="settles on this session: nothing is discounted" if is_today else None,
            )
        )
    return valuations, ForwardGroup(names, group.account, legs, snapshot.fx, value)


def _fault(terms: Terms, snapshot: Snapshot) -> str:
    """Why a forward cannot be valued; empty if it can."""
    if not terms.forward or terms.last_day is None:
        return "no terms of the forward"
    if terms.last_day < snapshot.session:
        return f"settled on {terms.last_day} but is still held"
    for code in (terms.currency, *(leg.currency for leg in terms.forward)):
        if code not in snapshot.currencies or np.isnan(snapshot.fx[snapshot.currencies[code]]):
            return f"no exchange rate of {code}"
    for leg in terms.forward:
        if leg.curve_id not in snapshot.curves:
            return f"no curve {leg.curve_id}, which discounts {leg.currency}"
    return ""


def _paid(leg: ForwardLeg, terms: Terms, snapshot: Snapshot) -> PaidLeg:
    curve = snapshot.curves[leg.curve_id]
    days = (terms.last_day - snapshot.session).days if terms.last_day else 0
    years = days / DAYS_A_YEAR
    weights = interpolation_weights(curve.times, np.array([years]))[:, 0]
    log_factor = -float(curve.zero_rates @ weights)
    amount = leg.amount * terms.multiplier
    return PaidLeg(amount, snapshot.currencies[leg.currency], leg.curve_id, weights, log_factor)


def _still(snapshot: Snapshot, legs: Sequence[tuple[PaidLeg, PaidLeg]]) -> Shocks:
    """One scenario in which nothing moves."""
    nodes = {leg.curve_id: np.zeros((1, leg.weights.size)) for pair in legs for leg in pair}
    none = np.zeros((1, 1))
    return Shocks(none, np.zeros((snapshot.fx.size, 1)), nodes, none + 1.0, none)
