"""Small stored cubes: unit vectors of a few instruments, and the portfolios that hold them."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.calendars.sessions import Calendar
from analytics_platform.tables.risk import SCENARIO_PNL

EVERY_WEEKDAY = Calendar("TEST", date(2010, 1, 1), date(2014, 12, 31), frozenset())
"""The sessions of the made-up market, which knows no holidays."""

TREE = pl.DataFrame(
    [("TOP", None, "USD"), ("A", "TOP", "USD"), ("B", "TOP", "USD")],
    schema=["portfolio_id", "parent_portfolio_id", "base_currency"],
    orient="row",
)


def cube(
    day: date,
    vectors: Mapping[str, Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]]],
    *,
    values: Mapping[str, float] | None = None,
) -> pl.DataFrame:
    """Rows of `scenario_pnl` in US dollars, the newest scenario that of the day."""
    size = len(next(iter(vectors.values())))
    first = EVERY_WEEKDAY.offset(day, 1 - size)
    rows = [
        {
            "business_date": day,
            "instrument_id": name,
            "currency": "USD",
            "first_scenario_date": first,
            "last_scenario_date": day,
            "n_scenarios": size,
            "unit_value": (values or {}).get(name, 100.0),
            "unit_pnl": [float(x) for x in vector],
            "status": "ok",
        }
        for name, vector in vectors.items()
    ]
    return pl.DataFrame(rows, schema=SCENARIO_PNL.columns)


def held(day: date, quantities: Mapping[tuple[str, str], float]) -> pl.DataFrame:
    """Return holdings of portfolios and instruments."""
    return pl.DataFrame(
        [(day, *key, float(units)) for key, units in quantities.items()],
        schema={
            "business_date": pl.Date,
            "portfolio_id": pl.String,
            "instrument_id": pl.String,
            "quantity": pl.Float64,
        },
        orient="row",
    )
