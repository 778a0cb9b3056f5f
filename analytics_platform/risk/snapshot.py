"""The market of one session, as the instruments of that session see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.market import MarketHistory, row_of


@dataclass(frozen=True)
class DiscountCurve:
    """Zero curve of one session: continuous zero rates (decimals) at nodes in years."""

    curve_id: str
    times: Floats
    zero_rates: Floats


@dataclass(frozen=True)
class Snapshot:
    """Prices, exchange rates and curves of one session.

    Attributes
    ----------
    session : date
    instruments, currencies : dict of str to int
        Name and column of the market's arrays.
    prices : ndarray of shape (n_instruments,)
    fx : ndarray of shape (n_currencies,)
        US dollars for one unit.
    discount_curves : dict of str to DiscountCurve
        By currency; a currency without a curve on this session has no entry.
    has_market : bool
        False if the session has no market data at all.
    curves : dict of str to DiscountCurve
        By name, all that can be used on this session.

    """

    session: date
    instruments: dict[str, int]
    currencies: dict[str, int]
    prices: Floats
    fx: Floats
    discount_curves: dict[str, DiscountCurve]
    has_market: bool
    curves: dict[str, DiscountCurve] = field(default_factory=dict)

    def price(self, instrument_id: str) -> float:
        """Price in the instrument's currency, NaN if there is none."""
        return float(self.prices[self.instruments[instrument_id]])


def market_snapshot(market: MarketHistory, session: date, discount_curves: Mapping[str, str]) -> Snapshot:
    """Cut one session out of the market; without prices if it is not on the axis of dates.

    Parameters
    ----------
    market : MarketHistory
    session : date
    discount_curves : mapping of str to str
        Curve that discounts what is paid in a currency.

    """
    row = row_of(market.dates, session)
    n_instruments, n_currencies = len(market.instruments), len(market.currencies)
    prices = np.full(n_instruments, np.nan) if row is None else market.prices[row]
    fx = np.full(n_currencies, np.nan) if row is None else market.fx[row]
    curves = {
        name: DiscountCurve(name, history.curves.times, history.curves.zero_rates[row])
        for name, history in market.curves.items()
        if row is not None and history.curves.is_ok[row]
    }
    by_currency = {code: curves[name] for code, name in discount_curves.items() if name in curves}
    return Snapshot(
        session, market.instruments, market.currencies, prices, fx, by_currency, row is not None, curves
    )
