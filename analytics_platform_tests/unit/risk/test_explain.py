"""P&L explain: parts by hand, the whole of a revalued option, the limit."""

from dataclasses import fields

import numpy as np
import pytest

from analytics_platform.risk.explain import Effects, Moves, explain_pnl, pnl_effects
from analytics_platform.risk.options import Greeks, option_greeks, option_price

UNIT = Greeks(*(np.array(x) for x in (10.0, 0.5, 0.02, 30.0, -4.0, 20.0)))


def by_name(effects: Effects) -> dict[str, float]:
    return {field.name: float(getattr(effects, field.name)) for field in fields(effects)}


def test_each_effect_by_hand() -> None:
    effects = pnl_effects(
        greeks=UNIT,
        moves=Moves(underlying=2.0, volatility=0.01, rate=-0.001, years=1 / 365),
        units=-300.0,
        value=-3_000.0,
        fx_start=1.25,
        fx_end=1.5,
        carry=8.0,
        new_trades=-7.0,
    )
    assert by_name(effects) == pytest.approx(
        {
            "delta": -300 * 1.5 * 0.5 * 2.0,
            "gamma": -300 * 1.5 * 0.5 * 0.02 * 4.0,
            "vega": -300 * 1.5 * 30.0 * 0.01,
            "theta": -300 * 1.5 * -4.0 / 365,
            "rho": -300 * 1.5 * 20.0 * -0.001,
            "carry": 12.0,
            "fx": -3_000.0 * 0.25,
            "new_trades": -7.0,
        },
        abs=1e-12,
    )
    assert float(effects.total()) == pytest.approx(sum(by_name(effects).values()), abs=1e-12)


def test_local_moves_at_the_end_rate_and_fx_on_the_start_leave_no_cross_term() -> None:
    share = Greeks(np.array(100.0), *(np.array(x) for x in (1.0, 0.0, 0.0, 0.0, 0.0)))
    effects = pnl_effects(
        greeks=share, moves=Moves(underlying=3.0), units=10, value=1_000, fx_start=1.30, fx_end=1.25
    )
    found = explain_pnl(10 * 103 * 1.25 - 10 * 100 * 1.30, effects, floor=0.0)
    assert float(found.unexplained) == pytest.approx(0.0, abs=1e-10)


def test_small_moves_of_an_option_are_explained_to_third_order() -> None:
    start = {"spot": 100.0, "strike": 105.0, "rate": 0.03, "volatility": 0.25, "t_years": 0.5}
    moves = {"spot": 0.5, "rate": 0.0002, "volatility": 0.002, "t_years": -1 / 365}
    end = {name: value + moves.get(name, 0.0) for name, value in start.items()}
    greeks = option_greeks(is_call=[True, False], **start)
    actual = option_price(is_call=[True, False], **end) - greeks.price
    effects = pnl_effects(
        greeks=greeks,
        moves=Moves(underlying=0.5, volatility=0.002, rate=0.0002, years=1 / 365),
        units=1.0,
        value=greeks.price,
    )
    found = explain_pnl(actual, effects, floor=0.0)
    assert found.effects is effects
    assert found.actual == pytest.approx(actual)
    assert np.abs(found.unexplained).max() < 2e-3
    assert found.is_within_limit.all()


@pytest.mark.parametrize(
    ("actual", "floor", "is_within"),
    [
        (100.0, 0.0, True),  # 5.0 of 100 stays open: the limit itself is within
        (99.9, 0.0, True),
        (100.1, 0.0, False),
        (-100.0, 194.0, False),
        (-100.0, 195.0, True),
        (0.0, 94.0, False),
        (float("nan"), 1e9, False),
    ],
)
def test_five_percent_or_the_floor_may_stay_unexplained(actual: float, floor: float, is_within: bool) -> None:  # noqa: FBT001 - filled in by name
    effects = Effects(*(np.array([x]) for x in (80.0, 15.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0)))
    found = explain_pnl([actual], effects, floor=floor)
    assert found.is_within_limit.tolist() == [is_within]
    if not np.isnan(actual):
        assert found.unexplained[0] == pytest.approx(actual - 95.0, abs=1e-12)


def test_impossible_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="before its start"):
        pnl_effects(greeks=UNIT, moves=Moves(years=-0.1), units=1, value=1)
    for rates in ({"fx_start": 0.0}, {"fx_end": 0.0}):
        with pytest.raises(ValueError, match="above 0"):
            pnl_effects(greeks=UNIT, moves=Moves(), units=1, value=1, **rates)
    effects = pnl_effects(greeks=UNIT, moves=Moves(), units=1, value=1)
    assert not explain_pnl(1.0, effects, floor=0.0, share=0.0).is_within_limit
    for wrong in ({"floor": -1.0}, {"floor": 0.0, "share": -0.1}):
        with pytest.raises(ValueError, match="can be negative"):
            explain_pnl(1.0, effects, **wrong)
