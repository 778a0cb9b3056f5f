"""The two equity portfolios: weights, quarterly rebalancing, dividends, splits, currency conversion."""

from datetime import date
from decimal import ROUND_DOWN, Decimal

from sample_data.builder.chance import chance
from sample_data.builder.ledger import ZERO, Ledger, Movement, cents
from sample_data.builder.market import Market

LOT = Decimal(100)
FEE_PER_SHARE = Decimal("0.02")
LEAST_FEE = Decimal(25)
LEAST_TRADE = Decimal("0.001")
"""Trades under this share of the net asset value are left out."""
CASH_EUR_TARGET = Decimal("0.03")
LEAST_CONVERSION = Decimal("0.002")
SETTLE_STOCK, SETTLE_FX = 3, 2

GOOG_FROM = date(2005, 1, 3)
FB_FROM = date(2012, 6, 1)


def targets(portfolio_id: str, day: date) -> dict[str, Decimal]:
    """Target weights of the stocks: fixed ones, tilted by up to a tenth a quarter."""
    if portfolio_id == "EQ_EUR":
        base = {"AAPL": 0.28, "IBM": 0.35, "MSFT": 0.29}
    elif day < GOOG_FROM:
        base = {"AAPL": 0.27, "IBM": 0.34, "MSFT": 0.33}
    elif day < FB_FROM:
        base = {"AAPL": 0.25, "GOOG": 0.17, "IBM": 0.26, "MSFT": 0.26}
    else:
        base = {"AAPL": 0.24, "FB": 0.05, "GOOG": 0.17, "IBM": 0.24, "MSFT": 0.24}
    quarter = (day.month - 1) // 3
    tilts = {ticker: chance(portfolio_id, day.year, quarter, ticker) - 0.5 for ticker in base}
    mean = sum(tilts.values()) / len(tilts)
    return {
        ticker: Decimal(f"{weight * (1 + 0.2 * (tilts[ticker] - mean)):.6f}")
        for ticker, weight in base.items()
    }


class EquityBook:
    """Holds US stocks; with base currency EUR, converts what comes in and goes out."""

    def __init__(self, ledger: Ledger, market: Market, base_currency: str) -> None:
        self.ledger = ledger
        self.market = market
        self.base_currency = base_currency
        self._weighted: dict[str, Decimal] = {}

    def entitle(self, day: date) -> None:
        """Book splits and dividends on what was held at the close before the ex-date."""
        for ticker, ratio in self.market.splits.get(day, {}).items():
            if units := self.ledger.units[f"EQ_{ticker}"]:
                self.ledger.post(day, Movement(f"EQ_{ticker}", "split", units * (ratio - 1), ZERO))
        for ticker, amount in self.market.dividends.get(day, {}).items():
            if units := self.ledger.units[f"EQ_{ticker}"]:
                self.ledger.post(day, Movement(f"EQ_{ticker}", "dividend", ZERO, cents(units * amount)))

    def value(self, day: date, prices: dict[str, dict[date, Decimal]]) -> Decimal:
        """Net asset value in US dollars."""
        total = self.ledger.units["CASH_USD"] + self.ledger.units["CASH_EUR"] * self.market.usd_per_eur[day]
        for instrument_id in self.ledger.held("EQ_"):
            total += self.ledger.units[instrument_id] * prices[instrument_id[3:]][day]
        return total

    def nav(self, day: date) -> Decimal:
        """Net asset value at the close in the base currency."""
        usd = self.value(day, self.market.close)
        return usd if self.base_currency == "USD" else usd / self.market.usd_per_eur[day]

    def trade(self, day: date, *, rebalance: bool) -> None:
        """Trade to the target weights when asked to, or when the list of stocks changes."""
        weights = targets(self.ledger.portfolio_id, day)
        if not rebalance and weights.keys() == self._weighted.keys():
            return
        self._weighted = weights
        nav = self.value(day, self.market.typical)
        orders = {ticker: self._order(day, ticker, weight, nav) for ticker, weight in weights.items()}
        for ticker, quantity in sorted(orders.items(), key=lambda order: (order[1], order[0])):
            if quantity:
                self._trade_stock(day, ticker, quantity)
        if self.base_currency == "EUR":
            self._convert(day, nav)

    def _order(self, day: date, ticker: str, weight: Decimal, nav: Decimal) -> Decimal:
        price = self.market.typical[ticker][day]
        wanted = (nav * weight / price / LOT).to_integral_value(rounding=ROUND_DOWN) * LOT
        change = wanted - self.ledger.units[f"EQ_{ticker}"]
        return change if abs(change * price) > nav * LEAST_TRADE else ZERO

    def _trade_stock(self, day: date, ticker: str, quantity: Decimal) -> None:
        price = self.market.typical[ticker][day]
        fees = max(LEAST_FEE, cents(abs(quantity) * FEE_PER_SHARE))
        self.ledger.post(
            day,
            Movement(
                instrument_id=f"EQ_{ticker}",
                kind="buy" if quantity > 0 else "sell",
                quantity=quantity,
                net=cents(-quantity * price) - fees,
                price=price,
                fees=fees,
                settle_sessions=SETTLE_STOCK,
            ),
        )

    def _convert(self, day: date, nav: Decimal) -> None:
        rate = self.market.usd_per_eur[day]
        excess = self.ledger.units["CASH_EUR"] - CASH_EUR_TARGET * nav / rate
        quantity = -(excess / 1000).quantize(Decimal(1)) * 1000
        if abs(quantity) * rate < nav * LEAST_CONVERSION:
            return
        self.ledger.post(
            day,
            Movement(
                instrument_id="CASH_EUR",
                kind="buy" if quantity > 0 else "sell",
                quantity=quantity,
                net=cents(-quantity * rate),
                price=rate,
                settle_sessions=SETTLE_FX,
            ),
        )
