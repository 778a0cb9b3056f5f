"""Attribution (Brinson) and linking over periods (Carino)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.attribution import Method, brinson_attribution, linked_attribution
from analytics_platform.risk.linking import linked_contributions, linking_coefficients
from analytics_platform.risk.performance import chained_return

# Bacon, Practical Portfolio Performance Measurement and Attribution, chapter 5: UK, Japanese, US equities.
BACON = (
    np.array([[0.4, 0.3, 0.3]]),
    np.array([[0.20, -0.05, 0.06]]),
    np.array([[0.4, 0.2, 0.4]]),
    np.array([[0.10, -0.04, 0.08]]),
)
# Bacon's period and two made-up ones, for linking.
QUARTERS = (
    np.array([[0.4, 0.3, 0.3], [0.5, 0.2, 0.3], [0.35, 0.4, 0.25]]),
    np.array([[0.20, -0.05, 0.06], [0.03, 0.01, -0.02], [-0.04, 0.08, 0.05]]),
    np.array([[0.4, 0.2, 0.4], [0.45, 0.25, 0.3], [0.4, 0.3, 0.3]]),
    np.array([[0.10, -0.04, 0.08], [0.02, 0.02, -0.01], [-0.03, 0.06, 0.06]]),
)
PERFATTR = {
    "allocation": [0.003426512615079602, -0.0073901659141889725, -0.0036152120976038274],
    "selection": [0.04216336606400402, 0.0016778030745577335, -0.014872510808129135],
    "interaction": [0.0010940104979612923, 0.0016833899650257444, 0.002619757103293555],
    "allocation of Brinson, Hood, Beebower": [
        0.0027306661441257934,
        0.0012547871687416433,
        -0.011564318709580638,
    ],
    "contribution": [0.08288245163558594, 0.020301592645771818, 0.02512380221864226],
}
RETURNS = arrays(np.float64, (2, 3, 4), elements=st.integers(-90, 200).map(lambda x: x / 100))
WEIGHTS = arrays(np.float64, (2, 3, 4), elements=st.integers(0, 9).map(float)).filter(
    lambda x: float(x.sum(axis=2).min()) > 0.0
)


@pytest.mark.parametrize(
    ("method", "allocation"),
    [
        ("brinson_fachler", [0.0, -0.0104, -0.0016]),
        ("brinson_hood_beebower", [0.0, -0.004, -0.008]),
    ],
)
def test_bacons_example_is_reproduced(method: Method, allocation: list[float]) -> None:
    found = brinson_attribution(*BACON, method=method)
    assert found.portfolio_return == pytest.approx([0.083], abs=1e-15)
    assert found.benchmark_return == pytest.approx([0.064], abs=1e-15)
    assert found.allocation[0] == pytest.approx(allocation, abs=1e-15)
    assert found.selection[0] == pytest.approx([0.04, -0.002, -0.008], abs=1e-15)
    assert found.interaction[0] == pytest.approx([0.0, -0.001, 0.002], abs=1e-15)


def test_brinson_fachler_is_the_default() -> None:
    assert brinson_attribution(*BACON).allocation[0] == pytest.approx([0.0, -0.0104, -0.0016], abs=1e-15)


def test_linked_effects_are_those_of_perfattr() -> None:
    # perfattr 0.12.0, calculate_attribution with three effects and Carino's linking.
    found = linked_attribution(brinson_attribution(*QUARTERS))
    assert found.allocation == pytest.approx(PERFATTR["allocation"], abs=1e-12)
    assert found.selection == pytest.approx(PERFATTR["selection"], abs=1e-12)
    assert found.interaction == pytest.approx(PERFATTR["interaction"], abs=1e-12)
    other = linked_attribution(brinson_attribution(*QUARTERS, method="brinson_hood_beebower"))
    assert other.allocation == pytest.approx(PERFATTR["allocation of Brinson, Hood, Beebower"], abs=1e-12)
    parts = QUARTERS[0] * QUARTERS[1]
    assert linked_contributions(parts, parts.sum(axis=1)) == pytest.approx(
        PERFATTR["contribution"], abs=1e-12
    )


@given(weights=WEIGHTS, returns=RETURNS, method=st.sampled_from(["brinson_fachler", "brinson_hood_beebower"]))
def test_effects_sum_to_the_active_return_also_over_time(
    weights: Floats, returns: Floats, method: Method
) -> None:
    wp, wb = weights / weights.sum(axis=2, keepdims=True)
    rp, rb = np.where(weights == 0.0, np.nan, returns)
    found = brinson_attribution(wp, rp, wb, rb, method=method)
    assert found.portfolio_return == pytest.approx(np.nansum(wp * rp, axis=1), abs=1e-12)
    active = found.portfolio_return - found.benchmark_return
    effects = found.allocation + found.selection + found.interaction
    assert effects.sum(axis=1) == pytest.approx(active, abs=1e-12)
    linked = linked_attribution(found)
    total = float(chained_return(found.portfolio_return)) - float(chained_return(found.benchmark_return))
    summed = linked.allocation + linked.selection + linked.interaction
    assert float(summed.sum()) == pytest.approx(total, abs=1e-10)


def test_a_sector_absent_from_the_benchmark_has_interaction_only() -> None:
    # The sector takes the benchmark's 0.05: no allocation; what it earned above that is interaction.
    found = brinson_attribution([[0.8, 0.2]], [[0.05, 0.15]], [[1.0, 0.0]], [[0.05, np.nan]])
    assert found.allocation[0] == pytest.approx([0.0, 0.0], abs=1e-15)
    assert found.selection[0] == pytest.approx([0.0, 0.0], abs=1e-15)
    assert found.interaction[0] == pytest.approx([0.0, 0.02], abs=1e-15)
    # A return that someone states for a sector of weight 0 is not read.
    stated = brinson_attribution([[0.8, 0.2]], [[0.05, 0.15]], [[1.0, 0.0]], [[0.05, 0.9]])
    assert stated.interaction[0].tolist() == found.interaction[0].tolist()


def test_a_sector_absent_from_the_portfolio_has_allocation_only() -> None:
    found = brinson_attribution([[1.0, 0.0]], [[0.05, np.nan]], [[0.5, 0.5]], [[0.05, 0.15]])
    assert found.allocation[0] == pytest.approx([-0.025, -0.025], abs=1e-15)
    assert found.selection[0].tolist() == found.interaction[0].tolist() == [0.0, 0.0]


def test_carinos_factors_by_hand() -> None:
    k = np.log(1.32) / 0.32
    expected = [np.log(1.1) / 0.1 / k, np.log(1.2) / 0.2 / k]
    assert linking_coefficients([0.1, 0.2]) == pytest.approx(expected, rel=1e-13)
    # Against a benchmark, one period without an active return: its factor is the limit 1 / (1 + b).
    k = (np.log(1.32) - np.log(1.21)) / (1.32 - 1.21)
    expected = [1 / 1.1 / k, (np.log(1.2) - np.log(1.1)) / 0.1 / k]
    assert linking_coefficients([0.1, 0.2], [0.1, 0.1]) == pytest.approx(expected, rel=1e-12)
    # Gains and losses that end at nothing: k = 1.
    assert linking_coefficients([0.25, -0.2]) == pytest.approx(
        [np.log(1.25) / 0.25, np.log(0.8) / -0.2], rel=1e-12
    )
    assert linking_coefficients([1e-13, 1e-13]) == pytest.approx([1.0, 1.0], rel=1e-12)


@given(arrays(np.float64, (5, 3), elements=st.integers(-300, 300).map(lambda x: x / 1000)))
def test_linked_contributions_sum_to_the_compounded_return(contributions: Floats) -> None:
    returns = contributions.sum(axis=1)
    linked = linked_contributions(contributions, returns)
    assert float(linked.sum()) == pytest.approx(float(chained_return(returns)), abs=1e-11)


def test_faulty_contributions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"contributions of period 1 sum to 0\.1, not to 0\.2"):
        linked_contributions([[0.05, 0.05], [0.05, 0.05]], [0.1, 0.2])
    with pytest.raises(ValueError, match="contributions of 1 periods do not match 2 returns"):
        linked_contributions([[0.1]], [0.1, 0.2])
    with pytest.raises(ValueError, match="contributions: nan"):
        linked_contributions([[np.nan]], [0.1])
    for own, benchmark in (([-1.0], [0.0]), ([0.1], [-1.0])):
        with pytest.raises(ValueError, match="loses everything"):
            linking_coefficients(own, benchmark)
    with pytest.raises(ValueError, match="1 returns do not match 2 of the benchmark"):
        linking_coefficients([0.1], [0.1, 0.2])
    with pytest.raises(ValueError, match="there are none"):
        linking_coefficients([])


def test_faulty_attributions_are_refused() -> None:
    good = [[0.5, 0.5]]
    for position, owner in ((0, "portfolio"), (2, "benchmark")):
        arguments: list[list[list[float]]] = [good, good, good, good]
        arguments[position] = [[0.5, 0.4]]
        with pytest.raises(ValueError, match=rf"weights of the {owner}: those of period 0 sum to 0\.9"):
            brinson_attribution(*arguments)
        arguments[position], arguments[position + 1] = good, [[0.1, np.nan]]
        with pytest.raises(ValueError, match=f"returns of the {owner}: none for sector 1 in period 0"):
            brinson_attribution(*arguments)
        arguments[position + 1] = [[0.1]]
        with pytest.raises(ValueError, match=rf"returns of the {owner} of shape \(1, 1\)"):
            brinson_attribution(*arguments)
    two = [[0.5, 0.5], [0.5, 0.6]]
    with pytest.raises(ValueError, match=r"weights of the portfolio: those of period 1 sum to 1\.1"):
        brinson_attribution(two, two, [[0.5, 0.5]] * 2, two)
    with pytest.raises(ValueError, match="do not match"):
        brinson_attribution(good, good, [[0.5, 0.5]] * 2, [[0.5, 0.5]] * 2)
