"""Which header of an unknown sender probably names which column of a table. A guess is always told as one."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from analytics_platform.ingestion.inspection.values import ColumnProfile
from analytics_platform.tables.contract import Table

_NEAR = 0.72
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "business_date": (
        "date",
        "datum",
        "stichtag",
        "valuation_date",
        "price_date",
        "cob_date",
        "as_of",
        "day",
    ),
    "trade_date": ("date", "deal_date", "handelstag"),
    "settle_date": ("settlement_date", "value_date", "valuta"),
    "ex_date": ("date", "ex_dividend_date"),
    "instrument_id": (
        "ticker",
        "symbol",
        "isin",
        "security",
        "security_id",
        "sedol",
        "cusip",
        "wkn",
        "index",
        "kuerzel",
    ),
    "portfolio_id": ("portfolio", "fund", "account", "depot", "fonds", "portfolio_code"),
    "close_local": ("close", "last", "price", "closing_price", "px_last", "level", "schluss", "kurs", "nav"),
    "open_local": ("open", "px_open"),
    "high_local": ("high", "px_high"),
    "low_local": ("low", "px_low"),
    "volume": ("vol", "umsatz", "px_volume"),
    "currency": ("ccy", "cur", "curr", "waehrung", "devise"),
    "quantity": ("qty", "units", "shares", "nominal", "bestand", "stueck", "holding"),
    "cost_local": ("book_cost", "cost", "einstandswert", "book_value"),
    "rate": ("value", "kurs", "yield", "fixing"),
    "base_currency": ("base", "from"),
    "quote_currency": ("quote", "to", "counter_currency"),
    "net_amount_local": ("net_amount", "amount", "net"),
    "amount_local": ("amount", "betrag"),
    "fees_local": ("fees", "commission", "charges"),
    "price_local": ("price", "px"),
    "transaction_id": ("trade_ref", "reference", "trade_id", "deal_id"),
    "transaction_type": ("type", "side", "buy_sell"),
}


@dataclass(frozen=True)
class HeaderGuess:
    """A header that probably gives a column, and whether the two are the same word."""

    column: str
    profile: ColumnProfile
    is_certain: bool


def guess_headers(profiles: Sequence[ColumnProfile], table: Table) -> list[HeaderGuess]:
    """Pair headers and columns of the table, the best pair first; each at most once."""
    pairs = sorted(
        (
            (_likeness(one.header, column), column, place)
            for place, one in enumerate(profiles)
            for column in table.columns
            if _fits(one, table.columns[column])
        ),
        key=lambda pair: (-pair[0], pair[2]),
    )
    found: dict[str, HeaderGuess] = {}
    used: set[int] = set()
    for likeness, column, place in pairs:
        if likeness >= _NEAR and column not in found and place not in used:
            found[column] = HeaderGuess(column, profiles[place], is_certain=likeness == 1)
            used.add(place)
    return [found[column] for column in table.columns if column in found]


def _fits(one: ColumnProfile, kind: pl.DataType) -> bool:
    if not one.texts:
        return True
    if kind == pl.Date:
        return one.is_date or one.is_serial_date
    return one.is_number if kind.is_numeric() else not one.is_date


def _likeness(header: str, column: str) -> float:
    word = _word(header)
    if word == column:
        return 1.0
    if word in _SYNONYMS.get(column, ()) or word == column.removesuffix("_local").removesuffix("_id"):
        return 0.95
    return 0.9 * difflib.SequenceMatcher(None, word, column.removesuffix("_local")).ratio()


def _word(header: str) -> str:
    plain = header.strip().lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    return re.sub("[^a-z0-9]+", "_", plain).strip("_")
