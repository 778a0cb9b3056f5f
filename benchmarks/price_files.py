"""Price files that the benchmarks of ingestion read: all right, or with faults in known rows."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from analytics_platform.calendars.sessions import calendar
from analytics_platform.ingestion.file_name import DeliveryName

_LAST = date(2013, 3, 1)
_FIRST = date(1995, 1, 3)
_SEED = 7
FAULTY_EVERY = 5_000


@dataclass(frozen=True)
class PriceFile:
    """A canonical price file.

    Attributes
    ----------
    path : Path
        Where it is.
    name : DeliveryName
        Its name in the landing zone.
    rows, faulty : int
        Its rows, and those of them that must be rejected.
    """

    path: Path
    name: DeliveryName
    rows: int
    faulty: int


def write_prices(folder: Path, instruments: int, sessions: int) -> PriceFile:
    """Write prices of so many instruments on so many sessions, sorted by date; one row in 5,000 is faulty.

    Faults take turns: a close above the high, no close, a negative volume, a small-letter currency.
    """
    days = calendar("XNYS").sessions(_FIRST, _LAST)[-sessions:]
    names = pl.DataFrame({"instrument_id": [f"EQ_{number:05}" for number in range(instruments)]})
    frame = pl.DataFrame({"business_date": days}).join(names, how="cross")
    rows = frame.height
    random = np.random.default_rng(_SEED)
    close = np.round(np.exp(random.normal(3.5, 1.0, rows)), 2) + 1
    first = np.round(close * (1 + random.normal(0, 0.01, rows)), 2)
    high = np.round(np.maximum(first, close) * (1 + np.abs(random.normal(0, 0.01, rows))), 2)
    low = np.round(np.minimum(first, close) * (1 - np.abs(random.normal(0, 0.01, rows))), 2)
    volume = random.integers(100, 30_000_000, rows)
    place = pl.int_range(pl.len())
    fault = pl.when(place % FAULTY_EVERY == FAULTY_EVERY // 2).then(place // FAULTY_EVERY % 4)
    frame = frame.with_columns(
        pl.lit("close").alias("price_type"),
        pl.Series("open_local", first),
        pl.Series("high_local", high),
        pl.Series("low_local", low),
        pl.Series("close_local", close),
        pl.Series("volume", volume),
        pl.lit("USD").alias("currency"),
        fault.alias("fault"),
    ).with_columns(
        close_local=pl.when(pl.col("fault") == 0)
        .then(pl.col("high_local") + 1)
        .when(pl.col("fault") == 1)
        .then(None)
        .otherwise("close_local"),
        volume=pl.when(pl.col("fault") == 2).then(-pl.col("volume")).otherwise("volume"),  # noqa: PLR2004 - the third kind
        currency=pl.when(pl.col("fault") == 3).then(pl.lit("usd")).otherwise("currency"),  # noqa: PLR2004 - the fourth kind
    )
    path = folder / "prices.csv"
    frame.drop("fault").write_csv(path, float_precision=2)
    name = DeliveryName("prices", "vendor", days[0], days[-1], "csv")
    return PriceFile(path, name, rows, frame["fault"].count())
