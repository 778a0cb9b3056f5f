"""Books of one portfolio: every movement changes units and cash at once, on the trade date."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sample_data.builder.market import Market

CENT = Decimal("0.01")
ZERO = Decimal(0)


def cents(amount: Decimal) -> Decimal:
    """Round money to two places, half to even."""
    return amount.quantize(CENT)


@dataclass(frozen=True)
class Movement:
    """What a strategy does with one instrument.

    Attributes
    ----------
    quantity : Decimal
        Signed change of units.
    net : Decimal
        Cash that moves, after fees, in `currency`; negative when the portfolio pays.
    accrued : Decimal
        Part of `net` that pays for accrued interest; it is no part of the book cost.
    settle_sessions : int
        Sessions from trade to settlement, as the row tells; the books move on the trade date.
    """

    instrument_id: str
    kind: str
    quantity: Decimal
    net: Decimal
    price: Decimal | None = None
    fees: Decimal = ZERO
    accrued: Decimal = ZERO
    currency: str = "USD"
    settle_sessions: int = 0


@dataclass(frozen=True)
class Transaction:
    """A row of the table `transactions`, in its column order."""

    trade_date: date
    transaction_id: str
    portfolio_id: str
    instrument_id: str
    transaction_type: str
    settle_date: date
    quantity: Decimal
    price_local: Decimal | None
    fees_local: Decimal
    net_amount_local: Decimal
    currency: str


@dataclass(frozen=True)
class Flow:
    """A row of the table `external_flows`, in its column order."""

    flow_date: date
    flow_id: str
    portfolio_id: str
    amount_local: Decimal
    currency: str
    timing: str


@dataclass(frozen=True)
class Position:
    """A row of the table `positions`, in its column order."""

    business_date: date
    portfolio_id: str
    instrument_id: str
    book: str
    quantity: Decimal
    cost_local: Decimal


@dataclass
class Ledger:
    """Units and book cost of a portfolio, and the records of how they came about."""

    portfolio_id: str
    market: Market
    units: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    cost: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    transactions: list[Transaction] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)

    def post(self, day: date, movement: Movement) -> None:
        """Record a movement and change units, cost and cash."""
        self._change_cost(movement)
        self.units[movement.instrument_id] += movement.quantity
        self.units[f"CASH_{movement.currency}"] += movement.net
        self.transactions.append(
            Transaction(
                trade_date=day,
                transaction_id=f"{self.portfolio_id}-{len(self.transactions) + 1:06d}",
                portfolio_id=self.portfolio_id,
                instrument_id=movement.instrument_id,
                transaction_type=movement.kind,
                settle_date=self.market.settle(day, movement.settle_sessions),
                quantity=movement.quantity,
                price_local=movement.price,
                fees_local=movement.fees,
                net_amount_local=movement.net,
                currency=movement.currency,
            )
        )

    def _change_cost(self, movement: Movement) -> None:
        held = self.units[movement.instrument_id]
        if movement.kind == "split" or not movement.quantity:
            return
        if held * movement.quantity >= 0:
            self.cost[movement.instrument_id] -= movement.net + movement.accrued
        else:
            released = self.cost[movement.instrument_id] * -movement.quantity / held
            self.cost[movement.instrument_id] -= cents(released)

    def flow(self, day: date, amount: Decimal, currency: str, timing: str) -> None:
        """Record money that the client puts in or takes out."""
        self.units[f"CASH_{currency}"] += amount
        flow_id = f"{self.portfolio_id}-F{len(self.flows) + 1:03d}"
        self.flows.append(Flow(day, flow_id, self.portfolio_id, amount, currency, timing))

    def close(self, day: date) -> None:
        """Record the positions held at the close; cash is held at book cost 1."""
        for instrument_id, quantity in sorted(self.units.items()):
            if quantity:
                cost = quantity if instrument_id.startswith("CASH_") else self.cost[instrument_id]
                row = Position(day, self.portfolio_id, instrument_id, "ibor", quantity, cost)
                self.positions.append(row)

    def held(self, prefix: str) -> list[str]:
        """Instruments with units, whose identifier starts so, sorted."""
        return sorted(key for key, quantity in self.units.items() if quantity and key.startswith(prefix))
