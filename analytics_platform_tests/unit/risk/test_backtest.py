"""Backtest of a value at risk against published statistics and zones."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from analytics_platform.risk.arrays import Booleans
from analytics_platform.risk.backtest import (
    backtest,
    basel_plus_factor,
    exceptions,
    independence_test,
    kupiec_test,
    traffic_light,
)


def sequence(n00: int, n01: int, n10: int, n11: int) -> Booleans:
    """Build days with given numbers of changes; n01 = n10, starting without an exception."""
    assert n01 == n10
    days = [False] * (n00 - n01 + 2)
    for k in range(n01):
        days += [True] * (1 + (n11 if k == 0 else 0)) + [False] * (1 if k == n01 - 1 else 2)
    return np.array(days)


def test_kupiecs_statistic_is_that_of_mathworks() -> None:
    # MathWorks, varbacktest.pof: 57 failures in 1043 days at 95 %.
    found = kupiec_test(57, 1043, confidence=0.95)
    assert found.statistic == pytest.approx(0.46147, rel=2e-5)
    assert found.p_value == pytest.approx(0.49694, rel=2e-5)


def test_christoffersens_statistic_is_that_of_mathworks() -> None:
    # MathWorks, varbacktest.cci, Normal95: N00 932, N10 53, N01 53, N11 4 give 0.25866 and p 0.61104.
    hit = sequence(932, 53, 53, 4)
    assert (hit.size, int(hit.sum())) == (1043, 57)
    found = independence_test(hit)
    assert found.statistic == pytest.approx(0.25866, abs=5e-6)
    assert found.p_value == pytest.approx(0.61104, abs=5e-6)
    # Conditional coverage: the sum of both, two degrees of freedom.
    whole = backtest(np.where(hit, -2.0, 0.0), np.ones(1043), confidence=0.95)
    both = whole.conditional_coverage
    assert both.statistic == pytest.approx(0.46147 + 0.25866, abs=1e-5)
    assert both.p_value == pytest.approx(float(chi2.sf(0.46147 + 0.25866, 2)), abs=1e-5)
    assert whole.plus_factor != whole.plus_factor
    assert not whole.is_short
    assert whole.expected_exceptions == pytest.approx(52.15, abs=1e-12)


def test_no_exceptions_and_only_exceptions_have_finite_statistics() -> None:
    # 0 log 0 = 0: -2 ln 0.99^250 and -2 ln 0.01^10.
    assert kupiec_test(0, 250, confidence=0.99).statistic == pytest.approx(5.025168, abs=1e-6)
    assert kupiec_test(10, 10, confidence=0.99).statistic == pytest.approx(92.103404, abs=1e-6)
    assert independence_test(np.zeros(250, dtype=bool)).statistic == 0.0
    assert independence_test(np.ones(250, dtype=bool)).p_value == 1.0
    assert kupiec_test(5, 100, confidence=0.95).statistic == pytest.approx(0.0, abs=1e-12)


def test_basel_zones_begin_at_five_and_ten_of_250() -> None:
    # BCBS January 1996: green 0-4, yellow 5-9, red from 10; plus factors of table 2.
    zones = [traffic_light(n, 250, confidence=0.99) for n in range(251)]
    assert zones == ["green"] * 5 + ["yellow"] * 5 + ["red"] * 241
    factors = [basel_plus_factor(n) for n in range(12)]
    assert factors == [0.0] * 5 + [0.40, 0.50, 0.65, 0.75, 0.85, 1.0, 1.0]


def test_zones_of_other_lengths_follow_the_binomial() -> None:
    # Chance of at most 17, 19 and 27 of 250 at 95 %: 0.926, 0.973 and 0.99996; of 2 and 3 of 125 at
    # 99 %: 0.869 and 0.963.
    assert [traffic_light(n, 250, confidence=0.95) for n in (17, 19, 27)] == ["green", "yellow", "red"]
    assert traffic_light(2, 125, confidence=0.99) == "green"
    assert traffic_light(3, 125, confidence=0.99) == "yellow"


def test_a_loss_of_exactly_the_value_at_risk_is_no_exception() -> None:
    hit = exceptions([-2.0, -2.0000001, 5.0, -1.0], [2.0, 2.0, 2.0, -1.0])
    assert hit.tolist() == [False, True, False, True]


def test_fewer_than_250_days_are_flagged() -> None:
    pnl, limits = np.linspace(-1.0, 1.0, 249), np.full(249, 0.5)
    assert backtest(pnl, limits, confidence=0.99).is_short
    found = backtest(np.append(pnl, 0.0), np.append(limits, 0.5), confidence=0.99)
    assert not found.is_short
    assert (found.n_exceptions, found.zone, found.plus_factor) == (62, "red", 1.0)
    assert np.isnan(backtest(pnl, limits, confidence=0.99).plus_factor)
    assert np.isnan(backtest(np.append(pnl, 0.0), np.append(limits, 0.5), confidence=0.95).plus_factor)


@given(st.lists(st.booleans(), min_size=2, max_size=60))
def test_independence_is_the_likelihood_ratio_of_the_transitions(days: list[bool]) -> None:
    def likelihood(hits: int, misses: int) -> float:
        n = hits + misses
        return float((hits / n) ** hits * (misses / n) ** misses) if n else 1.0

    pairs = list(pairwise(days))
    n = {key: pairs.count(key) for key in ((False, False), (False, True), (True, False), (True, True))}
    apart = likelihood(n[False, True], n[False, False]) * likelihood(n[True, True], n[True, False])
    together = likelihood(n[False, True] + n[True, True], n[False, False] + n[True, False])
    found = independence_test(np.array(days))
    assert found.statistic == pytest.approx(-2.0 * np.log(together / apart), abs=1e-9)
    assert found.p_value == pytest.approx(float(chi2.sf(found.statistic, 1)), abs=1e-12)


@given(n=st.integers(1, 400), share=st.floats(0.0, 1.0), confidence=st.sampled_from([0.95, 0.99]))
def test_coverage_is_never_negative_and_zones_rise(n: int, share: float, confidence: float) -> None:
    count = int(share * n)
    found = kupiec_test(count, n, confidence=confidence)
    assert found.statistic >= 0.0
    assert 0.0 <= found.p_value <= 1.0
    order = ["green", "yellow", "red"]
    zones = [order.index(traffic_light(k, n, confidence=confidence)) for k in range(n + 1)]
    assert zones == sorted(zones)


def test_faulty_backtests_are_refused() -> None:
    with pytest.raises(ValueError, match="profits and losses: nan"):
        backtest([1.0, np.nan], [1.0, 1.0], confidence=0.99)
    with pytest.raises(ValueError, match="values at risk: nan"):
        backtest([1.0, 1.0], [1.0, np.nan], confidence=0.99)
    with pytest.raises(ValueError, match="2 profits and losses do not match 1"):
        exceptions([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="there are none"):
        exceptions([], [])
    for count, n in ((-1, 10), (11, 10), (0, 0)):
        with pytest.raises(ValueError, match="cannot be"):
            kupiec_test(count, n, confidence=0.99)
    for confidence in (0.0, 1.0, float("nan")):
        with pytest.raises(ValueError, match="confidence"):
            traffic_light(1, 10, confidence=confidence)
    with pytest.raises(ValueError, match="two or more days"):
        independence_test([True])
    with pytest.raises(ValueError, match="truth value"):
        independence_test([0.0, 1.0])
    with pytest.raises(ValueError, match="251 exceptions"):
        basel_plus_factor(251)
