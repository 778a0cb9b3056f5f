"""Simulated scenarios: the same however they are cut up, of the right covariance, with an error."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.covariance import ledoit_wolf_covariance
from analytics_platform.risk.measures import expected_shortfall, value_at_risk
from analytics_platform.risk.monte_carlo import (
    BLOCK,
    cholesky_root,
    expected_shortfall_error,
    simulated_moves,
    simulated_pnl,
    value_at_risk_error,
)
from analytics_platform.risk.parametric import parametric_expected_shortfall, parametric_value_at_risk

RETURNS = np.random.default_rng(4).normal(scale=0.01, size=(60, 3)) @ np.triu(np.ones((3, 3)))
COVARIANCE = ledoit_wolf_covariance(RETURNS)
EXPOSURES = np.array([100.0, -50.0, 80.0])


def linear(moves: Floats) -> Floats:
    return np.asarray(moves @ EXPOSURES)


@given(first=st.integers(0, 2 * BLOCK + 5), count=st.integers(1, BLOCK + 5))
def test_a_piece_is_the_same_as_in_the_whole(first: int, count: int) -> None:
    root = np.array([[0.01, 0.002], [0.0, 0.03]])
    whole = simulated_moves(root, n_scenarios=3 * BLOCK + 10, seed=42)
    piece = simulated_moves(root, n_scenarios=count, seed=42, first=first)
    assert piece.tobytes() == whole[first : first + count].tobytes()


def test_the_result_does_not_depend_on_threads() -> None:
    def piece(first: int) -> Floats:
        return simulated_pnl(COVARIANCE.root(), linear, n_scenarios=700, seed=9, first=first)

    with ThreadPoolExecutor(3) as pool:
        pieces = list(pool.map(piece, range(0, 2100, 700)))
    whole = simulated_pnl(COVARIANCE.root(), linear, n_scenarios=2100, seed=9)
    assert np.concatenate(pieces) == pytest.approx(whole, rel=1e-12)


def test_one_scenario_of_seed_zero_is_the_first_of_many() -> None:
    one, many = (simulated_moves([[1.0]], n_scenarios=n, seed=0) for n in (1, 50))
    assert one.tolist() == many[:1].tolist()


def test_blocks_and_seeds_have_draws_of_their_own() -> None:
    draws = simulated_moves([[1.0]], n_scenarios=2 * BLOCK, seed=1)[:, 0]
    other = simulated_moves([[1.0]], n_scenarios=BLOCK, seed=2)[:, 0]
    for one, two in ((draws[:BLOCK], draws[BLOCK:]), (draws[:BLOCK], other)):
        assert abs(float(np.corrcoef(one, two)[0, 1])) < 4 / np.sqrt(BLOCK)
    # The stream is pinned: another generator or seeding would change published numbers.
    stream = np.random.Philox(np.random.SeedSequence(1, spawn_key=(1,)))
    assert draws[BLOCK] == np.random.Generator(stream).standard_normal()


@pytest.mark.parametrize(
    "root", [COVARIANCE.root(), cholesky_root(COVARIANCE.dense())], ids=["X", "cholesky"]
)
def test_moves_have_the_covariance(root: Floats) -> None:
    moves = simulated_moves(root, n_scenarios=20_000, seed=3)
    scale = float(np.sqrt(COVARIANCE.variances()).max())
    assert np.abs(moves.mean(axis=0)).max() < 4 * scale / np.sqrt(20_000)
    assert moves.T @ moves / 20_000 == pytest.approx(COVARIANCE.dense(), abs=5 * scale**2 / np.sqrt(20_000))


def test_measures_approach_the_closed_form_within_their_errors() -> None:
    pnl = simulated_pnl(COVARIANCE.root(), linear, n_scenarios=40_000, seed=12)
    wanted = float(parametric_value_at_risk(EXPOSURES, COVARIANCE, confidence=0.99))
    found = float(value_at_risk(pnl, confidence=0.99))
    assert abs(found - wanted) < 3.5 * float(value_at_risk_error(pnl, confidence=0.99))
    wanted = float(parametric_expected_shortfall(EXPOSURES, COVARIANCE, confidence=0.99))
    found = float(expected_shortfall(pnl, confidence=0.99))
    assert abs(found - wanted) < 3.5 * float(expected_shortfall_error(pnl, confidence=0.99))


def test_errors_are_the_spread_over_repetitions() -> None:
    pnl = simulated_moves([[1.0]], n_scenarios=200 * BLOCK, seed=5).reshape(200, BLOCK)
    for measure, error in (
        (value_at_risk, value_at_risk_error),
        (expected_shortfall, expected_shortfall_error),
    ):
        spread = float(measure(pnl, confidence=0.95).std(ddof=1))
        assert float(error(pnl, confidence=0.95).mean()) == pytest.approx(spread, rel=0.15)


def test_errors_by_hand() -> None:
    # Losses 1..100 at 90 %: rank 10, width 3; ranks 7 and 13 are six losses apart.
    pnl = -np.arange(1.0, 101.0)
    assert float(value_at_risk_error(pnl, confidence=0.9)) == pytest.approx(3.0, abs=1e-12)
    assert float(value_at_risk_error(pnl**3, confidence=0.9)) == pytest.approx(
        3.0 * (94.0**3 - 88.0**3) / 6.0, rel=1e-12
    )
    # Where there are fewer ranks to a side, the spacing is that of those there are.
    for confidence in (0.5, 0.01, 0.99):
        assert float(value_at_risk_error([-9.0, -2.0], confidence=confidence)) == pytest.approx(
            7.0 * np.sqrt(2 * confidence * (1 - confidence)), rel=1e-12
        )
    assert float(expected_shortfall_error([-9.0, -2.0], confidence=0.5)) == 0.0
    # Tail 91..100: variance 8.25, ES - VaR = 4.5.
    expected = np.sqrt((8.25 + 0.9 * 4.5**2) / 10)
    assert float(expected_shortfall_error(pnl, confidence=0.9)) == pytest.approx(expected, rel=1e-12)


def test_several_portfolios_are_revalued_at_once() -> None:
    def two(moves: Floats) -> Floats:
        return np.stack([moves @ EXPOSURES, -np.abs(moves[:, 0])])

    pnl = simulated_pnl(COVARIANCE.root(), two, n_scenarios=BLOCK + 10, seed=6)
    assert pnl.shape == (2, BLOCK + 10)
    assert pnl[0] == pytest.approx(
        simulated_moves(COVARIANCE.root(), n_scenarios=BLOCK + 10, seed=6) @ EXPOSURES
    )


def test_faulty_simulations_are_refused() -> None:
    with pytest.raises(ValueError, match="not positive definite"):
        cholesky_root([[1.0, 1.0], [1.0, 1.0]])
    for matrix in ([[1.0, 0.5], [0.2, 1.0]], [[1.0, 0.5]]):
        with pytest.raises(ValueError, match="not symmetric"):
            cholesky_root(matrix)
    for count, first, seed in ((0, 0, 1), (5, -1, 1), (5, 0, -1)):
        with pytest.raises(ValueError, match="cannot be drawn"):
            simulated_moves([[1.0]], n_scenarios=count, seed=seed, first=first)
    with pytest.raises(ValueError, match="cannot be drawn"):
        simulated_pnl([[1.0]], linear, n_scenarios=0, seed=1)
    with pytest.raises(ValueError, match=r"P&L of the scenarios from number 1024: nan at \(0,\)"):
        simulated_pnl(
            [[1.0]], lambda m: np.full(len(m), 1.0 if len(m) == BLOCK else np.nan), n_scenarios=1030, seed=1
        )
    with pytest.raises(ValueError, match="revaluation of 10 scenarios gave 9"):
        simulated_pnl([[1.0]], lambda m: m[1:, 0], n_scenarios=10, seed=1)
    for error in (value_at_risk_error, expected_shortfall_error):
        with pytest.raises(ValueError, match="1 values are too few"):
            error([1.0], confidence=0.9)
        with pytest.raises(ValueError, match="inf at"):
            error([1.0, np.inf], confidence=0.9)
        with pytest.raises(ValueError, match="confidence"):
            error([1.0, 2.0], confidence=1.0)
