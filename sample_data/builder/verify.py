"""Asserts what must hold in the sample: contracts, keys, bookkeeping, prices of all holdings, returns."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl

from analytics_platform.tables.registry import DELIVERED
from sample_data.builder.deliveries import WRONG_BY, WRONG_LINE
from sample_data.builder.errors import require
from sample_data.builder.simulation import Sample
from sample_data.builder.valuation import NavHistory
from sample_data.builder.verify_amounts import verify_amounts

Units = dict[tuple[str, str], Decimal]

LARGEST_RETURN = 0.15
LARGEST_SPREAD = 0.02


def verify_contracts(tables: dict[str, pl.DataFrame]) -> None:
    """Every delivered table is there and conforms to its contract; no key is delivered twice."""
    for name, table in DELIVERED.items():
        require(name in tables, f"{name} is missing")
        frame = tables[name]
        require(frame.height, f"{name} has no rows")
        require(frame.schema == table.columns, f"{name}: {frame.schema}")
        table.schema.validate(frame)
        require(not frame.select(table.key).is_duplicated().any(), f"{name}: a key is there twice")


def verify_references(tables: dict[str, pl.DataFrame]) -> None:
    """Every instrument, portfolio and benchmark that a row names is in the reference data."""
    for column, owner in (
        ("instrument_id", "instruments"),
        ("portfolio_id", "portfolios"),
        ("benchmark_id", "benchmarks"),
    ):
        known = set(tables[owner][column])
        for name in DELIVERED:
            if column in tables[name].columns:
                unknown = set(tables[name][column].drop_nulls()) - known
                require(not unknown, f"{name}: {column} {sorted(unknown)[:5]} is not in {owner}")


def _movements(tables: dict[str, pl.DataFrame]) -> dict[date, Units]:
    """Change of units and cash by session, portfolio and instrument."""
    changes: dict[date, Units] = defaultdict(lambda: defaultdict(Decimal))
    columns = ("trade_date", "portfolio_id", "instrument_id", "quantity", "net_amount_local", "currency")
    for day, portfolio_id, instrument_id, quantity, net, currency in (
        tables["transactions"].select(columns).iter_rows()
    ):
        changes[day][portfolio_id, instrument_id] += quantity
        changes[day][portfolio_id, f"CASH_{currency}"] += net
    flow_columns = ("flow_date", "portfolio_id", "amount_local", "currency")
    for day, portfolio_id, amount, currency in tables["external_flows"].select(flow_columns).iter_rows():
        changes[day][portfolio_id, f"CASH_{currency}"] += amount
    return changes


def _held(tables: dict[str, pl.DataFrame]) -> dict[date, Units]:
    """Units of the investment book by session, portfolio and instrument."""
    held: dict[date, Units] = defaultdict(dict)
    columns = ("business_date", "portfolio_id", "instrument_id", "quantity")
    ibor = tables["positions"].filter(pl.col("book") == "ibor").select(columns)
    for day, portfolio_id, instrument_id, quantity in ibor.iter_rows():
        held[day][portfolio_id, instrument_id] = quantity
    return held


def verify_books(sample: Sample, tables: dict[str, pl.DataFrame]) -> None:
    """Positions of every session are those of the session before and all movements since."""
    changes, held = _movements(tables), _held(tables)
    require(changes.keys() <= set(sample.market.sessions), "a movement lies outside the sessions")
    running: Units = defaultdict(Decimal)
    for day in sample.market.sessions:
        for key, change in changes.get(day, {}).items():
            running[key] += change
        expected = {key: quantity for key, quantity in running.items() if quantity}
        require(held.get(day) == expected, f"{day}: positions are not the sum of all movements")


def verify_holdings(tables: dict[str, pl.DataFrame]) -> None:
    """Only options are short, and nothing is held after its end."""
    short = tables["positions"].filter(
        (pl.col("quantity") < 0) & ~pl.col("instrument_id").str.starts_with("OPT_")
    )
    require(short.is_empty(), f"short: {short}")
    ended = (
        tables["positions"]
        .join(tables["instruments"].select("instrument_id", "last_trade_date"), on="instrument_id")
        .filter(pl.col("business_date") >= pl.col("last_trade_date"))
    )
    require(ended.is_empty(), f"held after its end: {ended}")


def verify_prices(sample: Sample, tables: dict[str, pl.DataFrame]) -> None:
    """Every holding but cash has a price in its session, and no option lives over a split."""
    priced = set(tables["prices"].select("business_date", "instrument_id").iter_rows())
    for day, instrument_id in tables["positions"].select("business_date", "instrument_id").iter_rows():
        require(instrument_id.startswith("CASH_") or (day, instrument_id) in priced, f"{day} {instrument_id}")
    for key, contract in sample.options.contracts.items():
        for day, split in sample.market.splits.items():
            alive = sample.options.opened[key] < day <= contract.expiry
            require(not (alive and contract.ticker in split), f"{key} lives over the split of {day}")


def verify_weights(tables: dict[str, pl.DataFrame]) -> None:
    """Weights of a benchmark and date sum to exactly 1, and every constituent has a price on it."""
    weights = tables["benchmark_weights"]
    sums = weights.group_by("benchmark_id", "effective_date").agg(pl.col("weight").sum())
    require((sums["weight"] == 1).all(), "weights do not sum to 1")
    priced = set(tables["prices"].select("business_date", "instrument_id").iter_rows())
    for row in weights.select("effective_date", "instrument_id").iter_rows():
        require(row in priced, f"{row} has no price")


def verify_returns(histories: dict[str, NavHistory]) -> None:
    """Net asset values are positive and no return is absurd; trade prices add little on the first day."""
    for portfolio_id, history in histories.items():
        require((history.nav > 0).all(), f"{portfolio_id}: net asset value is not positive")
        require((np.abs(history.returns) < LARGEST_RETURN).all(), f"{portfolio_id}: absurd return")
        require(
            abs(history.returns[0]) < LARGEST_SPREAD, f"{portfolio_id}: first return {history.returns[0]}"
        )


def verify_restatement(tables: dict[str, pl.DataFrame]) -> None:
    """Assert that the wrong line is one that is held, and stays long in the wrong file."""
    day, portfolio_id, instrument_id = WRONG_LINE
    line = tables["positions"].filter(
        pl.col("business_date") == day,
        pl.col("portfolio_id") == portfolio_id,
        pl.col("instrument_id") == instrument_id,
        pl.col("book") == "ibor",
    )
    require(line.height == 1 and line["quantity"][0] + WRONG_BY > 0, f"{WRONG_LINE} cannot be restated")


def verify(sample: Sample, tables: dict[str, pl.DataFrame], histories: dict[str, NavHistory]) -> None:
    """Assert all of it; `SampleError` tells what does not hold."""
    verify_contracts(tables)
    verify_references(tables)
    verify_books(sample, tables)
    verify_holdings(tables)
    verify_amounts(sample, tables)
    verify_prices(sample, tables)
    verify_weights(tables)
    verify_returns(histories)
    verify_restatement(tables)
