"""Market data of the sample as frames of the product's tables. The public files are read in `market`."""

from datetime import date
from decimal import Decimal

import polars as pl

from analytics_platform.tables.market import CORPORATE_ACTIONS, CURVE_QUOTES, FX_RATES, PRICES
from sample_data.builder.market import Market, read_raw
from sample_data.builder.paths import LAST_SESSION
from sample_data.builder.simulation import Sample

TENORS = {
    "1month": "1M",
    "3month": "3M",
    "6month": "6M",
    "1year": "1Y",
    "2year": "2Y",
    "3year": "3Y",
    "5year": "5Y",
    "7year": "7Y",
    "10year": "10Y",
    "20year": "20Y",
    "30year": "30Y",
}
QUOTE_CURRENCIES = ("USD", "GBP", "JPY", "CHF", "TRY")
INDEX_ID = "ETF_TECH3"
INDEX_STOCKS = ("AAPL", "IBM", "MSFT")
INDEX_START = date(2012, 12, 3)
INDEX_GAP = date(2013, 1, 16)
"""Session for which the index vendor has no level."""


def share_prices() -> pl.DataFrame:
    """Raw prices of the five shares, as the exchange delivers them."""
    return (
        read_raw("prices.csv")
        .filter(pl.col("date") <= LAST_SESSION)
        .select(
            business_date="date",
            instrument_id="EQ_" + pl.col("ticker"),
            price_type=pl.lit("close"),
            open_local="open",
            high_local="high",
            low_local="low",
            close_local="close",
            volume="volume",
            currency=pl.lit("USD"),
        )
        .sort("business_date", "instrument_id")
        .cast(PRICES.columns)
    )


def desk_prices(prices: dict[tuple[str, date], Decimal], price_type: str) -> pl.DataFrame:
    """Prices that a desk of the house makes."""
    rows = [
        (day, instrument_id, price_type, None, None, None, price, None, "USD")
        for (instrument_id, day), price in prices.items()
    ]
    return pl.DataFrame(rows, schema=PRICES.columns, orient="row").sort("business_date", "instrument_id")


def index_prices(market: Market) -> pl.DataFrame:
    """Levels of the index that nobody holds: mean price relative of three shares, 100 on the first day."""
    days = [day for day in market.sessions if day >= INDEX_START]
    levels: dict[tuple[str, date], Decimal] = {}
    for day in days:
        ratios = [market.close[ticker][day] / market.close[ticker][INDEX_START] for ticker in INDEX_STOCKS]
        levels[INDEX_ID, day] = (100 * sum(ratios, Decimal(0)) / len(ratios)).quantize(Decimal("0.01"))
    return desk_prices(levels, "close")


def corporate_actions() -> pl.DataFrame:
    """Return splits and cash dividends of the shares."""
    is_split = pl.col("type") == "split"
    return (
        read_raw("corporate_actions.csv")
        .select(
            ex_date="ex_date",
            instrument_id="EQ_" + pl.col("ticker"),
            action_type="type",
            ratio=pl.when(is_split).then("value"),
            amount_local=pl.when(~is_split).then("value"),
            currency=pl.when(~is_split).then(pl.lit("USD")),
        )
        .sort("ex_date", "instrument_id")
        .cast(CORPORATE_ACTIONS.columns)
    )


def fx_rates() -> pl.DataFrame:
    """Euro reference rates."""
    return (
        read_raw("fx_ecb.csv")
        .filter(pl.col("date") <= LAST_SESSION)
        .unpivot(QUOTE_CURRENCIES, index="date", variable_name="quote_currency", value_name="rate")
        .filter(pl.col("rate").is_not_null())
        .select(
            business_date="date", base_currency=pl.lit("EUR"), quote_currency="quote_currency", rate="rate"
        )
        .sort("business_date", "quote_currency")
        .cast(FX_RATES.columns)
    )


def curve_quotes() -> pl.DataFrame:
    """Par yields of the US Treasury."""
    return (
        read_raw("us_treasury_par.csv")
        .filter(pl.col("date") <= LAST_SESSION)
        .rename(TENORS)
        .unpivot(list(TENORS.values()), index="date", variable_name="tenor", value_name="rate")
        .filter(pl.col("rate").is_not_null())
        .select(
            business_date="date",
            curve_id=pl.lit("UST_PAR"),
            tenor="tenor",
            quote_type=pl.lit("par_yield"),
            rate="rate",
        )
        .sort("business_date", "tenor")
        .cast(CURVE_QUOTES.columns)
    )


def market_tables(sample: Sample) -> dict[str, pl.DataFrame]:
    """Frames by table, and the prices by source as ``prices/<source>``."""
    return {
        "prices/exchange": share_prices(),
        "prices/ust-desk": desk_prices(sample.bonds.prices, "clean"),
        "prices/option-desk": desk_prices(sample.options.prices, "close"),
        "prices/index-vendor": index_prices(sample.market),
        "corporate_actions": corporate_actions(),
        "fx_rates": fx_rates(),
        "curve_quotes": curve_quotes(),
    }
