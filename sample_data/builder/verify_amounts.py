"""Asserts that every transaction moves the cash that its terms call for; fees are only where trades are."""

from datetime import date
from decimal import Decimal

import polars as pl

from sample_data.builder.errors import require
from sample_data.builder.options import MULTIPLIER
from sample_data.builder.simulation import Sample

ROUNDING = Decimal("0.01")
ZERO = Decimal(0)


class Amounts:
    """Cash that each kind of transaction calls for, before fees."""

    def __init__(self, sample: Sample, positions: pl.DataFrame) -> None:
        self._sample = sample
        columns = ("business_date", "portfolio_id", "instrument_id", "quantity")
        rows = positions.filter(pl.col("book") == "ibor").select(columns).iter_rows()
        self._held: dict[tuple[date, str, str], Decimal] = {
            (day, portfolio, instrument): units for day, portfolio, instrument, units in rows
        }
        sessions = sample.market.sessions
        self._before = dict(zip(sessions[1:], sessions, strict=False))

    def held_before(self, day: date, portfolio_id: str, instrument_id: str) -> Decimal:
        """Units at the close of the session before."""
        return self._held.get((self._before[day], portfolio_id, instrument_id), ZERO)

    def trade(self, day: date, instrument_id: str, quantity: Decimal, price: Decimal) -> Decimal:
        """Cash of a purchase or a sale."""
        if instrument_id.startswith("UST_"):
            price = (price + self._sample.bonds.notes[instrument_id].accrued(day)) / 100
        return -quantity * price * (MULTIPLIER if instrument_id.startswith("OPT_") else 1)

    def income(self, day: date, kind: str, portfolio_id: str, instrument_id: str) -> Decimal:
        """Cash of a dividend, a coupon, a redemption or an expiry for what was held."""
        held = self.held_before(day, portfolio_id, instrument_id)
        if kind == "dividend":
            return held * self._sample.market.dividends[day][instrument_id.removeprefix("EQ_")]
        if kind == "coupon":
            return held * self._sample.bonds.notes[instrument_id].half_coupon
        if kind == "expiry":
            contract = self._sample.options.contracts[instrument_id]
            return held * MULTIPLIER * contract.intrinsic(self._sample.market.close[contract.ticker][day])
        return held if kind == "redemption" else ZERO


def verify_amounts(sample: Sample, tables: dict[str, pl.DataFrame]) -> None:
    """Every net amount follows from the terms; interest is positive; a split changes units by its ratio."""
    amounts = Amounts(sample, tables["positions"])
    for row in tables["transactions"].iter_rows(named=True):
        day, kind, net, fees = (
            row["trade_date"],
            row["transaction_type"],
            row["net_amount_local"],
            row["fees_local"],
        )
        who = (row["portfolio_id"], row["instrument_id"])
        if kind in {"buy", "sell"}:
            due = amounts.trade(day, row["instrument_id"], row["quantity"], row["price_local"])
            require((row["quantity"] > 0) == (kind == "buy"), f"sign of {row}")
        elif kind == "interest":
            require(net > 0, f"interest of {row}")
            due = net
        else:
            due = amounts.income(day, kind, *who)
        if kind == "split":
            ratio = sample.market.splits[day][row["instrument_id"].removeprefix("EQ_")]
            require(row["quantity"] == amounts.held_before(day, *who) * (ratio - 1), f"units of {row}")
        require(fees == 0 or kind in {"buy", "sell"}, f"fees of {row}")
        require(abs(due - fees - net) <= ROUNDING, f"amount of {row}")
