"""The option overlay: calls sold and puts bought on three stocks, rolled at quarterly expiries, and cash."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sample_data.builder.ledger import ZERO, Ledger, Movement, cents
from sample_data.builder.market import Market
from sample_data.builder.options import (
    MULTIPLIER,
    Contract,
    expiries,
    price,
    realised_volatility,
    round_strike,
)

FEE_PER_CONTRACT = Decimal(1)
LEAST_DAYS = 40
LEAST_DAYS_BEFORE_SPLIT = 10


@dataclass(frozen=True)
class Slot:
    """A kind of contract that the overlay always wants to have open.

    Attributes
    ----------
    sign : int
        1 to buy, -1 to sell.
    strike_ratio : Decimal
        Strike over spot price when it is opened.
    share : Decimal
        Value of the underlying shares over the net asset value when it is opened.
    """

    ticker: str
    option_type: str
    sign: int
    strike_ratio: Decimal
    share: Decimal


SLOTS = (
    Slot("AAPL", "call", -1, Decimal("1.10"), Decimal("0.20")),
    Slot("AAPL", "put", 1, Decimal("0.92"), Decimal("0.20")),
    Slot("IBM", "call", -1, Decimal("1.05"), Decimal("0.25")),
    Slot("MSFT", "put", 1, Decimal("0.97"), Decimal("0.25")),
)


class OptionBook:
    """Holds about four option contracts and cash."""

    base_currency = "USD"

    def __init__(self, ledger: Ledger, market: Market) -> None:
        self.ledger = ledger
        self.market = market
        self.contracts: dict[str, Contract] = {}
        self.opened: dict[str, date] = {}
        self.prices: dict[tuple[str, date], Decimal] = {}
        self._open: dict[Slot, Contract] = {}
        self._volatility = {ticker: realised_volatility(market, ticker) for ticker in ("AAPL", "IBM", "MSFT")}

    def entitle(self, day: date) -> None:
        """Settle the contracts that expire at this close; price the others."""
        for slot, contract in list(self._open.items()):
            if contract.expiry <= day:
                self._settle(day, contract)
                del self._open[slot]
            else:
                self._quote(day, contract)

    def _quote(self, day: date, contract: Contract) -> Decimal:
        spot = self.market.close[contract.ticker][day]
        realised = self._volatility[contract.ticker][day]
        quote = price(contract, day, spot, realised, self.market.curves[day])
        self.prices[contract.instrument_id, day] = quote
        return quote

    def _settle(self, day: date, contract: Contract) -> None:
        units = self.ledger.units[contract.instrument_id]
        payment = contract.intrinsic(self.market.close[contract.ticker][day])
        net = cents(units * MULTIPLIER * payment)
        self.ledger.post(
            day, Movement(contract.instrument_id, "expiry", -units, net, price=payment, settle_sessions=1)
        )

    def nav(self, day: date) -> Decimal:
        """Net asset value at the close in US dollars."""
        held = self.ledger.held("OPT_")
        options = sum((self.ledger.units[key] * MULTIPLIER * self.prices[key, day] for key in held), ZERO)
        return self.ledger.units["CASH_USD"] + options

    def trade(self, day: date, *, rebalance: bool) -> None:
        """Fill the empty slots; a rebalancing changes nothing, contracts run to their expiry."""
        del rebalance
        nav = self.nav(day)
        for slot in SLOTS:
            if slot not in self._open and (expiry := self._choose_expiry(day, slot.ticker)):
                self._fill(day, slot, expiry, nav)

    def _choose_expiry(self, day: date, ticker: str) -> date | None:
        split = min(
            (ex for ex, found in self.market.splits.items() if ticker in found and ex > day), default=None
        )
        quarterly = expiries(self.market, day, quarterly=True)
        expiry = next(each for each in quarterly if each >= day + timedelta(days=LEAST_DAYS))
        if split is None or expiry < split:
            return expiry
        earliest = day + timedelta(days=LEAST_DAYS_BEFORE_SPLIT)
        monthly = [each for each in expiries(self.market, day, quarterly=False) if earliest <= each < split]
        return monthly[-1] if monthly else None

    def _fill(self, day: date, slot: Slot, expiry: date, nav: Decimal) -> None:
        spot = self.market.close[slot.ticker][day]
        strike = round_strike(spot, slot.strike_ratio)
        contract = Contract(slot.ticker, slot.option_type, strike, expiry)
        units = slot.sign * (nav * slot.share / (spot * MULTIPLIER)).quantize(Decimal(1))
        quote, fees = self._quote(day, contract), abs(units) * FEE_PER_CONTRACT
        self._open[slot] = contract
        self.contracts[contract.instrument_id] = contract
        self.opened.setdefault(contract.instrument_id, day)
        self.ledger.post(
            day,
            Movement(
                instrument_id=contract.instrument_id,
                kind="buy" if units > 0 else "sell",
                quantity=units,
                net=cents(-units * MULTIPLIER * quote) - fees,
                price=quote,
                fees=fees,
                settle_sessions=1,
            ),
        )
