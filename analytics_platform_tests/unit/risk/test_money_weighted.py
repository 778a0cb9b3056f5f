"""Money-weighted return (XIRR) and Modified Dietz."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.risk.modified_dietz import (
    NO_CAPITAL,
    flow_weights,
    has_large_flow,
    modified_dietz_return,
)
from analytics_platform.risk.money_weighted import NO_RATE, ONE_SIGN, money_weighted_return

EXCEL_DATES = np.array(["2008-01-01", "2008-03-01", "2008-10-30", "2009-02-15", "2009-04-01"])


def test_the_example_of_excel_is_reproduced() -> None:
    # Microsoft Excel, XIRR: 0.373362535, found to 1e-8. Bisected with 40 digits: 0.37336253351883131.
    found = money_weighted_return([-10_000, 2_750, 4_250, 3_250, 2_750], EXCEL_DATES.astype("datetime64[D]"))
    assert found.annual_rate == pytest.approx(0.37336253351883131, rel=1e-12)
    assert found.span_days == 456
    assert found.period_return == pytest.approx(1.37336253351883131 ** (456 / 365) - 1, rel=1e-12)
    assert found.reason == ""


def test_one_year_is_365_days_and_a_half_compounds() -> None:
    assert money_weighted_return([-100.0, 110.0], [0, 365]).annual_rate == pytest.approx(0.1, rel=1e-13)
    half = money_weighted_return([-100.0, 110.0], [10, 192])
    assert half.annual_rate == pytest.approx(1.1 ** (365 / 182) - 1, rel=1e-12)
    assert half.period_return == pytest.approx(0.1, rel=1e-12)
    assert money_weighted_return([-100.0, 1.0], [0, 365]).annual_rate == pytest.approx(-0.99, rel=1e-12)


@given(
    paid=st.lists(st.tuples(st.integers(0, 1500), st.integers(1, 10**6)), min_size=1, max_size=8),
    back=st.lists(st.tuples(st.integers(1600, 4000), st.integers(1, 10**6)), min_size=1, max_size=8),
    seed=st.integers(0, 99),
)
def test_a_rate_makes_the_flows_worth_nothing_in_any_order(
    paid: list[tuple[int, int]], back: list[tuple[int, int]], seed: int
) -> None:
    days = np.array([day for day, _amount in paid + back])
    amounts = np.array(
        [-amount for _day, amount in paid] + [amount for _day, amount in back], dtype=np.float64
    )
    found = money_weighted_return(amounts, days)
    if found.reason:
        assert found.reason == NO_RATE
        return
    years = (days - days.min()) / 365
    values = amounts / (1 + found.annual_rate) ** years
    assert abs(float(values.sum())) <= 1e-9 * float(np.abs(values).sum())
    order = np.random.default_rng(seed).permutation(days.size)
    again = money_weighted_return(amounts[order], days[order] + 1234)
    assert again.annual_rate == pytest.approx(found.annual_rate, rel=1e-9, abs=1e-12)
    opposite = money_weighted_return(-amounts, days)
    assert opposite.annual_rate == pytest.approx(found.annual_rate, rel=1e-9, abs=1e-12)


def test_flows_of_one_sign_have_no_rate() -> None:
    for amounts, days in (([-1.0, -2.0], [0, 9]), ([5.0], [0]), ([0.0, 0.0], [0, 1]), ([-1.0, 1.0], [3, 3])):
        found = money_weighted_return(amounts, days)
        assert np.isnan([found.annual_rate, found.period_return]).all()
        assert found.reason == ONE_SIGN


def test_several_rates_are_no_rate() -> None:
    # 10 % and 20 % by construction: 100 (1.1 v - 1)(1.2 v - 1) in v = 1 / (1 + r).
    found = money_weighted_return([-100.0, 230.0, -132.0], [0, 365, 730])
    assert np.isnan(found.annual_rate)
    assert found.reason == "2 rates make the cash flows worth nothing"
    # A pair between two points of the search: 10 % and 10.001 %.
    near = money_weighted_return([-1.0, 1.1 + 1.10001, -1.1 * 1.10001], [0, 365, 730])
    assert near.reason == "2 rates make the cash flows worth nothing"
    three = money_weighted_return(np.poly([1.1, 1.5, 3.0]), [0, 365, 730, 1095])
    assert three.reason == "3 rates make the cash flows worth nothing"


def test_several_changes_of_sign_may_still_have_one_rate() -> None:
    # Bisected with 40 digits; pyxirr 0.10.8 gives 0.165173473548903.
    found = money_weighted_return([-100.0, 60.0, -20.0, 90.0], [0, 200, 400, 900])
    assert found.annual_rate == pytest.approx(0.16517347354890157, rel=1e-12)
    # (v - 1)(10 v^2 - 50 v + 100) with v = 1 / (1 + r): 0 % alone, which is a point of the search.
    assert money_weighted_return([-100.0, 150.0, -60.0, 10.0], [0, 365, 730, 1095]).annual_rate == 0.0
    # A pair that never gets to nothing: -1, 2, -1.01 at v > 0.
    assert money_weighted_return([-1.0, 2.0, -1.01], [0, 365, 730]).reason == NO_RATE


def test_money_that_stays_invested_has_one_rate_whatever_goes_in_and_out() -> None:
    amounts, days = [-100.0, 30.0, -50.0, 20.0, -10.0, 140.0], [0, 100, 200, 300, 400, 1_000]
    found = money_weighted_return(amounts, days)
    rates = np.expm1(np.linspace(np.log(0.01), np.log(100.0), 2_001))
    worth = np.array(amounts) @ (1.0 + rates) ** (-np.array(days)[:, None] / 365.0)
    assert int((np.diff(np.sign(worth)) != 0).sum()) == 1
    assert np.interp(0.0, -worth[900:1200], rates[900:1200]) == pytest.approx(found.annual_rate, abs=1e-5)


def test_a_rate_beyond_the_bounds_is_refused() -> None:
    assert money_weighted_return([-1.0, 1000.0], [0, 1]).reason == NO_RATE


def test_faulty_flows_are_refused() -> None:
    with pytest.raises(ValueError, match=r"cash flows: nan at \(1,\)"):
        money_weighted_return([1.0, np.nan], [0, 1])
    with pytest.raises(ValueError, match="2 cash flows do not match 3 days"):
        money_weighted_return([1.0, -1.0], [0, 1, 2])
    with pytest.raises(ValueError, match="whole days or dates, not float64"):
        money_weighted_return([1.0, -1.0], [0.0, 1.5])
    with pytest.raises(ValueError, match="a date is missing"):
        money_weighted_return([1.0, -1.0], np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"))
    with pytest.raises(ValueError, match="there are none"):
        money_weighted_return([], [])


def test_modified_dietz_of_the_published_example() -> None:
    # Wikipedia, Modified Dietz method: 100 grows to 300 with a flow of 50 half-way: 120 %.
    found = modified_dietz_return(100.0, 300.0, flows=[50.0], weights=flow_weights([365], period_days=730))
    assert float(found.value) == pytest.approx(1.2, abs=1e-12)
    assert float(modified_dietz_return(100.0, 110.0, flows=[], weights=[]).value) == pytest.approx(0.1)
    edges = modified_dietz_return(100.0, 240.0, flows=[10.0, 100.0], weights=[0.0, 1.0])
    assert float(edges.value) == pytest.approx(30 / 200, rel=1e-12)


def test_a_flow_at_the_end_of_its_day_works_a_day_less() -> None:
    assert flow_weights([1, 10, 30], period_days=30) == pytest.approx([29 / 30, 20 / 30, 0.0])
    assert flow_weights([1, 10, 30], period_days=30, timing="start") == pytest.approx([1.0, 21 / 30, 1 / 30])


@given(
    start=st.integers(1, 10**6),
    gain=st.integers(-(10**5), 10**6),
    flows=st.lists(st.integers(0, 10**5), max_size=5),
)
def test_modified_dietz_is_the_gain_over_the_capital(start: int, gain: int, flows: list[int]) -> None:
    end, weights = start + gain + sum(flows), [0.25] * len(flows)
    found = float(modified_dietz_return(start, end, flows=flows, weights=weights).value)
    assert found == pytest.approx(gain / (start + 0.25 * sum(flows)), rel=1e-12, abs=1e-12)


def test_without_capital_there_is_no_return() -> None:
    for start, flow in ((0.0, 0.0), (-5.0, 2.0), (100.0, -200.0)):
        found = modified_dietz_return(start, 10.0, flows=[flow], weights=[0.5])
        assert (bool(np.isnan(found.value)), found.reason) == (True, NO_CAPITAL)


def test_a_flow_above_a_tenth_is_large() -> None:
    assert [has_large_flow(-100.0, [flow]) for flow in (9.0, 10.0, 10.5, -11.0)] == [False, False, True, True]
    assert not has_large_flow(100.0, [])


def test_faulty_periods_are_refused() -> None:
    for day in (0, 31):
        with pytest.raises(ValueError, match="not within the 30 days"):
            flow_weights([day], period_days=30)
    with pytest.raises(ValueError, match="1 flows do not match 2 weights"):
        modified_dietz_return(1.0, 2.0, flows=[1.0], weights=[0.5, 0.5])
    for values in ((np.nan, 1.0, 0.0), (1.0, np.inf, 0.0), (1.0, 1.0, np.nan)):
        with pytest.raises(ValueError, match="not a finite number"):
            modified_dietz_return(values[0], values[1], flows=[values[2]], weights=[0.5])
    for weight in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            modified_dietz_return(1.0, 2.0, flows=[1.0], weights=[weight])
