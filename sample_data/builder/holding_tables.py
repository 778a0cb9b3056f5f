"""What the portfolios hold and do as frames of the product's tables, with what others say about it."""

from dataclasses import astuple
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt

import polars as pl

from analytics_platform.tables.contract import Table
from analytics_platform.tables.holdings import (
    CASH_FLOWS,
    EXTERNAL_FLOWS,
    POSITIONS,
    TRANSACTIONS,
    VENDOR_RISK_METRICS,
)
from sample_data.builder.ledger import CENT, Flow, Position, Transaction
from sample_data.builder.simulation import Sample
from sample_data.builder.valuation import BASE_CURRENCIES, NavHistory

NOTICE_DATES = (date(2012, 12, 31), date(2013, 1, 31), date(2013, 2, 28))
NOTICE_DAYS = 184
VENDOR_START = date(2010, 1, 1)
VENDOR_DECAY = 0.94
NORMAL_99 = 2.3263478740408408

Record = Position | Transaction | Flow


def _frame(records: list[Record], table: Table, *order: str) -> pl.DataFrame:
    rows = [astuple(record) for record in records]
    return pl.DataFrame(rows, schema=table.columns, orient="row").sort(order)


def book_tables(sample: Sample) -> dict[str, pl.DataFrame]:
    """Positions of the investment book, transactions and external flows."""
    positions: list[Record] = [each for ledger in sample.ledgers for each in ledger.positions]
    transactions: list[Record] = [each for ledger in sample.ledgers for each in ledger.transactions]
    flows: list[Record] = [each for ledger in sample.ledgers for each in ledger.flows]
    return {
        "positions": _frame(positions, POSITIONS, "business_date", "portfolio_id", "instrument_id"),
        "transactions": _frame(transactions, TRANSACTIONS, "trade_date", "transaction_id"),
        "external_flows": _frame(flows, EXTERNAL_FLOWS, "flow_date", "flow_id"),
    }


def cash_flows(sample: Sample) -> pl.DataFrame:
    """Coupons and redemptions of the notes held at a notice date that fall due in the next half year."""
    rows = []
    for notice in NOTICE_DATES:
        for note in sample.bonds.live(notice):
            if (note.instrument_id, notice) not in sample.bonds.prices:
                continue
            for coupon_date in note.coupon_dates():
                pay_date = sample.bonds.pay_date(coupon_date)
                if not notice < pay_date <= notice + timedelta(days=NOTICE_DAYS):
                    continue
                row = (notice, note.instrument_id, pay_date)
                rows.append((*row, "coupon", note.half_coupon, "USD", "announced"))
                if coupon_date == note.maturity:
                    rows.append((*row, "redemption", Decimal(1), "USD", "announced"))
    return pl.DataFrame(rows, schema=CASH_FLOWS.columns, orient="row").sort(CASH_FLOWS.key)


def vendor_risk_metrics(sample: Sample, histories: dict[str, NavHistory]) -> pl.DataFrame:
    """One-day normal value at risk at 99 % a month end: invented vendor, weighted squares of past returns."""
    sessions = sample.market.sessions
    rows = []
    for portfolio_id, history in histories.items():
        variance = 0.0001
        for at, day in enumerate(sessions):
            variance = VENDOR_DECAY * variance + (1 - VENDOR_DECAY) * history.returns[at] ** 2
            is_month_end = at + 1 < len(sessions) and sessions[at + 1].month != day.month
            if is_month_end and day >= VENDOR_START:
                value = Decimal(NORMAL_99 * sqrt(variance) * float(history.nav[at])).quantize(CENT)
                row = (day, portfolio_id, "VaR", Decimal("0.99"), 1, value, BASE_CURRENCIES[portfolio_id])
                rows.append(row)
    return pl.DataFrame(rows, schema=VENDOR_RISK_METRICS.columns, orient="row").sort(
        "business_date", "portfolio_id"
    )
