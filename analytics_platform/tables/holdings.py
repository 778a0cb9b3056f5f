"""What the portfolios hold and do: positions, transactions, flows, vendor risk metrics."""

import dataframely as dy

from analytics_platform.tables.contract import (
    Table,
    amount,
    choice,
    currency,
    date,
    identifier,
    integer,
)


class Positions(dy.Schema):
    """Columns of `positions`."""

    business_date = date("Session at whose close the position is held", key=True)
    portfolio_id = identifier("Portfolio", key=True)
    instrument_id = identifier("Instrument", key=True)
    book = choice("Whose book: the investment book of record or the custodian", "ibor", "custodian", key=True)
    quantity = amount("Signed units: shares, contracts, face value of bonds, amount of cash")
    cost_local = amount("Book cost in the currency of the instrument", nullable=True)


class Transactions(dy.Schema):
    """Columns of `transactions`."""

    trade_date = date("Day of the trade", key=True)
    transaction_id = identifier("Transaction", key=True)
    portfolio_id = identifier("Portfolio")
    instrument_id = identifier("Instrument")
    transaction_type = choice(
        "What happened",
        "buy",
        "sell",
        "dividend",
        "coupon",
        "redemption",
        "expiry",
        "split",
        "interest",
    )
    settle_date = date("Day that cash and units move")
    quantity = amount("Signed change of units; 0 for income")
    price_local = amount("Price of one unit; per 100 face for a bond; empty for income", nullable=True)
    fees_local = amount("Fees, positive", min_=0)
    net_amount_local = amount("Cash moved after fees, negative when the portfolio pays")
    currency = currency("Currency of price, fees and amount")


class ExternalFlows(dy.Schema):
    """Columns of `external_flows`."""

    flow_date = date("Day of the flow", key=True)
    flow_id = identifier("Flow", key=True)
    portfolio_id = identifier("Portfolio")
    amount_local = amount("Money put in (positive) or taken out (negative)")
    currency = currency("Currency of the flow")
    timing = choice("When in the day it counts", "start_of_day", "end_of_day")


class CashFlows(dy.Schema):
    """Columns of `cash_flows`."""

    business_date = date("Day of the announcement", key=True)
    instrument_id = identifier("Instrument that pays", key=True)
    pay_date = date("Day of payment", key=True)
    flow_type = choice("Kind of payment", "coupon", "redemption", "dividend", key=True)
    amount_per_unit_local = amount("Payment for one unit; per 1 face for a bond")
    currency = currency("Currency of the payment")
    flow_status = choice("How sure it is", "projected", "announced", "paid")


class VendorRiskMetrics(dy.Schema):
    """Columns of `vendor_risk_metrics`."""

    business_date = date("Session that the metric describes", key=True)
    portfolio_id = identifier("Portfolio", key=True)
    metric = identifier("Name that the vendor gives the metric", key=True)
    confidence = amount("Confidence as a decimal; 0 where it has none", min_=0)
    horizon_days = integer("Horizon in business days; 0 where it has none", min_=0)
    value = amount("Value as the vendor states it; money is a positive loss")
    currency = currency("Currency of the value", nullable=True)


POSITIONS = Table(
    "positions",
    Positions,
    "One row per session, portfolio, instrument and book",
    "fact",
    "business_date",
)
TRANSACTIONS = Table(
    "transactions",
    Transactions,
    "One row per trade date and transaction",
    "fact",
    "trade_date",
)
EXTERNAL_FLOWS = Table("external_flows", ExternalFlows, "One row per external flow", "fact", "flow_date")
CASH_FLOWS = Table(
    "cash_flows",
    CashFlows,
    "One row per announcement date, instrument, pay date and kind of payment",
    "fact",
    "business_date",
)
VENDOR_RISK_METRICS = Table(
    "vendor_risk_metrics",
    VendorRiskMetrics,
    "One row per session, portfolio and vendor metric",
    "fact",
    "business_date",
)
