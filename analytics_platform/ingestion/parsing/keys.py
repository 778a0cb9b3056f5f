"""Keys that are there more than once: suspected by hashes of 8 bytes, told by the keys themselves."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from analytics_platform.ingestion.readers.sheet import ROW_NUMBER

Hashes = npt.NDArray[np.uint64]

_SHOWN_ROWS = 10
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
MESSAGE = "message"


def column_hashes(values: pl.Series) -> Hashes:
    """Hash of each value of one column of a key: equal values have equal hashes, in every batch."""
    return values.hash(seed=1).to_numpy()


def key_hashes(parts: Sequence[Hashes]) -> Hashes:
    """Hash of each key from those of its columns, in their order."""
    whole = np.zeros(1, np.uint64)
    for part in parts:
        whole = (whole ^ part) * _ODD
        whole = whole ^ (whole >> _SHIFT)
    return whole


def hashes_of(keys: pl.DataFrame) -> Hashes:
    """Hash of each key of a frame that holds nothing but the key."""
    return key_hashes([column_hashes(values) for values in keys])


class SeenKeys:
    """The keys of a delivery, 8 bytes each, batch by batch."""

    def __init__(self) -> None:
        self._parts: list[Hashes] = []

    def add(self, hashes: Hashes) -> None:
        """Take the keys of further records."""
        self._parts.append(hashes)

    def suspects(self) -> Hashes:
        """Hashes that came more than once, rising: all doubled keys have them, and by chance another may."""
        ordered = np.concatenate([np.zeros(0, np.uint64), *self._parts])
        ordered.sort()
        return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def doubled(records: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Tell the keys that several records have.

    Parameters
    ----------
    records : DataFrame
        Columns of the key and `row_number`, in the order of the file; all records with a suspected key.
    key : sequence of str
        Columns of the key.

    Returns
    -------
    DataFrame
        Columns of the key, and `message` with its values and the rows that have it.
    """
    rows = pl.col(ROW_NUMBER).cast(pl.String)
    groups = (
        records.group_by(key, maintain_order=True)
        .agg(pl.len().alias("count"), rows.head(_SHOWN_ROWS).str.join(", ").alias("rows"))
        .filter(pl.col("count") > 1)
    )
    shown = [
        pl.format(
            f"{column}='{{}}'" if groups.schema[column] == pl.String else f"{column}={{}}", pl.col(column)
        )
        for column in key
    ]
    hidden = pl.col("count").cast(pl.Int64) - _SHOWN_ROWS
    more = pl.when(hidden > 0).then(pl.format(" and {} more", hidden)).otherwise(pl.lit(""))
    return groups.select(
        *key,
        pl.format(
            "the key ({}) is there more than once: rows {}{}",
            pl.concat_str(shown, separator=", "),
            "rows",
            more,
        ).alias(MESSAGE),
    )
