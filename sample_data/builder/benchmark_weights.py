"""Weights of the sample's benchmarks. All of it is ours."""

from datetime import date
from decimal import ROUND_DOWN, Decimal

import polars as pl

from analytics_platform.tables.reference import BENCHMARK_WEIGHTS
from sample_data.builder.simulation import Sample

PLACES = Decimal("0.00000001")
SHARES = ("EQ_AAPL", "EQ_IBM", "EQ_MSFT")
SHARE_PART = Decimal("0.6")


def split_equally(total: Decimal, members: list[str]) -> dict[str, Decimal]:
    """Equal weights with eight places; the last member takes what is left, so that they sum to the total."""
    weight = (total / len(members)).quantize(PLACES, rounding=ROUND_DOWN)
    weights = dict.fromkeys(members, weight)
    weights[members[-1]] = total - weight * (len(members) - 1)
    return weights


def effective_dates(sample: Sample) -> dict[date, list[str]]:
    """Return the notes of the benchmark by the first session of their weights.

    They are the notes that are live at a quarter's first session. At a maturity the others go on with
    equal weights from that session; the new note joins with the next quarter.
    """
    dates: dict[date, list[str]] = {}
    members: list[str] = []
    quarter = -1
    for day in sample.market.sessions:
        live = [note.instrument_id for note in sample.bonds.live(day)]
        staying = [member for member in members if member in live]
        new_quarter = (day.month - 1) // 3
        if new_quarter != quarter or staying != members:
            members = staying if new_quarter == quarter else live
            members = [note for note in members if (note, day) in sample.bonds.prices]
            dates[day] = members
        quarter = new_quarter
    return dates


def benchmark_weights(sample: Sample) -> pl.DataFrame:
    """Weights of the four benchmarks."""
    rows: list[tuple[str, date, str, Decimal]] = []
    for day, notes in effective_dates(sample).items():
        shares = split_equally(Decimal(1), list(SHARES))
        balanced = split_equally(SHARE_PART, list(SHARES)) | split_equally(1 - SHARE_PART, notes)
        weights = {
            "BM_US_EQUITY": shares,
            "BM_US_EQUITY_EUR": shares,
            "BM_UST": split_equally(Decimal(1), notes),
            "BM_BALANCED": balanced,
        }
        rows += [(key, day, member, weight) for key, of in weights.items() for member, weight in of.items()]
    return pl.DataFrame(rows, schema=BENCHMARK_WEIGHTS.columns, orient="row").sort(
        "benchmark_id", "effective_date", "instrument_id"
    )
