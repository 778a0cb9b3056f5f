"""Portfolio P&L from holdings: equal however much is held, and NaN only where it belongs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from analytics_platform.risk.aggregation import portfolio_vectors


@given(
    seed=st.integers(0, 50), shares=st.lists(st.sampled_from([0.0, 0.02, 0.5, 1.0]), min_size=1, max_size=6)
)
def test_sparse_and_dense_rows_give_the_plain_product(seed: int, shares: list[float]) -> None:
    chance = np.random.default_rng(seed)
    held = chance.normal(size=(len(shares), 60)) * (chance.random((len(shares), 60)) < np.c_[shares])
    pnl = chance.normal(size=(60, 7))
    assert portfolio_vectors(csr_array(held), pnl) == pytest.approx(held @ pnl, abs=1e-12)


def test_a_missing_number_stays_with_those_who_hold_it() -> None:
    held = np.ones((3, 4))
    held[1, 2] = 0.0
    held[2, 1:] = 0.0
    pnl = np.ones((4, 2))
    pnl[2, 1] = np.nan
    found = portfolio_vectors(csr_array(held), pnl)
    assert np.isnan(found).tolist() == [[False, True], [False, False], [False, False]]
    assert found[1].tolist() == [3.0, 3.0]


def test_no_portfolio_and_no_instrument_are_fine() -> None:
    assert portfolio_vectors(csr_array((0, 3)), np.ones((3, 5))).shape == (0, 5)
    assert portfolio_vectors(csr_array((2, 0)), np.ones((0, 5))).tolist() == [[0.0] * 5] * 2
