"""European options of one session: volatility from the price, Greeks, and values under shocks.

What others share is here too: see `american_positions`, and `future_option_positions` for those on futures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics_platform.risk.arrays import Booleans, Floats, Integers
from analytics_platform.risk.curves import interpolation_weights
from analytics_platform.risk.implied_volatility import REASONS, VolatilityStatus, implied_volatility
from analytics_platform.risk.inputs import OptionTerms, Terms
from analytics_platform.risk.options import Greeks, option_greeks, option_price
from analytics_platform.risk.scenarios import Shocks
from analytics_platform.risk.snapshot import DiscountCurve, Snapshot
from analytics_platform.risk.valuations import Valuation, missing

MODEL = "black_scholes_merton"
DAYS_A_YEAR = 365.0


@dataclass(frozen=True)
class OptionGroup:
    """Options on one discount curve that have a value today; one entry an option.

    `own` and `underlying` are columns of the market, `weights` of shape (n_nodes, n_options) give
    the logarithm of the discount factor to expiry. Values are per contract.
    """

    instrument_ids: list[str]
    curve_id: str
    own: Integers
    underlying: Integers
    is_call: Booleans
    strike: Floats
    spot: Floats
    t_years: Floats
    rate: Floats
    volatility: Floats
    multiplier: Floats
    weights: Floats
    value: Floats

    def values(self, shocks: Shocks) -> Floats:
        """Value of one contract in each scenario, of shape (n_options, n_scenarios).

        The volatility stays with the strike; time stands still.
        """
        return self.multiplier[:, None] * option_price(**self.moved(shocks))

    def moved(self, shocks: Shocks) -> dict[str, Floats | Booleans]:
        """Arguments of the price of one share's worth in each scenario."""
        moves = shocks.zero_rates[self.curve_id]
        factor, shift = (
            np.broadcast_to(change, shocks.equity.shape)[self.own]
            for change in (shocks.volatility_factor, shocks.volatility_shift)
        )
        return {
            "is_call": self.is_call[:, None],
            "spot": self.spot[:, None] * (1.0 + shocks.equity[self.underlying]),
            "strike": self.strike[:, None],
            "rate": self.rate[:, None] + _rates(moves, self.weights, self.t_years),
            "volatility": np.maximum(self.volatility[:, None] * factor + shift, 0.0),
            "t_years": self.t_years[:, None],
        }

    def uses_node(self) -> Booleans:
        """Which nodes of the curve an option depends on, of shape (n_options, n_nodes)."""
        return (self.weights > 0.0).T


def _rates(zero_rates: Floats, weights: Floats, t_years: Floats) -> Floats:
    """Continuous zero rates to expiry of shape (n_options, n_scenarios); 0 for no time left."""
    with np.errstate(invalid="ignore"):
        logs = zero_rates @ weights
    rates: Floats = (logs / np.where(t_years > 0.0, t_years, 1.0)).T
    return rates


def _fault(terms: Terms, option: OptionTerms, snapshot: Snapshot) -> str:
    """Why an option cannot be valued; empty if it can be tried."""
    if option.expiry < snapshot.session:
        return f"expired on {option.expiry} but is still held"
    if not snapshot.price(option.underlying_id) > 0.0:
        return f"no price of the underlying {option.underlying_id} in {terms.currency}"
    if terms.currency not in snapshot.discount_curves:
        return f"no discount curve for {terms.currency}"
    if option.expiry > snapshot.session and np.isnan(snapshot.price(terms.instrument_id)):
        return f"no price in {terms.currency}"
    return ""


@dataclass(frozen=True)
class OptionQuotes:
    """Options on one discount curve as the market quotes them; arrays of one entry an option.

    `price` and `spot` are of one share; the price may be NaN on the day of expiry.
    """

    terms: list[Terms]
    curve_id: str
    own: Integers
    underlying: Integers
    price: Floats
    is_call: Booleans
    spot: Floats
    strike: Floats
    days: Integers
    rate: Floats
    multiplier: Floats
    weights: Floats

    @property
    def t_years(self) -> Floats:
        """Years to expiry, ACT/365F."""
        return np.asarray(self.days / DAYS_A_YEAR)

    def group(self, volatility: Floats, price: Floats, kept: Integers) -> OptionGroup:
        """Make a group of some options, given their volatilities and prices of one share."""
        return OptionGroup(
            instrument_ids=[self.terms[i].instrument_id for i in kept],
            curve_id=self.curve_id,
            own=self.own[kept],
            underlying=self.underlying[kept],
            is_call=self.is_call[kept],
            strike=self.strike[kept],
            spot=self.spot[kept],
            t_years=self.t_years[kept],
            rate=self.rate[kept],
            volatility=volatility[kept],
            multiplier=self.multiplier[kept],
            weights=self.weights[:, kept],
            value=self.multiplier[kept] * price[kept],
        )


