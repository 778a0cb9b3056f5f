"""Greeks for readers: their units."""

import numpy as np
import pytest

from analytics_platform.risk.greeks import displayed
from analytics_platform.risk.options import Greeks, option_greeks, option_price


def test_units_by_hand() -> None:
    raw = Greeks(*(np.array(x) for x in (9.0, 0.4, 0.03, 25.0, -7.3, 12.0)))
    shown = displayed(raw, 200.0)
    assert float(shown.delta_1pct) == pytest.approx(0.8, abs=1e-15)  # 0.4 x 2
    assert float(shown.gamma_1pct) == pytest.approx(0.12, abs=1e-15)  # 0.03 x 2 x 2
    assert float(shown.vega_1pct) == pytest.approx(0.25, abs=1e-15)
    assert float(shown.theta_1day) == pytest.approx(-0.02, abs=1e-15)
    assert float(shown.rho_1bp) == pytest.approx(0.0012, abs=1e-18)


def test_they_are_the_changes_of_the_price() -> None:
    terms = {"spot": 49.0, "strike": 50.0, "rate": 0.05, "volatility": 0.20, "t_years": 20 / 52}
    shown = displayed(option_greeks(is_call=True, **terms), terms["spot"])

    def change(name: str, by: float) -> float:
        moved = option_price(is_call=True, **{**terms, name: terms[name] + by})
        return float(moved - option_price(is_call=True, **terms))

    up, down = change("spot", 0.49), change("spot", -0.49)
    assert float(shown.delta_1pct) == pytest.approx((up - down) / 2, rel=1e-3)
    assert float(shown.gamma_1pct) == pytest.approx(up + down, rel=1e-2)
    assert float(shown.vega_1pct) == pytest.approx(change("volatility", 0.01), rel=1e-2)
    assert float(shown.theta_1day) == pytest.approx(change("t_years", -1 / 365), rel=1e-2)
    assert float(shown.rho_1bp) == pytest.approx(change("rate", 1e-4), rel=1e-3)


def test_shapes_broadcast() -> None:
    raw = option_greeks(
        is_call=[[True], [False]], spot=[90.0, 100.0], strike=100.0, rate=0.0, volatility=0.2, t_years=1.0
    )
    shown = displayed(raw, [90.0, 100.0])
    assert shown.delta_1pct.shape == shown.rho_1bp.shape == (2, 2)
    assert shown.delta_1pct == pytest.approx(raw.delta * [0.9, 1.0])
