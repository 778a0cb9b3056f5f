"""Rows as they are put: with their lineage, refused unless they conform to the contract of their table."""

from collections.abc import Mapping

import polars as pl

from analytics_platform.storage.lake.layout import Delivery
from analytics_platform.tables.contract import Table


def with_lineage(table: Table, rows: pl.DataFrame, delivery: Delivery) -> pl.DataFrame:
    """Return rows as they are put: numbered if they are not, with what makes them one delivery.

    Parameters
    ----------
    table : Table
        Contract of the rows.
    rows : DataFrame
        The table's own columns, and `row_number` where the rows come from a file.
    delivery : Delivery
        What makes the rows one delivery.

    Raises
    ------
    ValueError
        If columns or types are not those of the contract.
    """
    numbered = (
        rows
        if "row_number" in rows.columns
        else rows.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("row_number"))
    )
    frame = numbered.with_columns(
        pl.lit(delivery.source).alias("source"),
        pl.lit(delivery.delivery_id).alias("delivery_id"),
        pl.lit(delivery.known_at).cast(pl.Datetime("us", "UTC")).alias("known_at"),
    ).select(table.lake_columns.names())
    refuse_other_columns(table, frame.schema)
    return frame


def refuse_other_columns(table: Table, found: Mapping[str, pl.DataType]) -> None:
    """Refuse columns, types or an order of columns that are not those of the contract with lineage.

    Raises
    ------
    ValueError
        If anything differs, with the names.
    """
    if list(found.items()) != list(table.lake_columns.items()):
        expected = dict(table.lake_columns)
        differing = [
            f"{name}: expected {expected.get(name, 'no such column')}, found {found.get(name, 'none')}"
            for name in {**expected, **found}
            if expected.get(name) != found.get(name)
        ]
        what = "; ".join(differing) or "the columns stand in another order"
        message = f"rows do not conform to the contract of {table.name}: {what}"
        raise ValueError(message)
