"""Key-rate durations of the held bonds, for a range of sessions."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.bond_positions import BondGroup, calibrate_bonds
from analytics_platform.risk.inputs import RiskInputs, held_instruments, instrument_terms
from analytics_platform.risk.key_rates import key_rate_durations
from analytics_platform.risk.market import market_history
from analytics_platform.risk.results import joined_frames
from analytics_platform.risk.snapshot import DiscountCurve, market_snapshot
from analytics_platform.tables.risk_analysis import KEY_RATE_DURATIONS

_PER_100 = 100.0


def key_rates(inputs: RiskInputs, sessions: Sequence[date]) -> pl.DataFrame:
    """Key-rate durations of every held bond that has a value, at each node of its curve.

    Parameters
    ----------
    inputs : RiskInputs
        Prices, curves and terms; equities and scenarios are not looked at.
    sessions : sequence of date

    Returns
    -------
    DataFrame
        Columns of `tables.risk_analysis.KEY_RATE_DURATIONS`. The durations of a bond sum to its
        effective duration, from moving the whole zero curve by one basis point. A bond without a price,
        a curve or a spread has no rows: `instrument_valuations` says why.

    Raises
    ------
    ValueError
        If there is no market data on or before the first session.

    """
    held = held_instruments(inputs.holdings.filter(pl.col("business_date").is_in(sorted(set(sessions)))))
    terms = instrument_terms(inputs, {name for names in held.values() for name in names})
    bonds = {name: one for name, one in terms.items() if one.bond is not None and not one.reason}
    if not bonds:
        return joined_frames(KEY_RATE_DURATIONS, [])
    market = market_history(inputs, bonds, sessions, n_scenarios=0)
    frames = []
    for session in sorted(set(sessions)):
        snapshot = market_snapshot(market, session, inputs.discount_curves)
        own = [bonds[name] for name in held.get(session, []) if name in bonds]
        curves = {curve.curve_id: curve for curve in snapshot.discount_curves.values()}
        groups = calibrate_bonds(own, snapshot)[1]
        frames += [_rows(session, group, curves[group.curve_id]) for group in groups]
    return joined_frames(KEY_RATE_DURATIONS, frames)


def _rows(session: date, group: BondGroup, curve: DiscountCurve) -> pl.DataFrame:
    found = key_rate_durations(group.present, group.times, curve.times, curve.times)
    n_bonds, n_keys = found.durations.shape
    return pl.DataFrame(
        {
            "business_date": [session] * (n_bonds * n_keys),
            "instrument_id": np.repeat(np.array(group.instrument_ids), n_keys),
            "tenor_years": np.tile(curve.times, n_bonds),
            "curve_id": [group.curve_id] * (n_bonds * n_keys),
            "duration_years": found.durations.ravel(),
            "dv01_local": _PER_100 * found.dv01.ravel(),
        },
        schema=KEY_RATE_DURATIONS.columns,
    )
