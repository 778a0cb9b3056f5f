"""American options of one session: exact at base by QuantLib, fast and corrected under shocks.

Like the European ones they are priced without dividends until expiry. QuantLib is loaded by the first such
option, through the names of `risk`: a book without any does not wait for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics_platform import risk
from analytics_platform.risk.american_approximation import approximate_american_price
from analytics_platform.risk.arrays import Booleans, Floats, Integers
from analytics_platform.risk.implied_volatility import REASONS, ImpliedVolatility, VolatilityStatus
from analytics_platform.risk.inputs import Terms
from analytics_platform.risk.option_positions import OptionGroup, OptionQuotes, known_price, option_quotes
from analytics_platform.risk.options import Greeks
from analytics_platform.risk.scenarios import Shocks
from analytics_platform.risk.snapshot import Snapshot
from analytics_platform.risk.valuations import Valuation, missing

MODEL = "american_qdfp"
CORRECTED_AT = np.array([0.8, 0.9, 1.0, 1.1, 1.2])
"""Multiples of the spot at which the approximation is set right; the one in the middle is today's."""
_TODAY = 2
_ROUNDING = 1e-4
"""Share of the strike by which a delivered price may differ from the value of exercise and still be it."""
_AT_EXERCISE = "priced at its value if exercised: no implied volatility, zero is assumed"
_EXPIRES = "expires on this session: intrinsic value"


@dataclass(frozen=True)
class AmericanGroup(OptionGroup):
    """American options on one discount curve that have a value today; see `OptionGroup`.

    `correction`, of shape (n_options, 5), is the exact less the approximate price of one share at the
    spots of `CORRECTED_AT`, rate and volatility being those of today.
    """

    correction: Floats

    def values(self, shocks: Shocks) -> Floats:
        """Value of one contract in each scenario, of shape (n_options, n_scenarios).

        The approximation plus its error at the shocked spot, which is exact where nothing moves; never
        below the value if exercised.
        """
        terms = self.moved(shocks)
        spot, strike = terms["spot"], terms["strike"]
        ratio = spot / self.spot[:, None]
        error = np.array(
            [np.interp(r, CORRECTED_AT, own) for r, own in zip(ratio, self.correction, strict=True)]
        )
        intrinsic = np.maximum(np.where(terms["is_call"], 1.0, -1.0) * (spot - strike), 0.0)
        price = approximate_american_price(**terms) + error.reshape(ratio.shape)
        return np.asarray(self.multiplier[:, None] * np.maximum(price, intrinsic))


@dataclass(frozen=True)
class _Calibration:
    """Volatilities of the options of a group, and what they rest on; one entry an option."""

    found: ImpliedVolatility
    intrinsic: Floats
    is_today: Booleans
    is_exercise: Booleans

    @property
    def is_ok(self) -> Booleans:
        return np.asarray(self.is_today | self.is_exercise | (self.found.status == VolatilityStatus.OK))

    @property
    def volatility(self) -> Floats:
        """Zero on the day of expiry, at the value of exercise, and where there is none."""
        return np.where(self.found.status == VolatilityStatus.OK, self.found.volatility, 0.0)


def calibrate_american_options(
    terms: Sequence[Terms], snapshot: Snapshot
) -> tuple[list[Valuation], list[AmericanGroup]]:
    """Value the American options of one session from their delivered prices.

    Parameters
    ----------
    terms : sequence of Terms
        American options only.
    snapshot : Snapshot

    Returns
    -------
    list of Valuation
        One an option. A price at the value of exercise implies no volatility: the option is worth its
        price and moves as with a volatility of zero, with a warning. A price below the value of
        exercise is missing. On the day of expiry and after it as `option_positions.calibrate_options`.
    list of AmericanGroup
        The options that have a value, one group a curve.

    """
    valuations, quotes = option_quotes(terms, snapshot, model=MODEL)
    groups = []
    for some in quotes:
        found, own = _calibrate_group(some)
        valuations += found
        groups += own
    return valuations, groups


