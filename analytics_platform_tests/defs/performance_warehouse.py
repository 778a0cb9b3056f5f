"""Six portfolios over six weeks, the DuckDB file that dbt builds from them, and the same money in NumPy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics_platform.calendars.sessions import calendar, trading_sessions_frame
from analytics_platform_tests.defs.small_warehouse import FIRST, Row, Warehouse

Floats = NDArray[np.float64]

SESSIONS = trading_sessions_frame(calendar("XNYS"))
DAYS: tuple[date, ...] = tuple(
    day for day in SESSIONS["business_date"].to_list() if date(2013, 2, 25) <= day <= date(2013, 4, 5)
)
N = len(DAYS)
INSTRUMENTS = {  # currency, sector, worth at the start
    "A": ("USD", "X", 100.0),
    "B": ("USD", "Y", 50.0),
    "C": ("EUR", "Y", 80.0),
    "D": ("USD", "Z", 20.0),
    "SILENT": ("USD", "X", 30.0),
    "CASH_USD": ("USD", None, 1.0),
    "CASH_EUR": ("EUR", None, 1.0),
}
SECTORS = ("X", "Y", "Z", "cash")
BASE = {"TOP": "USD", "US": "USD", "EU": "EUR", "GAP": "USD", "ZERO": "USD"}
BENCHMARKS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "BM": ("USD", {"B": 0.3, "C": 0.3, "D": 0.4}),
    "BM_EUR": ("EUR", {"C": 0.5, "D": 0.5}),
    "BM_SILENT": ("USD", {"B": 0.5, "SILENT": 0.5}),
}
BENCHMARK_OF = {"TOP": "BM", "US": "BM", "EU": "BM_EUR", "GAP": "BM_SILENT"}
MEMBERS = {"TOP": ("US", "EU"), "US": ("US",), "EU": ("EU",)}
FLOWS = (  # session, portfolio, amount, timing
    (7, "US", 5000.0, "end_of_day"),
    (12, "EU", 3000.0, "start_of_day"),
    (22, "US", -2000.0, "start_of_day"),
)
TRADES = ((5, "US", "B", 10.0, -503.0), (20, "US", "A", -150.0, 15100.0))  # session, ..., units, cash moved
GAP_SESSION, LOST_SESSION, SILENT_SESSION = 10, 8, 15
MODELS = (
    "fct_period_returns",
    "fct_contributions",
    "fct_period_contributions",
    "fct_attribution",
    "fct_period_attribution",
)


def _walk(seed: int, start: float, deviation: float) -> Floats:
    steps = np.random.default_rng(seed).normal(0.001, deviation, N)
    steps[0] = 0.0
    return np.round(start * np.exp(np.cumsum(steps)), 4)


DOLLARS_A_EURO = _walk(99, 1.3, 0.006)
PRICES = {
    name: np.ones(N) if sector is None else _walk(seed, start, 0.02)
    for seed, (name, (_, sector, start)) in enumerate(INSTRUMENTS.items())
}


def _quantities() -> dict[tuple[str, str], Floats]:
    held = {
        ("US", "A"): 150.0,
        ("US", "B"): 200.0,
        ("US", "CASH_USD"): 8000.0,
        ("EU", "A"): 40.0,
        ("EU", "C"): 90.0,
        ("EU", "CASH_EUR"): 2500.0,
        ("GAP", "B"): 10.0,
        ("GAP", "CASH_USD"): 100.0,
        ("ZERO", "A"): 100.0,
        ("ZERO", "CASH_USD"): 1000.0,
    }
    paths = {key: np.full(N, quantity) for key, quantity in held.items()}
    paths["ZERO", "CASH_USD"][LOST_SESSION:] -= 40000.0
    for session, portfolio, amount, _ in FLOWS:
        paths[portfolio, f"CASH_{BASE[portfolio]}"][session:] += amount
    for session, portfolio, name, units, cash in TRADES:
        paths[portfolio, name][session:] += units
        paths[portfolio, "CASH_USD"][session:] += cash
    return paths


QUANTITIES = _quantities()


def rates(currency: str, base: str) -> Floats:
    """Units of the base currency for one unit of another, by session."""
    dollars = {"USD": np.ones(N), "EUR": DOLLARS_A_EURO}
    return dollars[currency] / dollars[base]


@dataclass(frozen=True)
class Node:
    """A node in its base currency, arrays of shape (n_sessions,) or (n_sessions, n_instruments)."""

    values: Floats
    profits: Floats
    start_flows: Floats
    end_flows: Floats

    @property
    def capital(self) -> Floats:
        """Value at the close before and flows of the start of the day, from the second session on."""
        return np.asarray(self.values.sum(axis=1)[:-1] + self.start_flows.sum(axis=1)[1:])

    @property
    def returns(self) -> Floats:
        """Time-weighted, from the second session on."""
        return np.asarray((self.values.sum(axis=1)[1:] - self.end_flows.sum(axis=1)[1:]) / self.capital - 1)

    @property
    def contributions(self) -> Floats:
        """Of the instruments, from the second session on."""
        return np.asarray(self.profits[1:] / self.capital[:, None])

    @property
    def weights(self) -> Floats:
        """Of the instruments at the start of the day, from the second session on."""
        return np.asarray((self.values[:-1] + self.start_flows[1:]) / self.capital[:, None])


def node(name: str) -> Node:
    """Return what a node holds and earns, computed from quantities, prices and rates alone."""
    base, names = BASE[name], list(INSTRUMENTS)
    values, moved, start, end = (np.zeros((N, len(names))) for _ in range(4))
    for column, instrument in enumerate(names):
        rate = rates(INSTRUMENTS[instrument][0], base)
        for member in MEMBERS[name]:
            held = QUANTITIES.get((member, instrument), np.zeros(N))
            values[:, column] += held * PRICES[instrument] * rate
    for session, member, amount, timing in FLOWS:
        if member in MEMBERS[name]:
            column = names.index(f"CASH_{BASE[member]}")
            worth = amount * rates(BASE[member], base)[session]
            (start if timing == "start_of_day" else end)[session, column] += worth
            moved[session, column] += worth
    for session, member, instrument, _, cash in TRADES:
        if member in MEMBERS[name]:
            worth = cash * rates("USD", base)[session]
            moved[session, names.index(instrument)] -= worth
            moved[session, names.index("CASH_USD")] += worth
    profits = np.diff(values, axis=0, prepend=values[:1]) - moved
    return Node(values, profits, start, end)


def _decimal(number: float) -> Decimal:
    return Decimal(repr(round(float(number), 8)))


def _reference(made: Warehouse) -> None:
    parents = {"US": "TOP", "EU": "TOP"}
    books: list[Row] = [
        {
            "portfolio_id": name,
            "parent_portfolio_id": parents.get(name),
            "name": name,
            "base_currency": base,
            "benchmark_id": BENCHMARK_OF.get(name),
            "inception_date": DAYS[0],
        }
        for name, base in BASE.items()
    ]
    made.deliver("portfolios", books, FIRST)
    instruments: list[Row] = [
        {
            "instrument_id": name,
            "ticker": name,
            "name": name,
            "instrument_type": "equity" if sector else "cash",
            "currency": currency,
            "multiplier": Decimal(1),
            "sector": sector,
        }
        for name, (currency, sector, _) in INSTRUMENTS.items()
    ]
    made.deliver("instruments", instruments, FIRST)
    made.deliver(
        "benchmarks",
        [{"benchmark_id": name, "name": name, "currency": money} for name, (money, _) in BENCHMARKS.items()],
        FIRST,
    )
    weights: list[Row] = [
        {"benchmark_id": name, "effective_date": DAYS[0], "instrument_id": item, "weight": _decimal(weight)}
        for name, (_, items) in BENCHMARKS.items()
        for item, weight in items.items()
    ]
    made.deliver("benchmark_weights", weights, FIRST)
    made.deliver("trading_sessions", SESSIONS.to_dicts(), FIRST)


def _facts(made: Warehouse) -> None:
    prices: list[Row] = [
        {
            "business_date": day,
            "instrument_id": name,
            "price_type": "close",
            "close_local": _decimal(PRICES[name][session]),
            "volume": Decimal(1000),
            "currency": currency,
        }
        for session, day in enumerate(DAYS)
        for name, (currency, sector, _) in INSTRUMENTS.items()
        if sector is not None and (name, session) != ("SILENT", SILENT_SESSION)
    ]
    fixings: list[Row] = [
        {"business_date": day, "base_currency": "EUR", "quote_currency": "USD", "rate": _decimal(fixing)}
        for day, fixing in zip(DAYS, DOLLARS_A_EURO, strict=True)
    ]
    held: list[Row] = [
        {
            "business_date": day,
            "portfolio_id": portfolio,
            "instrument_id": name,
            "book": "ibor",
            "quantity": _decimal(path[session]),
        }
        for (portfolio, name), path in QUANTITIES.items()
        for session, day in enumerate(DAYS)
        if path[session] != 0.0 and (portfolio, session) != ("GAP", GAP_SESSION)
    ]
    flows: list[Row] = [
        {
            "flow_date": DAYS[session],
            "flow_id": f"F{session}",
            "portfolio_id": portfolio,
            "amount_local": _decimal(amount),
            "currency": BASE[portfolio],
            "timing": timing,
        }
        for session, portfolio, amount, timing in FLOWS
    ]
    trades: list[Row] = [
        {
            "trade_date": DAYS[session],
            "transaction_id": f"T{session}",
            "portfolio_id": portfolio,
            "instrument_id": name,
            "transaction_type": "buy" if units > 0 else "sell",
            "settle_date": DAYS[session],
            "quantity": _decimal(units),
            "fees_local": Decimal(0),
            "net_amount_local": _decimal(cash),
            "currency": "USD",
        }
        for session, portfolio, name, units, cash in TRADES
    ]
    tables = {
        "prices": prices,
        "fx_rates": fixings,
        "positions": held,
        "external_flows": flows,
        "transactions": trades,
    }
    for name, rows in tables.items():
        made.deliver(name, rows, FIRST, DAYS[0], DAYS[-1])


def performance_warehouse(manifest: Path, folder: Path) -> Warehouse:
    """Return the built marts: TOP over US and EU, GAP without one session, ZERO that loses everything."""
    made = Warehouse(folder, manifest, (manifest / "partial_parse.msgpack").read_bytes())
    _reference(made)
    _facts(made)
    made.dbt("run", "--select", *(f"+{model}" for model in MODELS))
    return made
