"""A made-up desk: thousands of positions of every kind, in a tree of portfolios, and their market."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.inputs import RiskInputs
from analytics_platform.risk.options import option_price
from analytics_platform.risk.schedules import bond_accruals

_SEED = 23
_LAST = date(2013, 3, 1)
_TENORS = {"1M": 0.012, "6M": 0.015, "1Y": 0.018, "2Y": 0.02, "5Y": 0.026, "10Y": 0.032, "30Y": 0.038}
_CURRENCIES = {"USD": 1.0, "EUR": 1.3, "GBP": 1.55, "JPY": 0.011, "CHF": 1.07}
_VOLATILITY, _DAILY, _RATE = 0.25, 0.015, 0.02
_CALENDAR_YEAR, _FRIDAY = 365.0, 5
_GROUPS = 20


@dataclass(frozen=True)
class Desk:
    """What the risk step reads, and the session that it is asked for."""

    inputs: RiskInputs
    session: date


def desk(positions: int, portfolios: int, scenarios: int) -> Desk:
    """Make a desk: 70 % equities, 20 % bonds, 10 % options; a position in every one, in 200 leaves or fewer.

    Parameters
    ----------
    positions : int
        Instruments, each held once.
    portfolios : int
        Nodes of the tree.
    scenarios : int
        Moves of history.
    """
    chance = np.random.default_rng(_SEED)
    dates = _dates(scenarios + 1)
    options, bonds = positions // 10, positions // 5
    equities = [f"EQ_{i:05}" for i in range(positions - options - bonds)]
    spots = chance.uniform(20.0, 500.0, len(equities))
    bond_terms, bond_names = _bonds(chance, bonds)
    option_terms, option_prices = _options(chance, options, equities, spots)
    option_names = option_terms["instrument_id"].to_list()
    names = [*equities, *bond_names, *option_names]
    kinds = ["equity"] * len(equities) + ["bond"] * bonds + ["option"] * options
    codes = [
        list(_CURRENCIES)[i % len(_CURRENCIES)] if i >= options else "USD" for i in range(len(equities))
    ] + ["USD"] * (bonds + options)
    quantities = np.concatenate(
        [
            chance.uniform(-500, 5_000, len(equities)),
            chance.uniform(1e4, 1e6, bonds),
            chance.uniform(-50, 50, options),
        ]
    )
    tree = _tree(portfolios)
    leaves = tree.filter(pl.col("portfolio_id").str.starts_with("L"))["portfolio_id"].to_list()
    prices = np.concatenate([spots, chance.uniform(90.0, 110.0, bonds), option_prices])
    held = pl.DataFrame(
        {
            "business_date": [dates[-1]] * len(names),
            "portfolio_id": [leaves[i % len(leaves)] for i in range(len(names))],
            "instrument_id": names,
            "quantity": quantities,
        }
    )
    return Desk(
        RiskInputs(
            holdings=held,
            instruments=pl.DataFrame(
                {
                    "instrument_id": names,
                    "instrument_type": kinds,
                    "currency": codes,
                    "multiplier": [100.0 if kind == "option" else 1.0 for kind in kinds],
                }
            ),
            bond_terms=bond_terms,
            option_terms=option_terms,
            bond_accruals=bond_accruals(bond_terms),
            portfolios=tree,
            prices=pl.DataFrame(
                {
                    "business_date": [dates[-1]] * len(names),
                    "instrument_id": names,
                    "close_local": prices,
                    "currency": codes,
                }
            ),
            equity_moves=_long(
                dates,
                equities,
                np.clip(chance.standard_t(4, (len(dates), len(equities))) * _DAILY, -0.5, 0.5),
            ),
            fx=_fx(chance, dates),
            curve_quotes=_quotes(chance, dates),
            stress_shifts=_shifts(),
        ),
        dates[-1],
    )


def _dates(n: int) -> list[date]:
    days = (_LAST - timedelta(days=i) for i in range(2 * n))
    return sorted([day for day in days if day.isoweekday() <= _FRIDAY][:n])


def _tree(portfolios: int) -> pl.DataFrame:
    groups = [f"G_{i:03}" for i in range(min(_GROUPS, portfolios // 2))]
    leaves = [f"L_{i:03}" for i in range(portfolios - len(groups) - 1)]
    rows = [("TOP", None, "USD"), *((name, "TOP", "USD") for name in groups)]
    rows += [
        (name, groups[i % len(groups)], "EUR" if i % 10 == 0 else "USD") for i, name in enumerate(leaves)
    ]
    return pl.DataFrame(rows, schema=["portfolio_id", "parent_portfolio_id", "base_currency"], orient="row")


def _bonds(chance: np.random.Generator, n: int) -> tuple[pl.DataFrame, list[str]]:
    names = [f"BOND_{i:05}" for i in range(n)]
    terms = pl.DataFrame(
        {
            "instrument_id": names,
            "coupon_rate": chance.integers(1, 12, n) * 0.005,
            "dated_date": [date(2010 + i % 3, 1 + i % 12, 15) for i in range(n)],
            "first_coupon_date": pl.Series([None] * n, dtype=pl.Date),
            "maturity_date": [date(2015 + i % 25, 1 + i % 12, 15) for i in range(n)],
            "coupon_frequency": pl.Series([2] * n, dtype=pl.Int64),
            "day_count": ["ACT/ACT ICMA"] * n,
            "redemption_per_100": [100.0] * n,
            "settlement_days": pl.Series([1] * n, dtype=pl.Int64),
        }
    )
    return terms, names


def _options(
    chance: np.random.Generator, n: int, equities: list[str], spots: Floats
) -> tuple[pl.DataFrame, Floats]:
    """Options on the first equities, which are quoted in US dollars, priced at one volatility."""
    strikes = spots[:n] * chance.uniform(0.85, 1.15, n)
    days = chance.integers(30, 700, n)
    terms = pl.DataFrame(
        {
            "instrument_id": [f"OPT_{i:05}" for i in range(n)],
            "underlying_instrument_id": equities[:n],
            "option_type": ["call" if i % 2 else "put" for i in range(n)],
            "strike_local": strikes,
            "expiry_date": [_LAST + timedelta(days=int(one)) for one in days],
            "exercise_style": ["european"] * n,
            "settlement_type": ["physical"] * n,
        }
    )
    prices = option_price(
        is_call=np.arange(n) % 2 == 1,
        spot=spots[:n],
        strike=strikes,
        rate=_RATE,
        volatility=_VOLATILITY,
        t_years=days / _CALENDAR_YEAR,
    )
    return terms, prices


def _long(dates: list[date], names: list[str], moves: Floats) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "business_date": pl.Series(dates).repeat_by(len(names)).explode(),
            "instrument_id": names * len(dates),
            "total_return": moves.ravel(),
        }
    )


def _fx(chance: np.random.Generator, dates: list[date]) -> pl.DataFrame:
    parts = []
    for code, start in _CURRENCIES.items():
        moves = chance.normal(0.0, 0.0 if code == "USD" else 0.006, len(dates))
        parts.append(
            pl.DataFrame(
                {"business_date": dates, "rate_to_usd": start * np.cumprod(1.0 + moves)}
            ).with_columns(currency=pl.lit(code))
        )
    return pl.concat(parts).select("business_date", "currency", "rate_to_usd")


def _quotes(chance: np.random.Generator, dates: list[date]) -> pl.DataFrame:
    parts = []
    for tenor, start in _TENORS.items():
        rates = start + np.cumsum(chance.normal(0.0, 0.0002, len(dates)))
        parts.append(
            pl.DataFrame({"business_date": dates, "rate": rates}).with_columns(
                curve_id=pl.lit("UST_PAR"), tenor=pl.lit(tenor)
            )
        )
    return pl.concat(parts).select("business_date", "curve_id", "tenor", "rate")


def _shifts() -> pl.DataFrame:
    rows = [
        ("crash", "equity", "ALL", "relative", -0.2),
        ("crash", "volatility", "ALL", "absolute", 0.1),
        ("rates", "rate", "ALL", "absolute", 0.01),
        ("dollar", "fx", "ALL", "relative", -0.1),
    ]
    schema = ["scenario_id", "factor_type", "factor_id", "shift_type", "shift"]
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(scenario_name=pl.col("scenario_id"))
