"""The part of the benchmark `options` on American ones: a book calibrated by QuantLib, then under shocks."""

from datetime import date, timedelta

import numpy as np

from analytics_platform.risk.american import american_price
from analytics_platform.risk.american_positions import calibrate_american_options
from analytics_platform.risk.inputs import OptionTerms, Terms
from analytics_platform.risk.scenarios import Shocks
from analytics_platform.risk.snapshot import DiscountCurve, Snapshot
from benchmarks.result import Result, without_peer
from benchmarks.timing import cpu_seconds

NOTE = (
    "American: {n} options, half of them puts; calibrated is implied volatility, Greeks and five prices for "
    "the correction by QuantLib's QdFp engine, once a session; revalued is Barone-Adesi-Whaley with that "
    "correction in {scenarios} scenarios."
)
_OPTIONS, _QUICK_OPTIONS, _SCENARIOS = 500, 20, 500
_SESSION, _RATE, _SPOT, _VOLATILITY = date(2013, 3, 1), 0.02, 100.0, 0.25
_SEED = 7


def _market(n: int) -> tuple[list[Terms], Snapshot]:
    chance = np.random.default_rng(_SEED)
    names, is_call = [f"OPT_{i:03}" for i in range(n)], np.arange(n) % 2 == 1
    strike, days = chance.uniform(85.0, 115.0, n), chance.integers(30, 700, n)
    prices = american_price(
        is_call=is_call, spot=_SPOT, strike=strike, rate=_RATE, volatility=_VOLATILITY, days=days
    )
    options = [
        OptionTerms("EQ", bool(call), float(k), _SESSION + timedelta(int(left)), is_american=True)
        for call, k, left in zip(is_call, strike, days, strict=True)
    ]
    terms = [Terms(name, "option", "USD", 100.0, one) for name, one in zip(names, options, strict=True)]
    curve = DiscountCurve("UST_PAR", np.array([0.5, 1.0, 2.0]), np.full(3, _RATE))
    columns = {name: i for i, name in enumerate([*names, "EQ"])}
    levels = np.array([*prices, _SPOT])
    return terms, Snapshot(_SESSION, columns, {"USD": 0}, levels, np.ones(1), {"USD": curve}, has_market=True)


def _shocks(n: int) -> Shocks:
    chance = np.random.default_rng(_SEED)
    return Shocks(
        equity=chance.normal(0.0, 0.02, (n + 1, _SCENARIOS)),
        fx=np.zeros((1, _SCENARIOS)),
        zero_rates={"UST_PAR": chance.normal(0.0, 0.0005, (_SCENARIOS, 3))},
        volatility_factor=np.ones((1, 1)),
        volatility_shift=np.zeros((1, 1)),
    )


def american_results(*, is_quick: bool) -> tuple[tuple[Result, ...], str]:
    """Time a book of American options; the rows, and how to read them."""
    n = _QUICK_OPTIONS if is_quick else _OPTIONS
    terms, snapshot = _market(n)
    shocks = _shocks(n)
    _valuations, (group,) = calibrate_american_options(terms, snapshot)
    calibrated, revalued = cpu_seconds(
        lambda: calibrate_american_options(terms, snapshot), lambda: group.values(shocks)
    )
    rows = (
        without_peer("American, calibrated", 1e3 * calibrated / n, "CPU ms an option"),
        without_peer("American, revalued", 1e9 * revalued / (n * _SCENARIOS), "CPU ns an option"),
    )
    return rows, NOTE.format(n=n, scenarios=_SCENARIOS)
