"""Figures that others have published, with their inputs: what the tests of each kernel do not cover yet."""

import numpy as np
import pytest

from analytics_platform.risk.measures import expected_shortfall, tail_mean, value_at_risk
from analytics_platform.risk.modified_dietz import flow_weights, has_large_flow, modified_dietz_return

ORE_SCENARIOS = 715
ORE_TAILS = {
    "All": [
        -1069145.188965, -1016501.188572, -965400.870434, -929586.683671, -916945.520777, -916424.386422,
        -910260.713482, -874503.346996,
    ],
    "InterestRate": [
        -74169.373067, -71165.618103, -70171.082844, -68919.0083, -67904.262854, -67116.008706, -65249.236725,
        -63274.845054,
    ],
    "FX": [
        -1116579.865211, -1064800.880216, -920670.019787, -920177.617049, -916875.286742, -911041.620057,
        -908100.163954, -884244.095663,
    ],
}  # fmt: skip
"""Eight largest losses of each risk class, of 715 ten-day P&L of a swap of currencies and a forward.

Open Source Risk Engine 1.8.16, Examples/MarketRisk, HistSimVar, ExpectedOutput/historical_PnL.csv.
"""
ORE_PUBLISHED = {
    "All": (874503.346996, 949845.987415),
    "InterestRate": (63274.845054, 68496.179457),
    "FX": (884244.095663, 955311.193585),
}
"""Quantile and mean of what is beyond it at 1 %, from var.csv of the same example, as losses."""


@pytest.mark.parametrize("risk_class", ORE_TAILS)
def test_value_at_risk_and_tail_mean_of_ore(risk_class: str) -> None:
    pnl = np.concatenate([np.zeros(ORE_SCENARIOS - 8), ORE_TAILS[risk_class]])
    published = (value_at_risk(pnl, confidence=0.99), tail_mean(pnl, confidence=0.99))
    assert [float(x) for x in published] == pytest.approx(ORE_PUBLISHED[risk_class], abs=1e-6)


def test_shortfall_of_ores_vector_takes_the_eighth_loss_in_part() -> None:
    # 715 x 0.01 = 7.15: seven losses and 0.15 of the eighth. ORE's own figure leaves that one out.
    worst = np.array(ORE_TAILS["All"])
    pnl = np.concatenate([worst, np.zeros(ORE_SCENARIOS - 8)])
    by_hand = -(worst[:7].sum() + 0.15 * worst[7]) / 7.15
    assert float(expected_shortfall(pnl, confidence=0.99)) == pytest.approx(by_hand, abs=1e-6)
    assert by_hand == pytest.approx(958_803, abs=0.5)


def test_the_risk_classes_of_ore_do_not_add_up() -> None:
    parts = sum(ORE_PUBLISHED[name][0] for name in ("InterestRate", "FX"))
    assert parts > ORE_PUBLISHED["All"][0]


def test_modified_dietz_of_wikipedia() -> None:
    # "Modified Dietz method": 100 at the start, 50 paid in half way through two years, 300 at the end.
    weights = flow_weights([365], period_days=730)
    found = modified_dietz_return(100.0, 300.0, flows=[50.0], weights=weights)
    assert float(found.value) == pytest.approx(1.2, abs=1e-12)
    assert has_large_flow(100.0, [50.0])
