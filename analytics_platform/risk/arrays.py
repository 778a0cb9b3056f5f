"""Array types, and the way from long frames to dense [date x entity] arrays."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def scatter(
    frame: pl.DataFrame, *, dates: Sequence[date], entities: Sequence[str], entity: str, value: str
) -> Floats:
    """Values of a long frame as an array of shape (n_dates, n_entities), NaN where there is no row.

    Parameters
    ----------
    frame : DataFrame
        Columns business_date, `entity` and `value`; the order of the rows does not matter.
    dates, entities : sequence
        The axes; rows of other dates or entities are left out.
    entity, value : str
        Names of the columns of the second axis and of the values.

    Returns
    -------
    ndarray of shape (n_dates, n_entities), float64

    Raises
    ------
    ValueError
        If a date and entity occur twice: which of the two holds must be settled before.

    """
    rows = _places(frame["business_date"], pl.Series(dates, dtype=pl.Date))
    columns = _places(frame[entity], pl.Series(entities, dtype=pl.String))
    cells = rows * len(entities) + columns
    is_known = (rows >= 0) & (columns >= 0)
    if is_known.all():
        values = frame[value].cast(pl.Float64).fill_null(np.nan).to_numpy()
    else:
        cells = cells[is_known]
        values = frame[value].filter(is_known).cast(pl.Float64).fill_null(np.nan).to_numpy()
    is_filled = np.zeros(len(dates) * len(entities), dtype=np.bool_)
    is_filled[cells] = True
    if np.count_nonzero(is_filled) != len(cells):
        known = frame.filter(is_known)
        keys = ["business_date", entity]
        first = known.filter(known.select(keys).is_duplicated()).sort(keys).row(0, named=True)
        message = f"{value} occurs twice for {first[entity]} on {first['business_date']}"
        raise ValueError(message)
    array = np.full(len(dates) * len(entities), np.nan)
    array[cells] = values
    return array.reshape(len(dates), len(entities))


def _places(values: pl.Series, axis: pl.Series) -> Integers:
    """Place of each value on an axis, -1 where it is not there; codes only, no text is copied."""
    places = values.replace_strict(axis, np.arange(len(axis)), default=-1, return_dtype=pl.Int64)
    return places.fill_null(-1).to_numpy()
