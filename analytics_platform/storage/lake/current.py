"""Which delivery holds for which date: pure functions on the rows of `deliveries`. Nothing is read here.

The same rules stand in SQL, in `dbt/macros/current_rows.sql` and the models that it names.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NONE: Integers = np.empty(0, np.int64)


@dataclass(frozen=True)
class Ranked:
    """The deliveries of a table with dates, the best last, whatever moment is asked about.

    Attributes
    ----------
    rows : DataFrame
        `delivery_id`, `source`, `first_date`, `last_date`, `known_at`.
    source : array of shape (n_deliveries,)
        Number of the source; deliveries of one replace each other.
    first, after : array of shape (n_deliveries,)
        First day that each covers, and the day after its last, from 1970-01-01 on.
    knows : array of shape (n_deliveries,)
        Microsecond from 1970-01-01 on; whoever asks about an earlier moment does not see the delivery.
    """

    rows: pl.DataFrame
    source: Integers
    first: Integers
    after: Integers
    knows: Integers


@dataclass(frozen=True)
class Held:
    """Days and the deliveries that hold for them, no source twice a day.

    Attributes
    ----------
    places : array of shape (n_held,)
        Row of `Ranked.rows`.
    days : array of shape (n_held,)
        Day, from 1970-01-01 on.
    """

    places: Integers
    days: Integers


def ranked_by_source(deliveries: pl.DataFrame) -> Ranked:
    """Rank what senders delivered: of one source the newest is the best."""
    return _ranked(deliveries.with_columns(knows="known_at"))


def ranked_runs(deliveries: pl.DataFrame, manifests: pl.DataFrame) -> Ranked:
    """Rank what runs computed: the one that knows most is the best, then the newest.

    A run knew what was delivered before it started, or what it was told to know: so a rerun as of the
    past never hides today's.

    Parameters
    ----------
    deliveries : DataFrame
        Deliveries of the runs, under their names.
    manifests : DataFrame
        `run_id` and `as_known_at`.
    """
    told = manifests.select(delivery_id="run_id", told="as_known_at")
    together = deliveries.join(told, on="delivery_id", how="left").with_columns(
        source=pl.lit(""),
        knows=pl.min_horizontal("known_at", pl.coalesce("told", "known_at")),
    )
    return _ranked(together)


def newest_snapshots(deliveries: pl.DataFrame, moment: datetime, *, is_computed: bool) -> pl.DataFrame:
    """Return the snapshot of each source that holds at a moment.

    Parameters
    ----------
    deliveries : DataFrame
        Deliveries of one table.
    moment : datetime
        Later deliveries are not known.
    is_computed : bool
        Whether the platform computes the table: then its first snapshot holds for the time before it, too.
    """
    known = deliveries.filter(pl.col("known_at") <= moment).sort("last_date", "known_at", "delivery_id")
    newest = known.group_by("source").last().select(deliveries.columns)
    if not is_computed:
        return newest
    later = deliveries.join(newest, on="source", how="anti")
    first = later.sort("known_at", "delivery_id", descending=[True, False]).group_by("source").last()
    return pl.concat([newest, first.select(deliveries.columns)])


def held(
    of: Ranked, moment: datetime, preferred: str | None = None, sessions: Collection[date] | None = None
) -> Held:
    """Return which delivery of each source holds for which day.

    Parameters
    ----------
    of : Ranked
        The deliveries.
    moment : datetime
        What knows more is not seen.
    preferred : str, optional
        Delivery that holds wherever it covers, whatever it knows.
    sessions : collection of date, optional
        Only these days; all that are covered by default.
    """
    places = np.flatnonzero(of.knows <= (moment - _EPOCH) // _MICROSECOND)
    if preferred is not None:
        best = np.flatnonzero((of.rows["delivery_id"] == preferred).to_numpy())
        places = np.concatenate([np.setdiff1d(places, best), best])
    asked = None if sessions is None else _days(pl.Series(sorted(set(sessions)), dtype=pl.Date))
    if asked is not None:  # few days: most deliveries cover none of them
        first, after = np.searchsorted(asked, of.first[places]), np.searchsorted(asked, of.after[places])
        places = places[first < after]
    spans = [_painted(of, places[of.source[places] == each]) for each in np.unique(of.source[places])]
    shown, starts, ends = (np.concatenate(parts) for parts in zip((_NONE,) * 3, *spans, strict=True))
    if asked is None:
        return Held(np.repeat(shown, ends - starts), _counted(starts, ends))
    starts, ends = np.searchsorted(asked, starts), np.searchsorted(asked, ends)
    return Held(np.repeat(shown, ends - starts), asked[_counted(starts, ends)])


def _ranked(deliveries: pl.DataFrame) -> Ranked:
    rows = deliveries.sort("knows", "known_at", "delivery_id")
    return Ranked(
        rows,
        rows["source"].rank("dense").to_numpy().astype(np.int64),
        _days(rows["first_date"]),
        _days(rows["last_date"]) + 1,
        rows["knows"].to_physical().to_numpy(),
    )


def _painted(of: Ranked, places: Integers) -> tuple[Integers, Integers, Integers]:
    """Paint the deliveries of one source over the line of days, the best last, and read off what shows.

    Returns
    -------
    (array, array, array) of one shape
        Rows of `Ranked.rows`, the first day of each span, the day after its last.
    """
    first, after = of.first[places], of.after[places]
    bounds = np.unique(np.concatenate([first, after]))
    owners = np.full(len(bounds) - 1, -1)
    starts, ends = np.searchsorted(bounds, first), np.searchsorted(bounds, after)
    for place, start, end in zip(places.tolist(), starts.tolist(), ends.tolist(), strict=True):
        owners[start:end] = place
    is_shown = owners >= 0
    return owners[is_shown], bounds[:-1][is_shown], bounds[1:][is_shown]


def _counted(starts: Integers, ends: Integers) -> Integers:
    """Return all numbers from each start to before its end, one range after the other."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    numbers: Integers = np.arange(lengths.sum()) + np.repeat(starts - before, lengths)
    return numbers


def _days(dates: pl.Series) -> Integers:
    days: Integers = dates.to_physical().to_numpy().astype(np.int64)
    return days
