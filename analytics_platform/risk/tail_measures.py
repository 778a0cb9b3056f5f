"""Historical value at risk and expected shortfall at several confidences from one look at the tail."""

from collections.abc import Sequence

import numpy as np

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.measures import tail
from analytics_platform.risk.numeric_input import finite_array

METRICS = ("value_at_risk", "expected_shortfall")


def tail_measures(pnl: Floats, confidences: Sequence[float]) -> dict[tuple[str, float], Floats]:
    """Value at risk and expected shortfall of each vector, by metric and confidence.

    Parameters
    ----------
    pnl : ndarray of shape (..., n_scenarios)
        As in `measures.value_at_risk`, which this agrees with to the last digits.
    confidences : sequence of float

    Returns
    -------
    dict of (str, float) to ndarray of shape (...)

    Raises
    ------
    ValueError
        As in `measures.value_at_risk`.

    Examples
    --------
    >>> found = tail_measures(np.array([-4.0, -2.0, 1.0, 3.0]), [0.5, 0.75])
    >>> {key: float(value) for key, value in found.items() if key[1] == 0.5}
    {('value_at_risk', 0.5): 2.0, ('expected_shortfall', 0.5): 3.0}

    """
    array = finite_array(pnl, "profits and losses")
    tails = {confidence: tail(array.shape[-1], confidence) for confidence in confidences}
    count = max((one.count for one in tails.values()), default=1)
    worst = np.sort(np.partition(array, count - 1, axis=-1)[..., :count], axis=-1)
    found = {}
    for confidence, one in tails.items():
        found["value_at_risk", confidence] = np.asarray(0.0 - worst[..., one.count - 1])
        found["expected_shortfall", confidence] = np.asarray(0.0 - worst[..., : one.count] @ one.weights)
    return found
