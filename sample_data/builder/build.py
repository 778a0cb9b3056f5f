"""Builds, verifies and writes the whole sample in the right order. No rule of a single file is here."""

import shutil
import sys

import polars as pl

from sample_data.builder.benchmark_weights import benchmark_weights
from sample_data.builder.deliveries import custody, deliver_all
from sample_data.builder.holding_tables import book_tables, cash_flows, vendor_risk_metrics
from sample_data.builder.market import Market, load_market
from sample_data.builder.market_tables import INDEX_GAP, market_tables
from sample_data.builder.paths import DELIVERIES
from sample_data.builder.reference_tables import reference_tables
from sample_data.builder.refused import deliver_refused
from sample_data.builder.simulation import Sample, simulate
from sample_data.builder.valuation import NavHistory, nav_histories
from sample_data.builder.verify import verify

PRICE_SOURCES = ("exchange", "ust-desk", "option-desk", "index-vendor")


def build_tables(sample: Sample) -> dict[str, pl.DataFrame]:
    """All frames that are delivered, by table; prices also by source."""
    tables = market_tables(sample) | book_tables(sample) | reference_tables(sample)
    prices = pl.concat([tables[f"prices/{source}"] for source in PRICE_SOURCES])
    is_gap = (pl.col("instrument_id") == "ETF_TECH3") & (pl.col("business_date") == INDEX_GAP)
    tables["prices"] = prices.filter(~is_gap)
    tables["benchmark_weights"] = benchmark_weights(sample)
    tables["cash_flows"] = cash_flows(sample)
    tables["vendor_risk_metrics"] = vendor_risk_metrics(sample, nav_histories(sample, tables))
    return tables


def report(market: Market, histories: dict[str, NavHistory]) -> str:
    """Net asset value of the last session and the extreme returns of each portfolio."""
    lines = []
    for portfolio_id, history in histories.items():
        low, high = int(history.returns.argmin()), int(history.returns.argmax())
        lines.append(
            f"{portfolio_id:12} {history.nav[-1]:16,.2f}"
            f"  lowest {history.returns[low]:+.4%} ({market.sessions[low]})"
            f"  highest {history.returns[high]:+.4%} ({market.sessions[high]})"
        )
    return "\n".join(lines)


def main() -> None:
    """Build, verify and write."""
    market = load_market()
    sample = simulate(market)
    tables = build_tables(sample)
    histories = nav_histories(sample, tables)
    with_custody = pl.concat([tables["positions"], custody(tables["positions"])])
    verify(sample, tables | {"positions": with_custody}, histories)
    shutil.rmtree(DELIVERIES, ignore_errors=True)
    deliver_all(tables)
    deliver_refused(tables)
    sys.stdout.write(report(market, histories) + "\n")
