"""Amounts in minor units, such as pence, as amounts in the currency: row by row, exactly."""

from decimal import Decimal

import polars as pl

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.parsing.records import Records
from analytics_platform.ingestion.parsing.values import Fault

_EXACT = pl.Decimal(38, 16)
"""Holds 8 decimals of an amount times 8 decimals of a factor."""


def in_major_units(
    values: pl.DataFrame, records: Records, dialect: Dialect
) -> tuple[pl.DataFrame, list[tuple[str, Fault]]]:
    """Multiply the amounts of records whose currency is a minor unit.

    Parameters
    ----------
    values : DataFrame
        Typed values of all records.
    records : Records
        The records as text, with their `unit_factors`.
    dialect : Dialect
        Its `minor_unit_columns` are multiplied.

    Returns
    -------
    DataFrame
        The same, in major units; null where the amount has too many decimals for it.
    list of (str, Fault)
        Column and fault of these.
    """
    if records.unit_factors is None:
        return values, []
    faults: list[tuple[str, Fault]] = []
    factor = records.unit_factors.str.to_decimal(scale=8).fill_null(Decimal(1)).cast(_EXACT)
    for column in dialect.minor_unit_columns:
        exact = pl.DataFrame({"value": values[column].cast(_EXACT), "factor": factor}).select(
            product=pl.col("value") * pl.col("factor")
        )["product"]
        kept = exact.cast(values.schema[column], strict=False)
        too_fine = (exact != kept.cast(_EXACT)).fill_null(value=False)
        if too_fine.any():
            message = "the amount in minor units has more decimals than are kept in the currency"
            cure = "Round it, so that what is kept is what was sent"
            faults.append((column, Fault(too_fine, message, cure)))
            kept = kept.set(too_fine, None)
        values = values.with_columns(kept.alias(column))
    return values, faults
