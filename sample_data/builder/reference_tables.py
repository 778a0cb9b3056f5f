"""Reference data of the sample as frames of the product's tables. All but names and codes is ours."""

from datetime import date
from decimal import Decimal

import polars as pl

from analytics_platform.tables.reference import (
    BENCHMARKS,
    BOND_TERMS,
    CURRENCIES,
    INSTRUMENTS,
    OPTION_TERMS,
    PORTFOLIOS,
    RISK_PROXIES,
    STRESS_SHIFTS,
)
from sample_data.builder.bonds import Note
from sample_data.builder.limits import limits
from sample_data.builder.market import read_raw
from sample_data.builder.market_tables import INDEX_ID
from sample_data.builder.options import MULTIPLIER, Contract
from sample_data.builder.paths import FIRST_SESSION
from sample_data.builder.simulation import Sample

ONE = Decimal(1)

SHARES = {
    "AAPL": ("Apple Inc.", "XNAS", "Technology hardware"),
    "IBM": ("International Business Machines Corporation", "XNYS", "Technology services"),
    "MSFT": ("Microsoft Corporation", "XNAS", "Software"),
    "GOOG": ("Google Inc.", "XNAS", "Internet"),
    "FB": ("Facebook, Inc.", "XNAS", "Internet"),
}

PORTFOLIO_ROWS = [
    ("GLOBAL", None, "Global balanced", "USD", "BM_BALANCED", "Everything below it", FIRST_SESSION),
    ("EQUITY", "GLOBAL", "All equities", "USD", "BM_US_EQUITY", "Both equity books", FIRST_SESSION),
    ("EQ_US", "EQUITY", "US equity", "USD", "BM_US_EQUITY", "Long only, rebalanced quarterly", FIRST_SESSION),
    (
        "EQ_EUR",
        "EQUITY",
        "US equity for euro clients",
        "EUR",
        "BM_US_EQUITY_EUR",
        "Long only, currency not hedged",
        FIRST_SESSION,
    ),
    (
        "UST_LADDER",
        "GLOBAL",
        "Treasury ladder",
        "USD",
        "BM_UST",
        "Eight notes, held to maturity",
        FIRST_SESSION,
    ),
    (
        "OPT_OVERLAY",
        "GLOBAL",
        "Option overlay",
        "USD",
        None,
        "Calls sold, puts bought, and cash",
        FIRST_SESSION,
    ),
]

BENCHMARK_ROWS = [
    ("BM_US_EQUITY", "Three US shares, equal weights", "USD"),
    ("BM_US_EQUITY_EUR", "Three US shares, equal weights, in euro", "EUR"),
    ("BM_UST", "Treasury notes, equal weights", "USD"),
    ("BM_BALANCED", "60 % three US shares, 40 % Treasury notes", "USD"),
]

STRESS_ROWS = [
    ("EQUITY_DOWN_20", "Equities fall by 20 %", "equity", "ALL", "relative", "-0.2"),
    ("EQUITY_DOWN_40", "Equities fall by 40 %", "equity", "ALL", "relative", "-0.4"),
    ("AAPL_DOWN_30", "Apple alone falls by 30 %", "equity", "EQ_AAPL", "relative", "-0.3"),
    ("EUR_DOWN_10", "The euro loses 10 % against the dollar", "fx", "EUR", "relative", "-0.1"),
    ("RATES_UP_100BP", "Treasury rates rise by 100 bp", "rate", "UST_PAR", "absolute", "0.01"),
    ("RATES_DOWN_50BP", "Treasury rates fall by 50 bp", "rate", "UST_PAR", "absolute", "-0.005"),
    ("VOL_UP_50PCT", "Volatilities rise by half", "volatility", "ALL", "relative", "0.5"),
    ("CRISIS_2008_LIKE", "As in autumn 2008", "equity", "ALL", "relative", "-0.35"),
    ("CRISIS_2008_LIKE", "As in autumn 2008", "fx", "EUR", "relative", "-0.12"),
    ("CRISIS_2008_LIKE", "As in autumn 2008", "rate", "UST_PAR", "absolute", "-0.01"),
    ("CRISIS_2008_LIKE", "As in autumn 2008", "volatility", "ALL", "relative", "1"),
]

Row = tuple[object, ...]


