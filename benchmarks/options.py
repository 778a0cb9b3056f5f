"""Benchmark `options`: European option prices, the NumPy kernel beside QuantLib."""

import math
from dataclasses import dataclass

import numpy as np
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation
from scipy.special import ndtr

from analytics_platform.risk.arrays import Booleans, Floats
from analytics_platform.risk.options import option_price
from benchmarks.american import american_results
from benchmarks.result import Measured, Result, below, share_of_peer, without_peer
from benchmarks.timing import agree, cpu_seconds

_OPTIONS, _QUICK_OPTIONS, _SCENARIOS = 2_000, 100, 500
_PEER_OPTIONS = 40
_CALENDAR_YEAR = 365
_SEED = 7
_FLOOR_ROWS = 32


@dataclass(frozen=True)
class _Book:
    """Options and scenarios as the revaluation has them: columns (n, 1) and moves (n, n_scenarios)."""

    is_call: Booleans
    strike: Floats
    days: Floats
    spot: Floats
    rate: Floats
    volatility: Floats

    def head(self, n: int) -> "_Book":
        return _Book(
            self.is_call[:n],
            self.strike[:n],
            self.days[:n],
            self.spot[:n],
            self.rate[:n],
            self.volatility[:n],
        )

    def ours(self) -> Floats:
        return option_price(
            is_call=self.is_call,
            spot=self.spot,
            strike=self.strike,
            rate=self.rate,
            volatility=self.volatility,
            t_years=self.days / _CALENDAR_YEAR,
        )


def _book(n: int) -> _Book:
    chance, shape = np.random.default_rng(_SEED), (n, _SCENARIOS)
    spot = chance.uniform(20.0, 500.0, (n, 1))
    return _Book(
        is_call=chance.random((n, 1)) < 0.5,  # noqa: PLR2004 - one half
        strike=spot * chance.uniform(0.7, 1.3, (n, 1)),
        days=chance.integers(10, 700, (n, 1)).astype(np.float64),
        spot=spot * (1.0 + chance.normal(0.0, 0.02, shape)),
        rate=chance.uniform(0.0, 0.05, (n, 1)) + chance.normal(0.0, 0.0005, shape),
        volatility=chance.uniform(0.1, 0.6, (n, 1)) + chance.uniform(0.0, 0.02, shape),
    )


def _by_formula(book: _Book) -> list[float]:
    """Prices by a loop over QuantLib's formula, in the order of ours."""
    prices = []
    for row in range(len(book.strike)):
        kind = ql.Option.Call if book.is_call[row, 0] else ql.Option.Put
        strike, t = float(book.strike[row, 0]), float(book.days[row, 0]) / _CALENDAR_YEAR
        root = math.sqrt(t)
        moves = (x[row].tolist() for x in (book.spot, book.rate, book.volatility))
        for spot, rate, volatility in zip(*moves, strict=True):
            discount = math.exp(-rate * t)
            prices.append(ql.blackFormula(kind, strike, spot / discount, volatility * root, discount))
    return prices


def _by_objects(book: _Book) -> list[float]:
    """Prices by QuantLib's option and engine, built once an option and moved through quotes."""
    today, counter = ql.Date(1, 3, 2013), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    spot, rate, volatility = (ql.SimpleQuote(0.1) for _ in range(3))
    no_dividend = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, counter))
    discount = ql.YieldTermStructureHandle(ql.FlatForward(today, ql.QuoteHandle(rate), counter))
    surface = ql.BlackConstantVol(today, ql.NullCalendar(), ql.QuoteHandle(volatility), counter)
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(spot), no_dividend, discount, ql.BlackVolTermStructureHandle(surface)
    )
    engine = ql.AnalyticEuropeanEngine(process)
    prices = []
    for row in range(len(book.strike)):
        kind = ql.Option.Call if book.is_call[row, 0] else ql.Option.Put
        payoff = ql.PlainVanillaPayoff(kind, float(book.strike[row, 0]))
        option = ql.VanillaOption(payoff, ql.EuropeanExercise(today + int(book.days[row, 0])))
        option.setPricingEngine(engine)
        moves = (x[row].tolist() for x in (book.spot, book.rate, book.volatility))
        for values in zip(*moves, strict=True):
            for quote, value in zip((spot, rate, volatility), values, strict=True):
                quote.setValue(value)
            prices.append(option.NPV())
    return prices


def _floor(book: _Book, d1: Floats) -> Floats:
    """Only the logarithm, the exponential and the two normal probabilities, in the cache."""
    found = np.empty_like(book.spot[:_FLOOR_ROWS])
    for start in range(0, len(book.strike), _FLOOR_ROWS):
        rows = slice(start, start + _FLOOR_ROWS)
        out = found[: len(d1[rows])]
        np.log(book.spot[rows], out=out)
        np.exp(book.rate[rows], out=out)
        ndtr(d1[rows], out=out)
        ndtr(d1[rows], out=out)
    return found


def _d1(book: _Book) -> Floats:
    t = book.days / _CALENDAR_YEAR
    deviation = book.volatility * np.sqrt(t)
    d1: Floats = (np.log(book.spot / book.strike) + book.rate * t) / deviation + 0.5 * deviation
    return d1


def measure(*, is_quick: bool) -> Measured:
    """Price a book under scenarios; the peers price a part of it."""
    book = _book(_QUICK_OPTIONS if is_quick else _OPTIONS)
    part = book.head(_PEER_OPTIONS)
    expected = part.ours().ravel()
    agree("formula", expected, _by_formula(part), tolerance=1e-9)
    agree("objects", expected, _by_objects(part), tolerance=1e-9)
    d1 = _d1(book)
    ours, formula, objects, floor = cpu_seconds(
        book.ours, lambda: _by_formula(part), lambda: _by_objects(part), lambda: _floor(book, d1)
    )
    each, peer_each = 1e9 / book.spot.size, 1e9 / part.spot.size
    unit = "CPU ns an option"
    american, american_note = american_results(is_quick=is_quick)
    return Measured(
        (
            Result(
                "price",
                ours * each,
                "QuantLib blackFormula",
                formula * peer_each,
                unit,
                share_of_peer(1 / 35),
            ),
            Result(
                "price", ours * each, "QuantLib objects", objects * peer_each, unit, share_of_peer(1 / 170)
            ),
            Result("price", ours * each, "log, exp and two ndtr alone", floor * each, unit),
            without_peer("price", ours * each, unit, below(80.0)),
            *american,
        ),
        (
            (
                f"{len(book.strike):,} options in {_SCENARIOS} scenarios with spot, rate and volatility "
                "moving, as `OptionGroup.values` does it; one thread. The formula is called in a Python "
                "loop that makes forward and deviation itself; the objects are built once an option and "
                "moved through quotes. Both price a part of the book. Prices agree to 1e-9. The row of "
                "four functions is the least that NumPy and SciPy can do it in: nothing but these."
            ),
            american_note,
        ),
    )
