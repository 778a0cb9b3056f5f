"""Market data: prices, corporate actions, exchange rates, curve quotes."""

import dataframely as dy

from analytics_platform.tables.contract import Table, amount, choice, currency, date, identifier


class Prices(dy.Schema):
    """Columns of `prices`."""

    business_date = date("Session of the price", key=True)
    instrument_id = identifier("Instrument", key=True)
    price_type = choice("What kind of price", "close", "settle", "nav", "clean", key=True)
    open_local = amount("First price of the session", nullable=True)
    high_local = amount("Highest price of the session", nullable=True)
    low_local = amount("Lowest price of the session", nullable=True)
    close_local = amount("Raw closing price; clean price per 100 face for a bond; may be negative")
    volume = amount("Units traded", nullable=True, min_=0)
    currency = currency("Currency of the price")


class CorporateActions(dy.Schema):
    """Columns of `corporate_actions`."""

    ex_date = date("First session without the right", key=True)
    instrument_id = identifier("Instrument", key=True)
    action_type = choice("Kind of action", "split", "cash_dividend", "stock_dividend", key=True)
    ratio = amount("New units for one old unit; empty for cash", nullable=True, above=0)
    amount_local = amount("Cash for one unit; empty for splits", nullable=True, above=0)
    currency = currency("Currency of the cash; empty for splits", nullable=True)


class FxRates(dy.Schema):
    """Columns of `fx_rates`."""

    business_date = date("Date of the fixing", key=True)
    base_currency = currency("One unit of this currency ...", key=True)
    quote_currency = currency("... costs `rate` units of this one", key=True)
    rate = amount("Units of the quote currency for one unit of the base currency", above=0)


class CurveQuotes(dy.Schema):
    """Columns of `curve_quotes`."""

    business_date = date("Date of the quote", key=True)
    curve_id = identifier("Curve", key=True)
    tenor = choice("Time to maturity", "[0-9]{1,2}[DWMY]", key=True)
    quote_type = choice("What the rate is", "par_yield", "deposit", "ois", "swap", "zero")
    rate = amount("Rate as a decimal, 0.05 is 5 %; may be negative")


PRICES = Table(
    "prices",
    Prices,
    "One row per instrument, session and kind of price",
    "fact",
    "business_date",
)
CORPORATE_ACTIONS = Table(
    "corporate_actions",
    CorporateActions,
    "One row per instrument, ex-date and kind of action",
    "fact",
    "ex_date",
)
FX_RATES = Table("fx_rates", FxRates, "One row per currency pair and fixing date", "fact", "business_date")
CURVE_QUOTES = Table(
    "curve_quotes",
    CurveQuotes,
    "One row per curve, date and tenor",
    "fact",
    "business_date",
)
