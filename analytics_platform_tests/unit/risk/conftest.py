"""A small made-up market with every kind of instrument, for the tests of the risk step."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from analytics_platform.risk.run import RiskInputs
from analytics_platform.risk.schedules import bond_accruals

TENORS = {"1M": 0.012, "6M": 0.015, "1Y": 0.018, "2Y": 0.02, "5Y": 0.026, "10Y": 0.032, "30Y": 0.038}
N_DATES = 62


def sessions() -> list[date]:
    days = (date(2012, 12, 3) + timedelta(days=i) for i in range(200))
    return [day for day in days if day.isoweekday() <= 5][:N_DATES]


def _equities(dates: list[date]) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng = np.random.default_rng(20130301)
    prices, moves = [], []
    for name, start in (("EQ_A", 430.0), ("EQ_B", 200.0), ("EQ_C", 28.0)):
        returns = rng.normal(0.0005, 0.015, N_DATES)
        levels = start * np.cumprod(1.0 + returns)
        for day, level, move in zip(dates, levels, returns, strict=True):
            prices.append((day, name, float(level), "USD"))
            moves.append((day, name, float(move)))
    price_columns = ["business_date", "instrument_id", "close_local", "currency"]
    return (
        pl.DataFrame(prices, schema=price_columns, orient="row"),
        pl.DataFrame(moves, schema=["business_date", "instrument_id", "total_return"], orient="row"),
    )


def _fx(dates: list[date]) -> pl.DataFrame:
    rng = np.random.default_rng(7)
    rows = [(day, "USD", 1.0) for day in dates]
    for code, start in (("EUR", 1.3), ("GBP", 1.55)):
        levels = start * np.cumprod(1.0 + rng.normal(0.0, 0.006, N_DATES))
        rows += [(day, code, float(level)) for day, level in zip(dates, levels, strict=True)]
    return pl.DataFrame(rows, schema=["business_date", "currency", "rate_to_usd"], orient="row")


def _curves(dates: list[date]) -> pl.DataFrame:
    rng = np.random.default_rng(11)
    rows = []
    for tenor, start in TENORS.items():
        levels = start + np.cumsum(rng.normal(0.0, 0.0004, N_DATES))
        rows += [(day, "UST_PAR", tenor, float(level)) for day, level in zip(dates, levels, strict=True)]
    return pl.DataFrame(rows, schema=["business_date", "curve_id", "tenor", "rate"], orient="row")


BONDS = pl.DataFrame(
    [
        ("BOND_2", 0.02, date(2011, 11, 15), None, date(2014, 11, 15)),
        ("BOND_10", 0.035, date(2012, 8, 31), None, date(2022, 8, 31)),
        ("BOND_NEW", 0.03, date(2013, 1, 14), date(2013, 6, 30), date(2018, 12, 31)),
    ],
    schema=["instrument_id", "coupon_rate", "dated_date", "first_coupon_date", "maturity_date"],
    orient="row",
).with_columns(
    coupon_frequency=pl.lit(2, pl.Int64),
    day_count=pl.lit("ACT/ACT ICMA"),
    redemption_per_100=pl.lit(100.0),
    settlement_days=pl.lit(1, pl.Int64),
)
OPTIONS = pl.DataFrame(
    [
        ("OPT_A_CALL", "EQ_A", "call", 450.0, date(2013, 6, 21)),
        ("OPT_A_PUT", "EQ_A", "put", 400.0, date(2013, 6, 21)),
        ("OPT_B_PUT", "EQ_B", "put", 210.0, date(2014, 1, 17)),
    ],
    schema=["instrument_id", "underlying_instrument_id", "option_type", "strike_local", "expiry_date"],
    orient="row",
).with_columns(exercise_style=pl.lit("european"), settlement_type=pl.lit("physical"))
PRICES = {
    "BOND_2": 100.7,
    "BOND_10": 103.2,
    "BOND_NEW": 99.1,
    "OPT_A_CALL": 21.5,
    "OPT_A_PUT": 18.25,
    "OPT_B_PUT": 33.4,
}
HOLDINGS = [
    ("EQ_US", "EQ_A", 100.0),
    ("EQ_US", "EQ_B", -50.0),
    ("EQ_US", "CASH_USD", 10_000.0),
    ("EQ_EUR", "EQ_A", 40.0),
    ("EQ_EUR", "EQ_C", 1_000.0),
    ("EQ_EUR", "CASH_EUR", 5_000.0),
    ("BONDS", "BOND_2", 100_000.0),
    ("BONDS", "BOND_10", 50_000.0),
    ("BONDS", "BOND_NEW", -20_000.0),
    ("OPTIONS", "OPT_A_CALL", -2.0),
    ("OPTIONS", "OPT_A_PUT", 3.0),
    ("OPTIONS", "OPT_B_PUT", 1.0),
]
TREE = [
    ("GLOBAL", None, "USD"),
    ("EQUITY", "GLOBAL", "USD"),
    ("EQ_US", "EQUITY", "USD"),
    ("EQ_EUR", "EQUITY", "EUR"),
    ("BONDS", "GLOBAL", "USD"),
    ("OPTIONS", "GLOBAL", "USD"),
]
SHIFTS = [
    ("crash", "equity", "ALL", "relative", -0.2),
    ("crash", "equity", "EQ_B", "relative", -0.5),
    ("crash", "volatility", "ALL", "absolute", 0.1),
    ("euro", "fx", "EUR", "relative", -0.1),
    ("foreign", "fx", "ALL", "relative", -0.1),
    ("rates", "rate", "ALL", "absolute", 0.01),
    ("calm", "volatility", "EQ_A", "relative", -0.5),
]


def _instruments() -> pl.DataFrame:
    kinds = [("EQ_A", "equity", "USD", 1.0), ("EQ_B", "equity", "USD", 1.0), ("EQ_C", "etf", "USD", 1.0)]
    kinds += [("CASH_USD", "cash", "USD", 1.0), ("CASH_EUR", "cash", "EUR", 1.0)]
    kinds += [(name, "bond", "USD", 1.0) for name in BONDS["instrument_id"]]
    kinds += [(name, "option", "USD", 100.0) for name in OPTIONS["instrument_id"]]
    schema = ["instrument_id", "instrument_type", "currency", "multiplier"]
    return pl.DataFrame(kinds, schema=schema, orient="row")


@pytest.fixture(scope="session")
def dates() -> list[date]:
    """All sessions with market data."""
    return sessions()


@pytest.fixture(scope="session")
def inputs() -> RiskInputs:
    """Build inputs in which nothing is missing, with holdings on the last two sessions."""
    days = sessions()
    prices, moves = _equities(days)
    held = days[-2:]
    own = [(day, name, price, "USD") for day in held for name, price in PRICES.items()]
    return RiskInputs(
        holdings=pl.DataFrame(
            [(day, *row) for day in held for row in HOLDINGS],
            schema=["business_date", "portfolio_id", "instrument_id", "quantity"],
            orient="row",
        ),
        instruments=_instruments(),
        bond_terms=BONDS,
        option_terms=OPTIONS,
        bond_accruals=bond_accruals(BONDS),
        portfolios=pl.DataFrame(
            TREE, schema=["portfolio_id", "parent_portfolio_id", "base_currency"], orient="row"
        ),
        prices=pl.concat([prices, pl.DataFrame(own, schema=prices.schema, orient="row")]),
        equity_moves=moves,
        fx=_fx(days),
        curve_quotes=_curves(days),
        stress_shifts=pl.DataFrame(
            SHIFTS,
            schema=["scenario_id", "factor_type", "factor_id", "shift_type", "shift"],
            orient="row",
        ).with_columns(scenario_name=pl.col("scenario_id").str.to_titlecase()),
    )
