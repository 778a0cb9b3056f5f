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
    row = pl.DataFrame({"business_date": dates}, schema={"business_date": pl.Date}).with_row_index("row")
    column = pl.DataFrame({entity: entities}, schema={entity: pl.String}).with_row_index("column")
    cells = (
        frame.select("business_date", entity, pl.col(value).cast(pl.Float64))
        .join(row, on="business_date")
        .join(column, on=entity)
    )
    twice = cells.filter(cells.select("row", "column").is_duplicated())
    if not twice.is_empty():
        first = twice.sort("business_date", entity).row(0, named=True)
        message = f"{value} occurs twice for {first[entity]} on {first['business_date']}"
        raise ValueError(message)
    array = np.full((len(dates), len(entities)), np.nan)
    array[cells["row"].to_numpy(), cells["column"].to_numpy()] = cells[value].fill_null(np.nan).to_numpy()
    return array