def _arguments(quotes: OptionQuotes) -> dict[str, Floats | Integers | Booleans]:
    return {
        "is_call": quotes.is_call,
        "spot": quotes.spot,
        "strike": quotes.strike,
        "rate": quotes.rate,
        "days": quotes.days,
    }


def _calibrate(quotes: OptionQuotes) -> _Calibration:
    own = _arguments(quotes)
    found = risk.american_implied_volatility(price=quotes.price, **own)
    intrinsic = np.maximum(np.where(quotes.is_call, 1.0, -1.0) * (quotes.spot - quotes.strike), 0.0)
    least = risk.american_price(volatility=0.0, **own)
    slack = _ROUNDING * quotes.strike
    is_unknown = np.isin(found.status, (VolatilityStatus.NO_TIME_VALUE, VolatilityStatus.OUTSIDE_BRACKET))
    is_near = (quotes.price >= intrinsic - slack) & (quotes.price <= least + slack)
    is_today = quotes.days == 0
    return _Calibration(found, intrinsic, is_today, is_unknown & is_near & (intrinsic > 0.0) & ~is_today)


def _calibrate_group(quotes: OptionQuotes) -> tuple[list[Valuation], list[AmericanGroup]]:
    own, calibration = _arguments(quotes), _calibrate(quotes)
    volatility, is_ok = calibration.volatility, calibration.is_ok
    greeks = risk.american_greeks(volatility=volatility, **own)
    price = np.where(calibration.is_today, greeks.price, quotes.price)
    valuations = [
        _valuation(quotes, calibration, greeks, row) if is_ok[row] else _refused(quotes, calibration, row)
        for row in range(len(quotes.terms))
    ]
    kept = np.flatnonzero(is_ok)
    if not kept.size:
        return valuations, []
    group = quotes.group(volatility, price, kept)
    correction = _correction(group, quotes.days[kept], price[kept])
    return valuations, [AmericanGroup(**vars(group), correction=correction)]


def _correction(group: OptionGroup, days: Integers, price: Floats) -> Floats:
    """Exact less approximate prices; the option's own price, if it is not the model's, shifts all."""
    own = {
        "is_call": group.is_call[:, None],
        "spot": group.spot[:, None] * CORRECTED_AT,
        "strike": group.strike[:, None],
        "rate": group.rate[:, None],
        "volatility": group.volatility[:, None],
    }
    exact = risk.american_price(days=days[:, None], **own)
    fast = approximate_american_price(t_years=group.t_years[:, None], **own)
    return np.asarray(exact - fast + (price - exact[:, _TODAY])[:, None])


def _refused(quotes: OptionQuotes, calibration: _Calibration, row: int) -> Valuation:
    price, intrinsic = float(quotes.price[row]), float(calibration.intrinsic[row])
    status = VolatilityStatus(calibration.found.status[row])
    if status == VolatilityStatus.NO_TIME_VALUE:
        reason = f"the option price {price:.6g} is not above the value {intrinsic:.6g} if exercised"
    elif status == VolatilityStatus.OUTSIDE_BRACKET:
        reason = "the implied volatility lies outside 0.001 to 8"
    else:
        reason = REASONS[status]
    name = quotes.terms[row].instrument_id
    return missing(name, reason, model=MODEL, price=known_price(price))


def _valuation(quotes: OptionQuotes, calibration: _Calibration, greeks: Greeks, row: int) -> Valuation:
    is_unknown = calibration.volatility[row] == 0.0
    reason = (_EXPIRES if calibration.is_today[row] else _AT_EXERCISE) if is_unknown else None
    return Valuation(
        quotes.terms[row].instrument_id,
        MODEL,
        market_price_local=known_price(float(quotes.price[row])),
        model_price_local=float(greeks.price[row]),
        implied_volatility=None if is_unknown else float(calibration.volatility[row]),
        delta=float(greeks.delta[row]),
        gamma=float(greeks.gamma[row]),
        vega=float(greeks.vega[row]),
        theta=float(greeks.theta[row]),
        rho=float(greeks.rho[row]),
        underlying_price_local=float(quotes.spot[row]),
        status="warning" if is_unknown else "ok",
        reason=reason,
    )
