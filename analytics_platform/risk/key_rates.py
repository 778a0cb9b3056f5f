"""Key-rate durations: how much of a bond's rate risk sits at which part of the zero curve."""

from dataclasses import dataclass

import numpy as np

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.bonds import BASIS_POINT
from analytics_platform.risk.curves import interpolation_weights


@dataclass(frozen=True)
class KeyRates:
    """Sensitivities to the key rates of a zero curve.

    Attributes
    ----------
    durations : ndarray of shape (n_bonds, n_keys)
        Years, relative to the value; the sum over the keys is the effective duration.
    dv01 : ndarray of shape (n_bonds, n_keys)
        Gain if the key rate falls by one basis point, in the unit of the values.
    effective_durations : ndarray of shape (n_bonds,)
        Years, from moving the whole curve by one basis point.

    """

    durations: Floats
    dv01: Floats
    effective_durations: Floats


def triangular_bumps(key_times: Floats, node_times: Floats) -> Floats:
    """Move of each zero-rate node when one key rate moves by 1.

    1 at the key, falling in a straight line to 0 at the keys beside it, flat before the first and after
    the last: together they move the whole curve by 1.

    Parameters
    ----------
    key_times : ndarray of shape (n_keys,)
        Years, ascending.
    node_times : ndarray of shape (n_nodes,)
        Years.

    Returns
    -------
    ndarray of shape (n_keys, n_nodes)

    Raises
    ------
    ValueError
        If there is no key, or the keys do not ascend.

    Examples
    --------
    >>> triangular_bumps(np.array([2.0, 5.0]), np.array([1.0, 3.0, 5.0, 7.0])).round(3).tolist()
    [[1.0, 0.667, 0.0, 0.0], [0.0, 0.333, 1.0, 1.0]]

    """
    if key_times.size == 0 or np.any(np.diff(key_times) <= 0.0):
        message = f"key rates need ascending times: {key_times.tolist()}"
        raise ValueError(message)
    return np.array([np.interp(node_times, key_times, own) for own in np.eye(key_times.size)])


def key_rate_durations(present: Floats, times: Floats, node_times: Floats, key_times: Floats) -> KeyRates:
    """Key-rate durations by central differences of one basis point on continuous zero rates.

    Parameters
    ----------
    present : ndarray of shape (n_bonds, n_times)
        Present values of the flows of each bond at the common times, discounted on the curve plus the
        bond's own spread.
    times : ndarray of shape (n_times,)
        Years of the flows.
    node_times : ndarray of shape (n_nodes,)
        Years of the nodes of the zero curve, between which the logarithm of the discount factor is
        linear.
    key_times : ndarray of shape (n_keys,)
        Years of the key rates, ascending; each moves the nodes as `triangular_bumps` says.

    Returns
    -------
    KeyRates
        Durations are NaN where a bond has no positive value.

    References
    ----------
    Ho, T. S. Y. (1992). Key rate durations: measures of interest rate risks. Journal of Fixed Income
    2(2).

    Examples
    --------
    A payment after three years, between the keys of two and five years:

    >>> times, keys = np.array([3.0]), np.array([2.0, 5.0])
    >>> found = key_rate_durations(np.array([[90.0]]), times, keys, keys)
    >>> found.durations.round(6).tolist(), found.effective_durations.round(6).tolist()
    ([[1.333333, 1.666667]], [3.0])

    """
    reach = triangular_bumps(key_times, node_times) @ interpolation_weights(node_times, times)
    value = present.sum(axis=1)
    # exp(bp reach) - exp(-bp reach) = 2 sinh(bp reach): the difference loses no digits.
    dv01 = present @ np.sinh(BASIS_POINT * reach).T
    whole = present @ np.sinh(BASIS_POINT * times)
    per_value = np.where(value > 0.0, BASIS_POINT * value, np.nan)
    return KeyRates(dv01 / per_value[:, None], dv01, whole / per_value)
