"""The sample's option contracts: terms, expiry dates, volatility and prices. All of it is ours."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from itertools import pairwise
from math import erfc, exp, log, sqrt

from sample_data.builder.curve import Curve
from sample_data.builder.market import Market

MULTIPLIER = Decimal(100)
TICK = Decimal("0.01")
LEAST_TIME_VALUE = 0.02
"""The desk asks two cents or more over the forward intrinsic value, so a volatility fits every price."""
DECAY = 0.97
FRIDAY = 4


@dataclass(frozen=True)
class Contract:
    """A European option on 100 shares, settled in cash."""

    ticker: str
    option_type: str
    strike: Decimal
    expiry: date

    @property
    def instrument_id(self) -> str:
        """Identifier, such as ``OPT_AAPL_2013-03-15_C450``."""
        return f"OPT_{self.ticker}_{self.expiry}_{self.option_type[0].upper()}{self.strike}"

    def intrinsic(self, spot: Decimal) -> Decimal:
        """Payment for one share at expiry."""
        gain = spot - self.strike if self.option_type == "call" else self.strike - spot
        return max(gain, Decimal(0))


def third_friday(year: int, month: int) -> date:
    """Third Friday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(FRIDAY - first.weekday()) % 7 + 14)


def expiries(market: Market, day: date, *, quarterly: bool) -> list[date]:
    """Expiry dates after the day, ascending, for the coming fourteen months.

    An expiry is the third Friday, or the session before it where that day is no session.
    """
    months = [divmod(day.year * 12 + day.month - 1 + ahead, 12) for ahead in range(15)]
    dates = [third_friday(year, month + 1) for year, month in months if not quarterly or month % 3 == 2]  # noqa: PLR2004 - months count from 0 here: 2 is March
    return [expiry for each in dates if (expiry := market.session_on_or_before(each)) > day]


def round_strike(spot: Decimal, ratio: Decimal) -> Decimal:
    """Strike nearest to a multiple of the spot price, on the exchange's usual steps."""
    wish = spot * ratio
    step = Decimal(1) if wish < 50 else Decimal(5) if wish < 200 else Decimal(10)  # noqa: PLR2004 - the steps' borders
    return (wish / step).quantize(Decimal(1)) * step


def realised_volatility(market: Market, ticker: str) -> dict[date, float]:
    """Yearly volatility by session: exponentially weighted squares of log total returns.

    A split multiplies and a dividend adds to the price before the return is taken. The first value is
    the plain mean of the first twenty squares.
    """
    close = market.close[ticker]
    days = sorted(close)
    squares = []
    for before, day in pairwise(days):
        ratio = market.splits.get(day, {}).get(ticker, Decimal(1))
        dividend = market.dividends.get(day, {}).get(ticker, Decimal(0))
        squares.append(log(float((close[day] * ratio + dividend) / close[before])) ** 2)
    variance = sum(squares[:20]) / 20
    volatility = {}
    for day, square in zip(days[1:], squares, strict=True):
        variance = DECAY * variance + (1 - DECAY) * square
        volatility[day] = sqrt(252 * variance)
    return volatility


def smile(realised: float, strike: float, forward: float) -> float:
    """Volatility that the desk quotes: realised, two points on top, more for low and for high strikes."""
    distance = log(strike / forward)
    return min(max(realised, 0.12), 0.9) + 0.02 + 0.12 * max(-distance, 0.0) + 0.04 * max(distance, 0.0)


def _normal(value: float) -> float:
    return erfc(-value / sqrt(2)) / 2


def price(contract: Contract, day: date, spot: Decimal, realised: float, curve: Curve) -> Decimal:
    """Black-Scholes-Merton price for one share without dividends, on the tick above the least time value.

    Parameters
    ----------
    contract : Contract
        Terms of the option.
    day : date
        Session, before the expiry.
    spot : Decimal
        Closing price of the share.
    realised : float
        Realised volatility a year as a decimal.
    curve : Curve
        Curve of the session.
    """
    years = (contract.expiry - day).days / 365
    factor = exp(-curve.zero_rate(years) * years)
    share, strike = float(spot), float(contract.strike)
    deviation = smile(realised, strike, share / factor) * sqrt(years)
    d1 = log(share / (strike * factor)) / deviation + deviation / 2
    sign = 1 if contract.option_type == "call" else -1
    value = sign * (share * _normal(sign * d1) - strike * factor * _normal(sign * (d1 - deviation)))
    least = round(max(sign * (share - strike * factor), 0.0) + LEAST_TIME_VALUE, 6)
    if value < least:
        return Decimal(str(least)).quantize(TICK, rounding=ROUND_UP)
    return Decimal(value).quantize(TICK)
