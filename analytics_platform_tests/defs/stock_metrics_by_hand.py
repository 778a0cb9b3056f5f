"""The metrics of the stock API worked out from the CSV in exact fractions: no polars, no SQL."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import sqrt
from statistics import mean, stdev

from analytics_platform_tests.defs.stock_history import StockHistory

WINDOW = 30
_TRADING_DAYS = 252

Returns = Mapping[str, Mapping[date, Fraction]]


@dataclass(frozen=True)
class Window:
    """Return of a stock over 30 sessions."""

    ticker: str
    first: date
    last: date
    pct: Decimal


class StockMetrics:
    """What the API must answer.

    A return needs a close of the session before; the sessions are the days on which any stock closed.

    Parameters
    ----------
    history : StockHistory
        File, splits and dividends.
    """

    def __init__(self, history: StockHistory) -> None:
        self._days = history.days()
        self._sessions = history.sessions()
        self._before = dict(zip(self._sessions[1:], self._sessions, strict=False))
        self._history = history
        self.raw = self._returns(is_adjusted=False)
        self.adjusted = self._returns(is_adjusted=True)

    def average_daily_returns(self) -> dict[date, tuple[Decimal, Decimal]]:
        """Return the mean over stocks in percent, adjusted and raw, for each session that has one."""
        means = [_mean_by_day(returns) for returns in (self.adjusted, self.raw)]
        return {day: (_places(means[0][day] * 100), _places(means[1][day] * 100)) for day in sorted(means[0])}

    def most_valuable_day(self) -> tuple[date, Fraction]:
        """Return the day with the highest mean of close times volume, and that mean."""
        by_day: dict[date, list[Fraction]] = defaultdict(list)
        for days in self._days.values():
            for day, each in days.items():
                by_day[day].append(Fraction(each.close) * each.volume)
        best = max(sorted(by_day), key=lambda day: mean(by_day[day]))
        return best, mean(by_day[best])

    def most_valuable_stock(self) -> tuple[str, Fraction]:
        """Return the stock with the highest mean of close times volume, and that mean."""
        traded = {
            name: mean(Fraction(each.close) * each.volume for each in days.values())
            for name, days in self._days.items()
        }
        best = max(sorted(traded), key=traded.__getitem__)
        return best, traded[best]

    def volatilities(self, *, is_adjusted: bool) -> dict[str, tuple[float, float]]:
        """Return the standard deviation of daily returns of each stock, a day and a year."""
        returns = self.adjusted if is_adjusted else self.raw
        daily = {name: float(stdev(found.values())) for name, found in returns.items()}
        return {name: (value, value * sqrt(_TRADING_DAYS)) for name, value in daily.items()}

    def best_windows(self, *, is_adjusted: bool) -> list[Window]:
        """Return the three best returns over 30 sessions in a row."""
        returns = self.adjusted if is_adjusted else self.raw
        found = []
        for name, days in returns.items():
            for place in range(WINDOW, len(self._sessions)):
                asked = self._sessions[place - WINDOW + 1 : place + 1]
                if all(day in days for day in asked):
                    growth = Fraction(1)
                    for day in asked:
                        growth *= 1 + days[day]
                    start = self._sessions[place - WINDOW]
                    found.append(Window(name, start, asked[-1], _places((growth - 1) * 100)))
        return sorted(found, key=lambda each: (-each.pct, each.last, each.ticker))[:3]

    def _returns(self, *, is_adjusted: bool) -> Returns:
        found: dict[str, dict[date, Fraction]] = {}
        for name, days in self._days.items():
            found[name] = {}
            for day, each in days.items():
                before = days.get(self._before.get(day, date.min))
                if before is not None:
                    worth = Fraction(each.close)
                    if is_adjusted:
                        worth *= Fraction(self._history.splits.get((name, day), 1))
                        worth += Fraction(self._history.dividends.get((name, day), 0))
                    found[name][day] = worth / Fraction(before.close) - 1
        return found


def _mean_by_day(returns: Returns) -> dict[date, Fraction]:
    by_day: dict[date, list[Fraction]] = defaultdict(list)
    for found in returns.values():
        for day, each in found.items():
            by_day[day].append(each)
    return {day: mean(found) for day, found in by_day.items()}


def _places(value: Fraction) -> Decimal:
    """Round to four places, halves away from zero."""
    sign = -1 if value < 0 else 1
    ten_thousandths = Decimal(int(abs(value) * 10**12)) / 10**12
    return sign * ten_thousandths.quantize(Decimal("0.0001"), ROUND_HALF_UP)
