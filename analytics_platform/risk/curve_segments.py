"""Zero curves as straight pieces of the logarithm of the discount factor: what SQL can discount with."""

from collections.abc import Collection

import numpy as np
import polars as pl

from analytics_platform.risk.curves import bootstrap_par_curves, tenor_years
from analytics_platform.tables.platform import CURVE_SEGMENTS

_CURVE = ["curve_id", "quote_date", "quotes_known_at"]


def curve_segments(quotes: pl.DataFrame, curve_ids: Collection[str], known: pl.DataFrame) -> pl.DataFrame:
    """Pieces of the curves that are asked for, one set for each date and state of its quotes.

    Parameters
    ----------
    quotes : DataFrame
        Current rows of `curve_quotes` with `known_at`. What was known newest of a curve and date names
        the state of its quotes, so that a restatement gets pieces of its own.
    curve_ids : collection of str
    known : DataFrame
        Pieces that were found before: they stay, and are not found again.

    Returns
    -------
    DataFrame
        Columns of `tables.platform.CURVE_SEGMENTS`, sorted by key. From `from_years` on, until the next
        piece begins, minus the logarithm of the discount factor is ``from_log + slope_rate * (years -
        from_years)``. Quotes that admit no curve have no pieces.

    """
    own = quotes.filter(pl.col("curve_id").is_in(list(curve_ids))).select(
        "curve_id",
        pl.col("business_date").alias("quote_date"),
        pl.col("known_at").max().over("curve_id", "business_date").alias("quotes_known_at"),
        "tenor",
        pl.col("rate").cast(pl.Float64),
    )
    new = own.join(known.select(_CURVE).unique(), on=_CURVE, how="anti")
    frames = [known.select(CURVE_SEGMENTS.columns.names())]
    for (curve, day, moment), rows in new.partition_by(_CURVE, as_dict=True).items():
        pieces = _pieces(dict(rows.select("tenor", "rate").iter_rows()))
        frames.append(
            pl.DataFrame(
                [(curve, day, moment, *piece) for piece in pieces],
                schema=CURVE_SEGMENTS.columns,
                orient="row",
            )
        )
    return pl.concat(frames).sort(CURVE_SEGMENTS.key)


def _pieces(yields: dict[str, float]) -> list[tuple[float, float | None, float, float]]:
    """Start and end in years, minus the logarithm there, and its slope; none without a curve."""
    by_years = {tenor_years(tenor): rate for tenor, rate in yields.items()}
    times = np.array(sorted(by_years))
    curves = bootstrap_par_curves(times, np.array([[by_years[t] for t in times.tolist()]]))
    if not curves.is_ok[0]:
        return []
    starts = np.concatenate([[0.0], times])
    logs = np.concatenate([[0.0], curves.zero_rates[0] * times])
    slopes = np.append(np.diff(logs) / np.diff(starts), curves.zero_rates[0, -1])
    ends: list[float | None] = [*times.tolist(), None]
    return list(zip(starts.tolist(), ends, logs.tolist(), slopes.tolist(), strict=True))
