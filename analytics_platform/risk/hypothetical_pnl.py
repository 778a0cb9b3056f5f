"""What each portfolio would have earned on a day, had nobody traded: holdings of the evening before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from analytics_platform.risk.tree import portfolio_closure

_DAY = "business_date"
_LEAF = [_DAY, "portfolio_id", "instrument_id"]


@dataclass(frozen=True)
class PnlInputs:
    """Frames that a hypothetical P&L is made of.

    Attributes
    ----------
    holdings : DataFrame
        business_date, portfolio_id, instrument_id, instrument_type, quantity at each close.
    position_pnl : DataFrame
        Columns of the mart `fct_position_pnl`.
    priced : DataFrame
        business_date, instrument_id of whatever has a unit value at a close.
    portfolios : DataFrame
        portfolio_id, parent_portfolio_id, base_currency.
    fx : DataFrame
        business_date, currency, rate_to_usd.

    """

    holdings: pl.DataFrame
    position_pnl: pl.DataFrame
    priced: pl.DataFrame
    portfolios: pl.DataFrame
    fx: pl.DataFrame


def hypothetical_pnl(inputs: PnlInputs, previous: Mapping[date, date]) -> pl.DataFrame:
    """P&L of every portfolio on each session from the quantities of the session before, unchanged.

    A position earns the change of its price and of the exchange rate, and its income; what was redeemed
    or expired has its price effect from what was paid. What was sold out on a day without a price, so
    that the mart has no price effect, is worth what was paid for it: its whole P&L counts.

    Parameters
    ----------
    inputs : PnlInputs
    previous : mapping of date to date
        The session before each session.

    Returns
    -------
    DataFrame
        business_date, portfolio_id, hypothetical_pnl (in the base currency of the portfolio; null with a
        `fault`), fault, warning. A portfolio that held nothing the evening before has no row.

    """
    leaves = _by_leaf(_positions(inputs, previous))
    closure = portfolio_closure(inputs.portfolios)
    bases = inputs.portfolios.select("portfolio_id", "base_currency")
    rates = inputs.fx.select(_DAY, "currency", pl.col("rate_to_usd").cast(pl.Float64))
    nodes = (
        leaves.join(closure, left_on="portfolio_id", right_on="descendant_id")
        .join(bases, on="portfolio_id")
        .join(bases.rename({"portfolio_id": "ancestor_id"}), on="ancestor_id", suffix="_of_node")
    )
    for name, day in (("rate", _DAY), ("previous_rate", "previous_date")):
        nodes = nodes.with_columns(_rate(nodes, rates, day).alias(name))
    return (
        nodes.with_columns(_in_base_of_node())
        .with_columns(
            pl.coalesce(
                "fault",
                pl.when(pl.col("pnl").is_null() & pl.col("fault").is_null()).then(
                    pl.format("no exchange rate of {} on {}", "base_currency", _DAY)
                ),
            )
        )
        .sort(_DAY, "ancestor_id", "portfolio_id")
        .group_by(_DAY, "ancestor_id", maintain_order=True)
        .agg(
            pl.col("pnl").sum(), pl.col("fault").drop_nulls().first(), pl.col("warning").drop_nulls().first()
        )
        .select(
            _DAY,
            pl.col("ancestor_id").alias("portfolio_id"),
            pl.when(pl.col("fault").is_null()).then("pnl").alias("hypothetical_pnl"),
            "fault",
            "warning",
        )
    )


def _positions(inputs: PnlInputs, previous: Mapping[date, date]) -> pl.DataFrame:
    """P&L of each position that was held the evening before, or why it is not known."""
    days = pl.DataFrame(
        {_DAY: list(previous), "previous_date": list(previous.values())},
        schema={_DAY: pl.Date, "previous_date": pl.Date},
    )
    held = inputs.holdings.filter(pl.col("quantity").cast(pl.Float64) != 0.0).rename({_DAY: "previous_date"})
    priced = inputs.priced.select(_DAY, "instrument_id", is_priced=True)
    numbers = [
        pl.col(f"{name}_base").cast(pl.Float64).alias(name)
        for name in ("previous_market_value", "market_value", "pnl")
    ]
    price = pl.col("price_pnl_base").cast(pl.Float64).alias("price")
    parts = pl.sum_horizontal(
        [
            pl.col(name).cast(pl.Float64)
            for name in ("price_pnl_base", "fx_pnl_base", "cross_pnl_base", "income_base")
        ],
        ignore_nulls=False,
    )
    pnl = inputs.position_pnl.select(*_LEAF, *numbers, price, parts.alias("unchanged"), "status", "reason")
    is_gone = (
        (pl.col("market_value") == 0.0)
        & (pl.col("price") == 0.0)
        & pl.col("is_priced").is_null()
        & (pl.col("instrument_type") != "cash")
    )
    name = pl.format("{} in {}", "instrument_id", "portfolio_id")
    return (
        held.join(days, on="previous_date")
        .join(pnl, on=_LEAF, how="left")
        .join(priced, on=[_DAY, "instrument_id"], how="left")
        .with_columns(
            pl.when(is_gone).then("pnl").otherwise("unchanged").alias("earned"),
            pl.when(pl.col("status").is_null())
            .then(pl.format("no P&L of {}", name))
            .when(pl.col("unchanged").is_null())
            .then(pl.coalesce("reason", pl.format("no P&L of {}", name)))
            .alias("fault"),
            pl.when(pl.col("status") == "warning").then("reason").alias("warning"),
        )
    )


def _by_leaf(positions: pl.DataFrame) -> pl.DataFrame:
    return (
        positions.sort(_LEAF)
        .group_by(_DAY, "previous_date", "portfolio_id", maintain_order=True)
        .agg(
            pl.col("earned").sum(),
            pl.col("previous_market_value").sum(),
            pl.col("fault").drop_nulls().first(),
            pl.col("warning").drop_nulls().first(),
        )
    )


def _rate(nodes: pl.DataFrame, rates: pl.DataFrame, day: str) -> pl.Series:
    """Units of the node's currency for one of the leaf's, on a day."""
    own = nodes.select(day, "base_currency", "base_currency_of_node")
    for column, name in (("base_currency", "own"), ("base_currency_of_node", "other")):
        side = rates.rename({_DAY: day, "currency": column, "rate_to_usd": name})
        own = own.join(side, on=[day, column], how="left", maintain_order="left")
    return own.select(pl.col("own") / pl.col("other")).to_series()


def _in_base_of_node() -> pl.Expr:
    """Value of the end at the rate of the end, less value of the start at the rate of the start."""
    start = pl.col("previous_market_value")
    moved = (start + pl.col("earned")) * pl.col("rate") - start * pl.col("previous_rate")
    is_same = pl.col("base_currency") == pl.col("base_currency_of_node")
    return pl.when(is_same).then("earned").otherwise(moved).alias("pnl")