def _share_rows() -> list[Row]:
    first = dict(read_raw("prices.csv").group_by("ticker").agg(pl.col("date").min()).iter_rows())
    return [
        (
            f"EQ_{ticker}",
            ticker,
            name,
            "equity",
            "USD",
            ONE,
            mic,
            "US",
            sector,
            ticker,
            None,
            first[ticker],
            None,
        )
        for ticker, (name, mic, sector) in SHARES.items()
    ]


def _cash_rows() -> list[Row]:
    names = {"EUR": "Cash in euro", "USD": "Cash in US dollars"}
    return [
        (f"CASH_{code}", None, name, "cash", code, ONE, None, None, "Cash", None, None, None, None)
        for code, name in names.items()
    ]


def _index_row() -> Row:
    name = "Tech Three index unit (invented, held by nobody)"
    return (
        INDEX_ID,
        None,
        name,
        "etf",
        "USD",
        ONE,
        None,
        "US",
        "Technology hardware",
        None,
        None,
        None,
        None,
    )


def _note_row(note: Note, first: date) -> Row:
    name = f"US Treasury {note.coupon * 100:.3f} % {note.maturity} (sample note)"
    government = ("US", "Government", "US_TREASURY", None, first, note.maturity)
    return (note.instrument_id, None, name, "bond", "USD", ONE, None, *government)


def _contract_row(contract: Contract, first: date) -> Row:
    name = f"{contract.ticker} {contract.expiry} {contract.option_type} {contract.strike} (sample contract)"
    sector = SHARES[contract.ticker][2]
    rest = ("XCBO", "US", sector, None, None, first, contract.expiry)
    return (contract.instrument_id, None, name, "option", "USD", MULTIPLIER, *rest)


def instruments(sample: Sample) -> pl.DataFrame:
    """All instruments that the sample holds or prices."""
    first_note_day: dict[str, date] = {}
    for instrument_id, day in sample.bonds.prices:
        first_note_day.setdefault(instrument_id, day)
    rows = [
        *_share_rows(),
        *_cash_rows(),
        _index_row(),
        *(_note_row(note, first_note_day[key]) for key, note in sample.bonds.notes.items()),
        *(_contract_row(each, sample.options.opened[key]) for key, each in sample.options.contracts.items()),
    ]
    return pl.DataFrame(rows, schema=INSTRUMENTS.columns, orient="row")


def bond_terms(sample: Sample) -> pl.DataFrame:
    """Terms of the notes: cash settlement on the trade date, so that accrued interest has one date only."""
    rows = [
        (key, note.coupon, 2, "ACT/ACT ICMA", note.dated, None, note.maturity, Decimal(100), 0)
        for key, note in sample.bonds.notes.items()
    ]
    return pl.DataFrame(rows, schema=BOND_TERMS.columns, orient="row")


def option_terms(sample: Sample) -> pl.DataFrame:
    """Terms of the option contracts."""
    rows = [
        (key, f"EQ_{each.ticker}", each.option_type, "european", each.strike, each.expiry, "cash")
        for key, each in sample.options.contracts.items()
    ]
    return pl.DataFrame(rows, schema=OPTION_TERMS.columns, orient="row")


def currencies() -> pl.DataFrame:
    """Currencies of ISO 4217."""
    units = pl.col("minor_units").replace("N.A.", None)
    return read_raw("iso4217.csv").select("currency", "name", units).cast(CURRENCIES.columns)


def reference_tables(sample: Sample) -> dict[str, pl.DataFrame]:
    """Frames by table; the weights of the benchmarks are in a module of their own."""
    stress = [(*row[:-1], Decimal(row[-1])) for row in STRESS_ROWS]
    return {
        "currencies": currencies(),
        "portfolios": pl.DataFrame(PORTFOLIO_ROWS, schema=PORTFOLIOS.columns, orient="row"),
        "instruments": instruments(sample),
        "bond_terms": bond_terms(sample),
        "option_terms": option_terms(sample),
        "benchmarks": pl.DataFrame(BENCHMARK_ROWS, schema=BENCHMARKS.columns, orient="row"),
        "stress_shifts": pl.DataFrame(stress, schema=STRESS_SHIFTS.columns, orient="row"),
        "risk_proxies": pl.DataFrame([("EQ_FB", "EQ_GOOG")], schema=RISK_PROXIES.columns, orient="row"),
        "limits": limits(),
    }
