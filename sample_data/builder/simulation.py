"""Lets the four portfolios live from session to session and keeps what they leave behind."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from sample_data.builder.bond_book import BondBook
from sample_data.builder.equity_books import EquityBook
from sample_data.builder.flows import PlannedFlow, plan_flows
from sample_data.builder.ledger import ZERO, Ledger, Movement, cents
from sample_data.builder.market import Market
from sample_data.builder.option_book import OptionBook

FIRST_AMOUNTS = {
    "EQ_US": Decimal(50_000_000),
    "EQ_EUR": Decimal(20_000_000),
    "UST_LADDER": Decimal(80_000_000),
    "OPT_OVERLAY": Decimal(5_000_000),
}
"""First subscription in the base currency; later flows lead back towards it."""


class Book(Protocol):
    """What a portfolio does in a session."""

    ledger: Ledger
    base_currency: str

    def entitle(self, day: date) -> None:
        """Book what falls due without a trade."""

    def trade(self, day: date, *, rebalance: bool) -> None:
        """Trade."""

    def nav(self, day: date) -> Decimal:
        """Net asset value at the close in the base currency."""


@dataclass(frozen=True)
class Sample:
    """The four portfolios after their last session, and the market they lived in."""

    market: Market
    equities: tuple[EquityBook, EquityBook]
    bonds: BondBook
    options: OptionBook

    @property
    def ledgers(self) -> list[Ledger]:
        """Books of all portfolios."""
        return [*(book.ledger for book in self.equities), self.bonds.ledger, self.options.ledger]


class Interest:
    """Interest on US dollars at a quarter of a per cent under the three-month yield, paid once a month."""

    def __init__(self, ledger: Ledger, market: Market) -> None:
        self.ledger = ledger
        self.market = market
        self._earned = ZERO

    def accrue(self, before: date, day: date) -> None:
        """Earn interest on the balance of the session before."""
        rate = max(self.market.curves[before].par_rate(0.25) - 0.0025, 0.0)
        balance = self.ledger.units["CASH_USD"]
        self._earned += balance * Decimal(f"{rate:.6f}") * (day - before).days / 360
        if day.month != self.market.session_on_or_after(date.fromordinal(day.toordinal() + 1)).month:
            amount = cents(self._earned)
            self._earned = ZERO
            if amount:
                self.ledger.post(day, Movement("CASH_USD", "interest", ZERO, amount))


def run(book: Book, market: Market) -> None:
    """Let one portfolio live through all sessions.

    Money of the start of a day, and money to be paid out, is there before the trades of the day; money
    that comes in at the end of a day is invested in the next session.
    """
    ledger = book.ledger
    target = FIRST_AMOUNTS[ledger.portfolio_id]
    plan = plan_flows(ledger.portfolio_id, market.sessions, target)
    interest = Interest(ledger, market)
    quarter, invest, nav = -1, False, ZERO
    for before, day in zip([market.sessions[0], *market.sessions], market.sessions, strict=False):
        book.entitle(day)
        interest.accrue(before, day)
        flow = plan.get(day, PlannedFlow("none", 0.0, ZERO))
        amount = flow.amount(target, nav)
        late = flow.timing == "end_of_day" and amount > 0
        if amount and not late:
            ledger.flow(day, amount, book.base_currency, flow.timing)
        new_quarter = (day.month - 1) // 3
        book.trade(day, rebalance=invest or new_quarter != quarter or bool(amount and not late))
        if late:
            ledger.flow(day, amount, book.base_currency, flow.timing)
        quarter, invest, nav = new_quarter, late, book.nav(day)
        ledger.close(day)


def simulate(market: Market) -> Sample:
    """Let all portfolios live through all sessions."""
    equities = (
        EquityBook(Ledger("EQ_US", market), market, "USD"),
        EquityBook(Ledger("EQ_EUR", market), market, "EUR"),
    )
    sample = Sample(
        market=market,
        equities=equities,
        bonds=BondBook(Ledger("UST_LADDER", market), market),
        options=OptionBook(Ledger("OPT_OVERLAY", market), market),
    )
    for book in (*sample.equities, sample.bonds, sample.options):
        run(book, market)
    return sample
