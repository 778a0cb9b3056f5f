"""European options on futures of one session: Black 1976, the curve discounts and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics_platform.risk.arrays import Booleans, Floats
from analytics_platform.risk.black76 import (
    future_option_greeks,
    future_option_price,
    future_option_volatility,
)
from analytics_platform.risk.implied_volatility import REASONS, VolatilityStatus
from analytics_platform.risk.inputs import Terms
from analytics_platform.risk.option_positions import (
    OptionGroup,
    OptionQuotes,
    known_price,
    option_quotes,
    option_valuation,
)
from analytics_platform.risk.scenarios import Shocks
from analytics_platform.risk.snapshot import Snapshot
from analytics_platform.risk.valuations import Valuation, missing

MODEL = "black_76"


@dataclass(frozen=True)
class FutureOptionGroup(OptionGroup):
    """Options on futures on one discount curve; see `OptionGroup`, `spot` is the settlement price."""

    def values(self, shocks: Shocks) -> Floats:
        """Value of one contract in each scenario, of shape (n_options, n_scenarios)."""
        terms = self.moved(shocks)
        future = terms.pop("spot")
        return self.multiplier[:, None] * future_option_price(future=future, **terms)


def calibrate_future_options(
    terms: Sequence[Terms], snapshot: Snapshot
) -> tuple[list[Valuation], list[FutureOptionGroup]]:
    """Value the options on futures of one session from their delivered prices, paid for up front.

    Parameters
    ----------
    terms : sequence of Terms
        European options on futures only.
    snapshot : Snapshot

    Returns
    -------
    list of Valuation
        One an option; what is said in `option_positions.calibrate_options` holds here too.
    list of FutureOptionGroup
        The options that have a value, one group a curve.

    """
    valuations, quotes = option_quotes(terms, snapshot, model=MODEL)
    groups = []
    for some in quotes:
        found, group = _calibrated(some)
        valuations += found
        groups += [group] if group.instrument_ids else []
    return valuations, groups


def _calibrated(quotes: OptionQuotes) -> tuple[list[Valuation], FutureOptionGroup]:
    own: dict[str, Floats | Booleans] = {
        "is_call": quotes.is_call,
        "future": quotes.spot,
        "strike": quotes.strike,
        "rate": quotes.rate,
        "t_years": quotes.t_years,
    }
    found = future_option_volatility(price=quotes.price, **own)
    is_today = quotes.t_years == 0.0
    volatility = np.where(is_today, 0.0, found.volatility)
    is_ok = is_today | (found.status == VolatilityStatus.OK)
    greeks = future_option_greeks(volatility=np.where(is_ok, volatility, 0.0), **own)
    valuations = []
    for i, one in enumerate(quotes.terms):
        prices = (quotes.price[i], quotes.spot[i])
        if is_ok[i]:
            name = one.instrument_id
            valuations.append(option_valuation(name, prices, volatility[i], greeks, i, model=MODEL))
        else:
            reason = REASONS[VolatilityStatus(found.status[i])]
            price = known_price(quotes.price[i])
            valuations.append(missing(one.instrument_id, reason, model=MODEL, price=price))
    kept = np.flatnonzero(is_ok)
    group = quotes.group(volatility, np.where(is_today, greeks.price, quotes.price), kept)
    return valuations, FutureOptionGroup(**vars(group))
