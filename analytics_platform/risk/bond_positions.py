"""Bonds of one session: accrued interest, spread over the curve, DV01, and values under shocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analytics_platform.risk.accruals import BondFlows, flows_after
from analytics_platform.risk.arrays import Booleans, Floats
from analytics_platform.risk.bonds import bond_sensitivities, bond_table, bond_yield
from analytics_platform.risk.curves import interpolation_weights
from analytics_platform.risk.inputs import Terms
from analytics_platform.risk.scenarios import Shocks
from analytics_platform.risk.snapshot import DiscountCurve, Snapshot
from analytics_platform.risk.spreads import present_values, solve_spreads
from analytics_platform.risk.valuations import Valuation, missing

MODEL = "discounted_cash_flows"
DAYS_A_YEAR = 365.0


@dataclass(frozen=True)
class BondGroup:
    """Bonds on one discount curve that have a value today; one row a bond, values per 1 face.

    `present` of shape (n_bonds, n_times) are today's present values of the flows at the common times;
    `times` in years; `weights` of shape (n_nodes, n_times) give the logarithms of their discount factors.
    """

    instrument_ids: list[str]
    curve_id: str
    times: Floats
    present: Floats
    weights: Floats
    value: Floats

    def values(self, shocks: Shocks) -> Floats:
        """Value of 1 face in each scenario, of shape (n_bonds, n_scenarios); the spread stays.

        Every flow is discounted anew; written as today's value plus the change, so that no shock
        means no change to the last digit.
        """
        with np.errstate(invalid="ignore"):
            growth = np.expm1(-shocks.zero_rates[self.curve_id] @ self.weights)
            change: Floats = self.present @ growth.T
        return self.value[:, None] + change

    def uses_node(self) -> Booleans:
        """Which nodes of the curve a bond depends on, of shape (n_bonds, n_nodes)."""
        is_used: Booleans = (self.present != 0.0).astype(np.float64) @ (self.weights > 0.0).T > 0.0
        return is_used


def calibrate_bonds(terms: Sequence[Terms], snapshot: Snapshot) -> tuple[list[Valuation], list[BondGroup]]:
    """Value the bonds of one session from their delivered clean prices, settled on the session.

    Parameters
    ----------
    terms : sequence of Terms
        Bonds only.
    snapshot : Snapshot

    Returns
    -------
    list of Valuation
        One a bond. Missing without a price or a curve, after maturity, or where no spread gives
        the price.
    list of BondGroup
        The bonds that have a value, one group a curve.

    """
    valuations: list[Valuation] = []
    by_currency: dict[str, list[tuple[Terms, BondFlows]]] = {}
    for one in terms:
        price = snapshot.price(one.instrument_id)
        flows, reason = _flows(one, snapshot)
        if flows is None:
            known = None if np.isnan(price) else price
            valuations.append(missing(one.instrument_id, reason, model=MODEL, price=known))
        else:
            by_currency.setdefault(one.currency, []).append((one, flows))
    groups = []
    for currency, members in sorted(by_currency.items()):
        some, group = _calibrate_group(members, snapshot, snapshot.discount_curves[currency])
        valuations += some
        groups += [group] if group.instrument_ids else []
    return valuations, groups


def _flows(terms: Terms, snapshot: Snapshot) -> tuple[BondFlows | None, str]:
    """Find what the bond still pays, or say why it cannot be valued."""
    if terms.bond is None:
        return None, "no coupon schedule"
    if np.isnan(snapshot.price(terms.instrument_id)):
        return None, f"no price in {terms.currency}"
    if terms.currency not in snapshot.discount_curves:
        return None, f"no discount curve for {terms.currency}"
    try:
        flows = flows_after(terms.bond, snapshot.session)
    except ValueError as error:
        return None, str(error)
    return flows, "" if flows else "matured but is still held"


def _common_times(flows: Sequence[BondFlows]) -> tuple[Floats, Floats]:
    """Distinct payment times of all bonds in years, and the amounts per 1 face at them."""
    offsets = np.cumsum([0, *(f.days.size for f in flows)])
    days, columns = np.unique(np.concatenate([f.days for f in flows]), return_inverse=True)
    amounts = np.zeros((len(flows), days.size))
    for row, (f, (start, end)) in enumerate(zip(flows, pairwise(offsets), strict=True)):
        np.add.at(amounts[row], columns[start:end], f.amounts / 100.0)
    return days / DAYS_A_YEAR, amounts


def _calibrate_group(
    members: Sequence[tuple[Terms, BondFlows]], snapshot: Snapshot, curve: DiscountCurve
) -> tuple[list[Valuation], BondGroup]:
    names = [terms.instrument_id for terms, _flows_left in members]
    flows = [left for _terms, left in members]
    clean = np.array([snapshot.price(name) for name in names])
    table = bond_table(flows)
    dirty = (clean + table.accrued) / 100.0
    times, amounts = _common_times(flows)
    weights = interpolation_weights(curve.times, times)
    discount = np.exp(-curve.zero_rates @ weights)
    solved = solve_spreads(amounts, times, discount, dirty)
    yields = bond_yield(table, clean)
    is_ok = solved.is_ok
    spreads = np.where(is_ok, solved.spreads, 0.0)
    present = amounts * discount * np.exp(-np.outer(spreads, times))
    model = 100.0 * present_values(amounts, times, discount[None, :], spreads)[:, 0] - table.accrued
    found = bond_sensitivities(table, np.where(yields.is_ok, yields.yields, 0.0))
    by_yield = (yields.yields, found.modified_duration, found.convexity, found.dv01)
    valuations = []
    for i, name in enumerate(names):
        if not is_ok[i]:
            reason = "no spread over the curve gives the price"
            valuations.append(missing(name, reason, model=MODEL, price=float(clean[i])))
            continue
        rate, duration, convexity, dv01 = (float(x[i]) if yields.is_ok[i] else None for x in by_yield)
        valuations.append(
            Valuation(
                name,
                MODEL,
                market_price_local=float(clean[i]),
                model_price_local=float(model[i]),
                accrued_local=float(table.accrued[i]),
                discount_spread_rate=float(spreads[i]),
                dv01_local=dv01,
                yield_rate=rate,
                modified_duration_years=duration,
                convexity_years2=convexity,
            )
        )
    kept = np.flatnonzero(is_ok)
    group = BondGroup([names[i] for i in kept], curve.curve_id, times, present[kept], weights, dirty[kept])
    return valuations, group
