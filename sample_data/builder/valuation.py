"""Net asset values and returns, computed anew from the delivered tables: what the books say is not asked."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sample_data.builder.options import MULTIPLIER
from sample_data.builder.reference_tables import PORTFOLIO_ROWS
from sample_data.builder.simulation import Sample

LEAVES = {
    "GLOBAL": ("EQ_US", "EQ_EUR", "UST_LADDER", "OPT_OVERLAY"),
    "EQUITY": ("EQ_US", "EQ_EUR"),
    "EQ_US": ("EQ_US",),
    "EQ_EUR": ("EQ_EUR",),
    "UST_LADDER": ("UST_LADDER",),
    "OPT_OVERLAY": ("OPT_OVERLAY",),
}
BASE_CURRENCIES = {str(row[0]): str(row[3]) for row in PORTFOLIO_ROWS}


@dataclass(frozen=True)
class NavHistory:
    """Net asset values of a portfolio of the tree in its base currency.

    Attributes
    ----------
    nav : ndarray of shape (n_sessions,)
        Net asset value at the close.
    returns : ndarray of shape (n_sessions,)
        Time-weighted return of each session, flows taken out; the first one is of the first day.
    """

    nav: NDArray[np.float64]
    returns: NDArray[np.float64]


def unit_values(sample: Sample, prices: pl.DataFrame) -> dict[tuple[date, str], Decimal]:
    """Value of one unit in its own currency by session and instrument; notes with accrued interest."""
    values: dict[tuple[date, str], Decimal] = {}
    rows = prices.select("business_date", "instrument_id", "price_type", "close_local").iter_rows()
    for day, instrument_id, price_type, close in rows:
        if price_type == "clean":
            values[day, instrument_id] = (close + sample.bonds.notes[instrument_id].accrued(day)) / 100
        else:
            values[day, instrument_id] = close * (MULTIPLIER if instrument_id.startswith("OPT_") else 1)
    for day in sample.market.sessions:
        values[day, "CASH_USD"] = values[day, "CASH_EUR"] = Decimal(1)
    return values


def nav_histories(sample: Sample, tables: dict[str, pl.DataFrame]) -> dict[str, NavHistory]:
    """Net asset values and returns of all portfolios of the tree."""
    sessions, to_usd = sample.market.sessions, sample.market.usd_per_eur
    values = unit_values(sample, tables["prices"])
    usd: dict[tuple[str, date], float] = defaultdict(float)
    columns = ("business_date", "portfolio_id", "instrument_id", "quantity")
    for day, portfolio_id, instrument_id, quantity in tables["positions"].select(columns).iter_rows():
        rate = to_usd[day] if instrument_id == "CASH_EUR" else 1
        usd[portfolio_id, day] += float(quantity * values[day, instrument_id] * rate)
    flows: dict[tuple[str, date, str], float] = defaultdict(float)
    for flow in (flow for ledger in sample.ledgers for flow in ledger.flows):
        rate = to_usd[flow.flow_date] if flow.currency == "EUR" else 1
        flows[flow.portfolio_id, flow.flow_date, flow.timing] += float(flow.amount_local * rate)
    histories = {}
    for portfolio_id, leaves in LEAVES.items():
        in_eur = BASE_CURRENCIES[portfolio_id] == "EUR"
        rates = np.array([float(to_usd[day]) if in_eur else 1.0 for day in sessions])
        nav = np.array([sum(usd[leaf, day] for leaf in leaves) for day in sessions]) / rates
        early, late = (
            np.array([sum(flows[leaf, day, timing] for leaf in leaves) for day in sessions]) / rates
            for timing in ("start_of_day", "end_of_day")
        )
        before = np.concatenate([[0.0], nav[:-1]])
        histories[portfolio_id] = NavHistory(nav, (nav - late) / (before + early) - 1)
    return histories
