"""Parts of the historical value at risk, increments, and how definitions of the tail differ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.components import (
    default_neighbours,
    incremental_expected_shortfall,
    incremental_historical_value_at_risk,
    value_at_risk_components,
)
from analytics_platform.risk.measures import expected_shortfall, tail_mean, value_at_risk

POSITIONS = arrays(
    np.float64,
    st.tuples(st.integers(1, 3), st.integers(1, 25)),
    elements=st.integers(-(10**6), 10**6).map(float),
)
CONFIDENCES = st.sampled_from([0.5, 0.9, 0.95, 0.99])


def test_the_definitions_differ_as_published() -> None:
    """ORE's example HistSimVar (version 1.8.16, var.csv): 715 scenarios, 99 %.

    The file itself may not be redistributed. A vector with the eighth and ninth worst loss of that
    example, and seven worse ones with the sum that its tail mean implies, has the same measures.
    """
    eighth, ninth, tail_mean_published = 874_503.346996, 863_072.257754, 949_845.987415
    seven = (8 * tail_mean_published - eighth) / 7
    losses = np.concatenate([np.full(7, seven), [eighth, ninth], np.linspace(8e5, -9e5, 706)])
    pnl = -np.random.default_rng(0).permutation(losses)
    assert float(value_at_risk(pnl, confidence=0.99)) == eighth  # ORE, skfolio
    assert -float(np.quantile(pnl, 0.01)) == pytest.approx(872_903, abs=0.5)  # empyrical
    assert float(tail_mean(pnl, confidence=0.99)) == pytest.approx(949_846, abs=0.5)  # ORE
    assert float(expected_shortfall(pnl, confidence=0.99)) == pytest.approx(958_803, abs=0.5)  # skfolio


def test_components_by_hand() -> None:
    # Total losses 9, 6, 4, 3, 1; rank 2 at 70 %; weights 1/4, 1/2, 1/4 average 6.25 and scale to 6.
    pnl = -np.array([[1.0, 9.0, 2.0, 1.0, 0.0], [3.0, 0.0, 1.0, 5.0, 1.0]])
    parts = value_at_risk_components(pnl, confidence=0.7, neighbours=1)
    assert parts == pytest.approx(np.array([3.0, 3.25]) * 6 / 6.25, abs=1e-12)
    alone = value_at_risk_components(pnl, confidence=0.7, neighbours=0)
    assert alone.tolist() == [1.0, 5.0]


def test_the_worst_loss_has_no_neighbours_on_one_side() -> None:
    pnl = -np.array([[1.0, 9.0, 2.0], [3.0, 0.0, 1.0]])
    parts = value_at_risk_components(pnl, confidence=0.99, neighbours=5)
    assert parts.tolist() == [9.0, 0.0]
    # The second best of five has one neighbour to each side, however many are asked for.
    losses = -np.array([[5.0, 4.0, 3.0, 2.0, 1.0], [0.0, 1.0, 0.0, 0.0, 2.0]])
    few, many = (value_at_risk_components(losses, confidence=0.2, neighbours=n) for n in (1, 9))
    assert few.tolist() == many.tolist()


def test_the_default_window_is_one_deviation_of_the_rank() -> None:
    assert [default_neighbours(n, 0.99) for n in (100, 500, 1000)] == [1, 3, 4]
    assert default_neighbours(500, 0.95) == 5
    pnl = np.random.default_rng(8).normal(size=(3, 500))
    chosen = value_at_risk_components(pnl, confidence=0.99)
    assert chosen.tolist() == value_at_risk_components(pnl, confidence=0.99, neighbours=3).tolist()
    assert chosen.tolist() != value_at_risk_components(pnl, confidence=0.99, neighbours=2).tolist()


@given(position_pnl=POSITIONS, confidence=CONFIDENCES, neighbours=st.none() | st.integers(0, 9))
def test_components_sum_to_the_value_at_risk(
    position_pnl: Floats, confidence: float, neighbours: int | None
) -> None:
    total = float(value_at_risk(position_pnl.sum(axis=0), confidence=confidence))
    parts = value_at_risk_components(position_pnl, confidence=confidence, neighbours=neighbours)
    if np.isfinite(parts).all():
        size = max(1.0, float(np.abs(position_pnl).max()))
        assert float(parts.sum()) == pytest.approx(total, abs=1e-10 * size * position_pnl.shape[0])
    else:
        assert np.isnan(parts).all()
        assert neighbours != 0


@given(
    position_pnl=arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(1, 25)),
        elements=st.integers(-3, 3).map(float),
    ),
    seed=st.integers(0, 100),
)
def test_components_ignore_the_order_of_scenarios_also_with_ties(position_pnl: Floats, seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(position_pnl, axis=1)
    first, second = (value_at_risk_components(pnl, confidence=0.8) for pnl in (position_pnl, shuffled))
    assert first == pytest.approx(second, abs=1e-9, nan_ok=True)


def test_components_of_a_normal_portfolio_approach_the_closed_form() -> None:
    deviations = np.array([3.0, 1.0])
    pnl = np.random.default_rng(15).normal(size=(2, 40_000)) * deviations[:, None]
    parts = value_at_risk_components(pnl, confidence=0.95, neighbours=1500)
    assert parts / parts.sum() == pytest.approx([0.9, 0.1], abs=0.03)


def test_without_a_scale_there_are_no_components() -> None:
    # The value at risk is 0 between losses of 10 and 1: nothing to scale to.
    pnl = -np.array([[10.0, 0.0, -1.0, -2.0, -2.0]])
    assert np.isnan(value_at_risk_components(pnl, confidence=0.7, neighbours=1)).all()
    assert value_at_risk_components(np.zeros((2, 9)), confidence=0.7).tolist() == [0.0, 0.0]
    # Losses 7, 2, 1 average to one and a half of the value at risk: just still a scale; 8, 2, 1 do not.
    assert value_at_risk_components([[-7.0, -2.0, -1.0]], confidence=0.5, neighbours=1).tolist() == [2.0]
    assert np.isnan(value_at_risk_components([[-8.0, -2.0, -1.0]], confidence=0.5, neighbours=1)).all()


@given(position_pnl=POSITIONS, confidence=CONFIDENCES)
def test_increments_are_recomputed(position_pnl: Floats, confidence: float) -> None:
    for measure, increments in (
        (value_at_risk, incremental_historical_value_at_risk),
        (expected_shortfall, incremental_expected_shortfall),
    ):
        whole = float(measure(position_pnl.sum(axis=0), confidence=confidence))
        for position, found in enumerate(increments(position_pnl, confidence=confidence)):
            rest = np.delete(position_pnl, position, axis=0).sum(axis=0)
            assert float(found) == pytest.approx(
                whole - float(measure(rest, confidence=confidence)), abs=1e-6
            )


@pytest.mark.parametrize(
    "measure",
    [value_at_risk_components, incremental_historical_value_at_risk, incremental_expected_shortfall],
)
def test_faulty_cubes_are_refused(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(ValueError, match=r"profits and losses: nan at \(1, 0\)"):
        measure([[1.0, 2.0], [np.nan, 1.0]], confidence=0.95)
    with pytest.raises(ValueError, match="there are none"):
        measure(np.zeros((2, 0)), confidence=0.95)
    with pytest.raises(ValueError, match="1 dimensions instead of 2"):
        measure([1.0, 2.0], confidence=0.95)
    with pytest.raises(ValueError, match="confidence"):
        measure([[1.0, 2.0]], confidence=1.0)


def test_a_negative_window_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 neighbours"):
        value_at_risk_components([[1.0, 2.0]], confidence=0.5, neighbours=-1)