def option_quotes(
    terms: Sequence[Terms], snapshot: Snapshot, *, model: str
) -> tuple[list[Valuation], list[OptionQuotes]]:
    """Options that can be tried, by discount curve, and the valuations of those that cannot."""
    refused: list[Valuation] = []
    by_currency: dict[str, list[tuple[Terms, OptionTerms]]] = {}
    for one in terms:
        if one.option is None:
            refused.append(missing(one.instrument_id, "no option terms", model=model))
        elif reason := _fault(one, one.option, snapshot):
            price = known_price(snapshot.price(one.instrument_id))
            refused.append(missing(one.instrument_id, reason, model=model, price=price))
        else:
            by_currency.setdefault(one.currency, []).append((one, one.option))
    return refused, [
        _quotes(members, snapshot, snapshot.discount_curves[currency])
        for currency, members in sorted(by_currency.items())
    ]


def known_price(price: float) -> float | None:
    """Give a price, or None for NaN."""
    return None if np.isnan(price) else price


def _quotes(
    members: Sequence[tuple[Terms, OptionTerms]], snapshot: Snapshot, curve: DiscountCurve
) -> OptionQuotes:
    names = [one.instrument_id for one, _option in members]
    options = [option for _one, option in members]
    days = np.array([(option.expiry - snapshot.session).days for option in options], dtype=np.int64)
    t_years = days / DAYS_A_YEAR
    weights = interpolation_weights(curve.times, t_years)
    return OptionQuotes(
        terms=[one for one, _option in members],
        curve_id=curve.curve_id,
        own=np.array([snapshot.instruments[name] for name in names], dtype=np.int64),
        underlying=np.array([snapshot.instruments[o.underlying_id] for o in options], dtype=np.int64),
        price=np.array([snapshot.price(name) for name in names]),
        is_call=np.array([option.is_call for option in options]),
        spot=np.array([snapshot.price(option.underlying_id) for option in options]),
        strike=np.array([option.strike_local for option in options]),
        days=days,
        rate=_rates(curve.zero_rates[None, :], weights, t_years)[:, 0],
        multiplier=np.array([one.multiplier for one, _option in members]),
        weights=weights,
    )


def calibrate_options(
    terms: Sequence[Terms], snapshot: Snapshot
) -> tuple[list[Valuation], list[OptionGroup]]:
    """Value the European options of one session from their delivered prices.

    Parameters
    ----------
    terms : sequence of Terms
        European options only.
    snapshot : Snapshot

    Returns
    -------
    list of Valuation
        One an option. On the day of expiry the value is the intrinsic value of the underlying's
        close, with a warning; after it, or without a price, underlying or curve, it is missing.
    list of OptionGroup
        The options that have a value, one group a curve.

    """
    valuations, quotes = option_quotes(terms, snapshot, model=MODEL)
    groups = []
    for some in quotes:
        found, group = _calibrate_group(some)
        valuations += found
        groups += [group] if group.instrument_ids else []
    return valuations, groups


def _calibrate_group(quotes: OptionQuotes) -> tuple[list[Valuation], OptionGroup]:
    price, t_years = quotes.price, quotes.t_years
    own: dict[str, Floats | Booleans] = {
        "is_call": quotes.is_call,
        "spot": quotes.spot,
        "strike": quotes.strike,
        "rate": quotes.rate,
        "t_years": t_years,
    }
    found = implied_volatility(price=price, **own)
    is_today = t_years == 0.0
    volatility = np.where(is_today, 0.0, found.volatility)
    is_ok = is_today | (found.status == VolatilityStatus.OK)
    greeks = option_greeks(volatility=np.where(is_ok, volatility, 0.0), **own)
    valuations = [
        option_valuation(one.instrument_id, (price[i], quotes.spot[i]), volatility[i], greeks, i, model=MODEL)
        if is_ok[i]
        else missing(
            one.instrument_id,
            REASONS[VolatilityStatus(found.status[i])],
            model=MODEL,
            price=known_price(price[i]),
        )
        for i, one in enumerate(quotes.terms)
    ]
    kept = np.flatnonzero(is_ok)
    return valuations, quotes.group(volatility, np.where(is_today, greeks.price, price), kept)


def option_valuation(  # noqa: PLR0913 - what one row says of one option
    instrument_id: str,
    prices: tuple[float, float],
    volatility: float,
    greeks: Greeks,
    row: int,
    *,
    model: str,
) -> Valuation:
    """Row of an option by its price, that of the underlying, and its Greeks; no volatility on its end."""
    is_today = volatility == 0.0
    price, spot = prices
    return Valuation(
        instrument_id,
        model,
        market_price_local=known_price(price),
        model_price_local=float(greeks.price[row]),
        implied_volatility=None if is_today else float(volatility),
        delta=float(greeks.delta[row]),
        gamma=float(greeks.gamma[row]),
        vega=float(greeks.vega[row]),
        theta=float(greeks.theta[row]),
        rho=float(greeks.rho[row]),
        underlying_price_local=float(spot),
        status="warning" if is_today else "ok",
        reason="expires on this session: intrinsic value" if is_today else None,
    )
