"""What the invented firm of the demo holds: a tree of six portfolios, one option without a price."""

from dataclasses import dataclass
from datetime import date

SESSION = date(2013, 3, 1)
NO_PRICE = "no price of OPT_AAPL_2013-04-19_C480 for 2013-03-01"
REFUSED = "prices/vendor_2013-02-30.csv"
REFUSED_MESSAGE = "the name holds 2013-02-30, which is no date; deliver it as prices/vendor_<date>.csv"
EUR_USD = 1.3
TREE = (
    ("GLOBAL", None, "Global multi-asset", "USD", 0),
    ("EQUITY", "GLOBAL", "Equity", "USD", 1),
    ("EQ_EUR", "EQUITY", "Equity, euro investors", "EUR", 2),
    ("EQ_US", "EQUITY", "US equity", "USD", 2),
    ("OPT_OVERLAY", "GLOBAL", "Option overlay", "USD", 1),
    ("UST_LADDER", "GLOBAL", "Treasury ladder", "USD", 1),
)
STRESSES = {
    "october_1987": (
        "Equity crash, October 1987",
        {"equity": -0.205, "bond": 0.018, "option": 2.1, "cash": 0.0},
    ),
    "autumn_2008": (
        "Credit crisis, autumn 2008",
        {"equity": -0.168, "bond": 0.031, "option": 1.7, "cash": 0.0},
    ),
    "rates_up_100": ("Rates up 100 bp", {"equity": 0.0, "bond": -0.043, "option": 0.02, "cash": 0.0}),
    "rates_down_100": ("Rates down 100 bp", {"equity": 0.0, "bond": 0.046, "option": -0.02, "cash": 0.0}),
    "dollar_up_10": ("Dollar up 10%", {"equity": -0.012, "bond": 0.0, "option": 0.01, "cash": -0.008}),
    "volatility_up": ("Volatility up 10 points", {"equity": 0.0, "bond": 0.0, "option": 0.38, "cash": 0.0}),
}


@dataclass(frozen=True)
class Holding:
    """A position of a leaf; the value is in US dollars, None if it has no price."""

    portfolio_id: str
    instrument_id: str
    name: str
    kind: str
    sector: str
    currency: str
    quantity: float
    price: float | None
    value: float | None


def _stock(portfolio_id: str, ticker: str, name: str, quantity: float, price: float) -> Holding:
    value = quantity * price
    return Holding(
        portfolio_id, f"EQ_{ticker}", name, "equity", "Information Technology", "USD", quantity, price, value
    )


def _bond(coupon: str, maturity: date, face: float, price: float) -> Holding:
    name = f"US Treasury {coupon}% {maturity:%Y}"
    key = f"UST_{coupon}_{maturity}"
    return Holding("UST_LADDER", key, name, "bond", "Government", "USD", face, price, face * price / 100)


def _option(key: str, name: str, contracts: float, price: float | None) -> Holding:
    value = None if price is None else contracts * 100 * price
    sector = "Information Technology"
    return Holding("OPT_OVERLAY", f"OPT_{key}", name, "option", sector, "USD", contracts, price, value)


def _cash(portfolio_id: str, currency: str, quantity: float, value: float) -> Holding:
    return Holding(
        portfolio_id, f"CASH_{currency}", f"Cash {currency}", "cash", "", currency, quantity, 1.0, value
    )


HOLDINGS = (
    _stock("EQ_US", "AAPL", "Apple", 12_400, 430.47),
    _stock("EQ_US", "IBM", "International Business Machines", 21_000, 202.91),
    _stock("EQ_US", "MSFT", "Microsoft", 164_000, 27.95),
    _stock("EQ_US", "GOOG", "Google", 5_200, 806.19),
    _stock("EQ_US", "FB", "Facebook", 61_000, 27.78),
    _cash("EQ_US", "USD", 812_340.22, 812_340.22),
    _stock("EQ_EUR", "IBM", "International Business Machines", 9_500, 202.91),
    _stock("EQ_EUR", "GOOG", "Google", 2_100, 806.19),
    _stock("EQ_EUR", "MSFT", "Microsoft", 58_000, 27.95),
    _cash("EQ_EUR", "EUR", -143_210.5, -143_210.5 * EUR_USD),
    _bond("4.625", date(2013, 11, 15), 3_000_000, 103.12),
    _bond("2.375", date(2015, 2, 28), 3_500_000, 104.03),
    _bond("3.125", date(2017, 1, 31), 3_000_000, 109.41),
    _bond("3.625", date(2020, 2, 15), 2_500_000, 115.34),
    _bond("2", date(2022, 2, 15), 2_500_000, 102.20),
    _bond("3.125", date(2042, 2, 15), 1_500_000, 100.91),
    _cash("UST_LADDER", "USD", 240_118.75, 240_118.75),
    _option("AAPL_2013-03-15_P420", "Apple put 420, Mar 2013", 120, 6.05),
    _option("IBM_2013-06-21_C210", "IBM call 210, Jun 2013", -80, 3.9),
    _option("AAPL_2013-04-19_C480", "Apple call 480, Apr 2013", -60, None),
    _cash("OPT_OVERLAY", "USD", 655_000.0, 655_000.0),
)


def members(portfolio_id: str) -> set[str]:
    """Name a portfolio and all below it."""
    below = [child for child, parent, *_ in TREE if parent == portfolio_id]
    return {portfolio_id}.union(*(members(child) for child in below))


def holdings(portfolio_id: str) -> list[Holding]:
    """Merge the holdings of a node, one per instrument."""
    merged: dict[str, Holding] = {}
    for holding in HOLDINGS:
        if holding.portfolio_id not in members(portfolio_id):
            continue
        other = merged.get(holding.instrument_id)
        quantity = holding.quantity + (other.quantity if other else 0.0)
        value = None if holding.value is None else holding.value + ((other.value or 0.0) if other else 0.0)
        merged[holding.instrument_id] = Holding(
            portfolio_id, holding.instrument_id, holding.name, holding.kind, holding.sector,
            holding.currency, quantity, holding.price, value,
        )  # fmt: skip
    return list(merged.values())


def to_base(portfolio_id: str) -> float:
    """Units of the base currency for a dollar."""
    return 1 / EUR_USD if portfolio_id == "EQ_EUR" else 1.0


def is_incomplete(portfolio_id: str) -> bool:
    """Whether the option without a price is in it."""
    return "OPT_OVERLAY" in members(portfolio_id)


def swing(portfolio_id: str) -> float:
    """Give the size of a usual daily return."""
    return {"GLOBAL": 0.0055, "UST_LADDER": 0.0021, "OPT_OVERLAY": 0.014}.get(portfolio_id, 0.0105)
