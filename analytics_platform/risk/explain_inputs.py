"""What the P&L explain knows of each instrument between two sessions: sensitivities, moves and carry."""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.accruals import flows_after
from analytics_platform.risk.bonds import bond_table, dirty_price
from analytics_platform.risk.curves import interpolation_weights
from analytics_platform.risk.inputs import RiskInputs, Terms, instrument_terms
from analytics_platform.risk.market import market_history
from analytics_platform.risk.snapshot import market_snapshot

DAYS_A_YEAR = 365.0
_DAY, _NAME = "business_date", "instrument_id"
_RATES = pl.Schema({_DAY: pl.Date(), _NAME: pl.String(), "rate": pl.Float64()})
_CARRY = pl.Schema({_DAY: pl.Date(), _NAME: pl.String(), "carried_dirty": pl.Float64()})


def option_rates(inputs: RiskInputs, names: Iterable[str], sessions: Iterable[date]) -> pl.DataFrame:
    """Continuous zero rate to the expiry of each option on each session, as the valuation saw it.

    Returns
    -------
    DataFrame
        business_date, instrument_id, rate; no row without a curve, or after expiry.

    """
    days = sorted(set(sessions))
    terms = [one for one in instrument_terms(inputs, names).values() if one.option is not None]
    if not days or not terms:
        return pl.DataFrame(schema=_RATES)
    market = market_history(inputs, {}, days, n_scenarios=0)
    rows: list[tuple[date, str, float]] = []
    for session in days:
        curves = market_snapshot(market, session, inputs.discount_curves).discount_curves
        for currency, curve in curves.items():
            own = [one for one in terms if one.currency == currency]
            years = np.array([_years_left(one, session) for one in own])
            is_alive = years >= 0.0
            logs = curve.zero_rates @ interpolation_weights(curve.times, np.maximum(years, 0.0))
            rates = logs / np.where(years > 0.0, years, 1.0)
            rows += [
                (session, own[i].instrument_id, float(rates[i]))
                for i in np.flatnonzero(is_alive & ~np.isnan(rates))
            ]
    return pl.DataFrame(rows, schema=_RATES, orient="row")


def option_ends(inputs: RiskInputs, names: Iterable[str]) -> pl.DataFrame:
    """Give the instrument_id and end_date, the last day, of each option whose terms are known."""
    terms = instrument_terms(inputs, names).values()
    rows = [(one.instrument_id, one.option.expiry) for one in terms if one.option is not None]
    return pl.DataFrame(rows, schema={_NAME: pl.String(), "end_date": pl.Date()}, orient="row")


def _years_left(terms: Terms, session: date) -> float:
    return (terms.option.expiry - session).days / DAYS_A_YEAR if terms.option else -1.0


def carried_bonds(inputs: RiskInputs, yields: Mapping[tuple[date, str], float]) -> pl.DataFrame:
    """Dirty price per 100 face of each bond on a session, had its yield stayed.

    Parameters
    ----------
    inputs : RiskInputs
    yields : mapping of (date, str) to float
        Yield of the evening before, by session and bond.

    Returns
    -------
    DataFrame
        business_date, instrument_id, carried_dirty; no row for what is no bond or has matured. A coupon
        that was paid on the session is no longer in the price.

    """
    terms = instrument_terms(inputs, {name for _day, name in yields})
    keys, flows = [], []
    for day, name in yields:
        schedule = terms[name].bond
        left = flows_after(schedule, day) if schedule is not None and not terms[name].reason else None
        if left is not None:
            keys.append((day, name))
            flows.append(left)
    if not keys:
        return pl.DataFrame(schema=_CARRY)
    dirty = dirty_price(bond_table(flows), np.array([yields[key] for key in keys]))
    rows = [(*key, price) for key, price in zip(keys, dirty.tolist(), strict=True)]
    return pl.DataFrame(rows, schema=_CARRY, orient="row")
