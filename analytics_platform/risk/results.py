"""Frames of the result tables, with exactly their columns, types and order of rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.scenarios import ScenarioSet
from analytics_platform.risk.unit_pnl import UnitPnl
from analytics_platform.tables.contract import Table
from analytics_platform.tables.risk import SCENARIO_PNL


def result_frame(table: Table, rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Rows as a frame of the table, sorted by its key."""
    return pl.DataFrame(list(rows), schema=table.columns).sort(table.key)


def joined_frames(table: Table, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Frames of the table below each other, sorted by its key."""
    return pl.concat([table.columns.to_frame(), *frames]).sort(table.key)


def scenario_rows(
    session: date, instrument_ids: Sequence[str], scenarios: ScenarioSet, vectors: Sequence[UnitPnl]
) -> pl.DataFrame:
    """Rows of `scenario_pnl` of one session; a missing row has no vector, and no value it cannot have."""
    n = len(instrument_ids) * len(vectors)
    pnl = np.concatenate([one.pnl for one in vectors])
    value = np.concatenate([one.value for one in vectors])
    status = [word for one in vectors for word in one.status]
    is_missing = np.array([word == "missing" for word in status], dtype=np.bool_)
    frame = pl.DataFrame(
        {
            "business_date": [session] * n,
            "instrument_id": [*instrument_ids] * len(vectors),
            "currency": [one.currency for one in vectors for _name in instrument_ids],
            "first_scenario_date": [scenarios.first_date] * n,
            "last_scenario_date": [scenarios.last_date] * n,
            "n_scenarios": [scenarios.n_scenarios] * n,
            "unit_value": pl.Series(value, nan_to_null=True),
            "unit_pnl": pl.Series(pnl).cast(pl.List(pl.Float64)),
            "status": status,
            "reason": [reason or None for one in vectors for reason in one.reason],
        },
        schema=SCENARIO_PNL.columns,
    )
    if not is_missing.any():
        return frame
    vector = pl.when(pl.Series(is_missing)).then(None).otherwise("unit_pnl").alias("unit_pnl")
    return frame.with_columns(vector)
