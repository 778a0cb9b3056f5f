"""The Treasury ladder: eight notes; each February one matures and a new one of eight years is bought."""

from datetime import date
from decimal import ROUND_DOWN, Decimal

from sample_data.builder.bonds import Note, issue
from sample_data.builder.ledger import ZERO, Ledger, Movement, cents
from sample_data.builder.market import Market

RUNGS = 8
FACE_STEP = Decimal(10_000)
HALF_SPREAD = Decimal("0.01")
FEE = Decimal(25)
CASH_TARGET = Decimal("0.01")
CASH_HIGH = Decimal("0.02")
CASH_LOW = Decimal("0.004")
FIRST_DATED = date(2002, 8, 15)


class BondBook:
    """Holds the ladder and keeps about one per cent in cash."""

    base_currency = "USD"

    def __init__(self, ledger: Ledger, market: Market) -> None:
        self.ledger = ledger
        self.market = market
        self.notes: dict[str, Note] = {}
        self.prices: dict[tuple[str, date], Decimal] = {}
        first_curve = market.curves[market.sessions[0]]
        for year in range(2003, 2003 + RUNGS):
            self._list(issue(FIRST_DATED, date(year, 2, 15), first_curve))

    def _list(self, note: Note) -> Note:
        self.notes[note.instrument_id] = note
        return note

    def live(self, day: date) -> list[Note]:
        """Return the notes not yet paid back at the close of the session, shortest first."""
        notes = [note for note in self.notes.values() if self.pay_date(note.maturity) > day]
        return sorted(notes, key=lambda note: note.maturity)

    def pay_date(self, day: date) -> date:
        """Coupon date, moved to the next session where it is none."""
        return self.market.session_on_or_after(day)

    def entitle(self, day: date) -> None:
        """Book coupons and redemptions that fall due, then price the notes that are left."""
        due = [each for each in (date(day.year, 2, 15), date(day.year, 8, 15)) if self.pay_date(each) == day]
        for coupon_date in due:
            for instrument_id in self.ledger.held("UST_"):
                self._pay(day, self.notes[instrument_id], coupon_date)
            if coupon_date.month == FIRST_DATED.month - 6:
                self._list(issue(coupon_date, date(day.year + RUNGS, 2, 15), self.market.curves[day]))
        for note in self.live(day):
            self.prices[note.instrument_id, day] = note.clean_price(day, self.market.curves[day])

    def _pay(self, day: date, note: Note, coupon_date: date) -> None:
        face = self.ledger.units[note.instrument_id]
        coupon = cents(face * note.half_coupon)
        self.ledger.post(day, Movement(note.instrument_id, "coupon", ZERO, coupon))
        if note.maturity == coupon_date:
            redemption = Movement(note.instrument_id, "redemption", -face, cents(face), price=Decimal(100))
            self.ledger.post(day, redemption)

    def dirty(self, note: Note, day: date) -> Decimal:
        """Price with accrued interest per 1 of face value."""
        return (self.prices[note.instrument_id, day] + note.accrued(day)) / 100

    def nav(self, day: date) -> Decimal:
        """Net asset value at the close in US dollars."""
        held = [self.notes[instrument_id] for instrument_id in self.ledger.held("UST_")]
        bonds = sum((self.ledger.units[note.instrument_id] * self.dirty(note, day) for note in held), ZERO)
        return self.ledger.units["CASH_USD"] + bonds

    def trade(self, day: date, *, rebalance: bool) -> None:
        """Buy the new note after a redemption; bring the notes level when asked to; invest spare cash."""
        nav, notes = self.nav(day), self.live(day)
        spare = self.ledger.units["CASH_USD"] - CASH_TARGET * nav
        missing = [note for note in notes if not self.ledger.units[note.instrument_id]]
        if len(missing) == 1:
            self._buy(day, missing[0], min(spare, nav / RUNGS))
        elif missing or (rebalance and not CASH_LOW * nav < spare + CASH_TARGET * nav < CASH_HIGH * nav):
            for note in notes:
                self._buy(day, note, spare / len(notes))

    def _buy(self, day: date, note: Note, amount: Decimal) -> None:
        clean = self.prices[note.instrument_id, day] + (HALF_SPREAD if amount > 0 else -HALF_SPREAD)
        dirty = (clean + note.accrued(day)) / 100
        face = (amount / dirty / FACE_STEP).to_integral_value(rounding=ROUND_DOWN) * FACE_STEP
        if not face:
            return
        accrued = cents(face * note.accrued(day) / 100)
        self.ledger.post(
            day,
            Movement(
                instrument_id=note.instrument_id,
                kind="buy" if face > 0 else "sell",
                quantity=face,
                net=-cents(face * clean / 100) - accrued - FEE,
                price=clean,
                fees=FEE,
                accrued=accrued,
            ),
        )
