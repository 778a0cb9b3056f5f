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
    """Frames of the table below each other, sorted by its key; moved only if they are not yet."""
    joined = pl.concat([table.columns.to_frame(), *frames], rechunk=False)
    order = joined.select(table.key).with_row_index("row").sort(table.key)["row"]
    return joined if order.is_sorted() else joined[order]


def scenario_rows(
    session: date, instrument_ids: Sequence[str], scenarios: ScenarioSet, vectors: Sequence[UnitPnl]
) -> pl.DataFrame:
    """Rows of `scenario_pnl` of one session by instrument and currency; a missing row has no vector."""
    vectors = sorted(vectors, key=lambda one: one.currency)
    n = len(instrument_ids) * len(vectors)
    pnl = np.stack([one.pnl for one in vectors], axis=1).reshape(n, scenarios.n_scenarios)
    value = np.stack([one.value for one in vectors], axis=1).ravel()
    status = [word for each in zip(*(one.status for one in vectors), strict=True) for word in each]
    reason = [text or None for each in zip(*(one.reason for one in vectors), strict=True) for text in each]
    is_missing = np.array([word == "missing" for word in status], dtype=np.bool_)
    frame = pl.DataFrame(
        {
            "business_date": [session] * n,
            "instrument_id": [name for name in instrument_ids for _one in vectors],
            "currency": [one.currency for one in vectors] * len(instrument_ids),
            "first_scenario_date": [scenarios.first_date] * n,
            "last_scenario_date": [scenarios.last_date] * n,
            "n_scenarios": [scenarios.n_scenarios] * n,
            "unit_value": pl.Series(value, nan_to_null=True),
            "unit_pnl": pl.Series(pnl).cast(pl.List(pl.Float64)),
            "status": status,
            "reason": reason,
        },
        schema=SCENARIO_PNL.columns,
    )
    if not is_missing.any():
        return frame
    vector = pl.when(pl.Series(is_missing)).then(None).otherwise("unit_pnl").alias("unit_pnl")
    return frame.with_columns(vector)
