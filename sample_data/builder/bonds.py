"""The sample's Treasury notes: terms, coupon dates, accrued interest and prices on the day's par curve."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

import numpy as np

from sample_data.builder.curve import Curve

PRICE_PLACES = Decimal("0.000001")
EIGHTH = Decimal("0.00125")
"""One eighth of a per cent: coupons are multiples of it."""


@dataclass(frozen=True)
class Note:
    """A Treasury note that pays on 15 February and 15 August; ours, no real issue.

    Attributes
    ----------
    coupon : Decimal
        Yearly coupon as a decimal.
    dated, maturity : date
        First day of accrual and day of redemption, both on a coupon date.
    """

    coupon: Decimal
    dated: date
    maturity: date

    @property
    def instrument_id(self) -> str:
        """Identifier, such as ``UST_4.625_2013-02-15``."""
        return f"UST_{self.coupon * 100:.3f}_{self.maturity}"

    @property
    def half_coupon(self) -> Decimal:
        """Coupon of one period for 1 of face value."""
        return self.coupon / 2

    def coupon_dates(self) -> list[date]:
        """All coupon dates after the dated date, ascending; the last one is the maturity."""
        dates = [
            date(year, month, 15)
            for year in range(self.dated.year, self.maturity.year + 1)
            for month in (2, 8)
        ]
        return [day for day in dates if self.dated < day <= self.maturity]

    def accrued(self, day: date) -> Decimal:
        """Accrued interest per 100 of face value, ACT/ACT ICMA."""
        dates = [self.dated, *self.coupon_dates()]
        start = max(coupon_date for coupon_date in dates if coupon_date <= day)
        end = min(coupon_date for coupon_date in dates if coupon_date > day)
        return 100 * self.half_coupon * (day - start).days / (end - start).days

    def clean_price(self, day: date, curve: Curve) -> Decimal:
        """Discounted payments less accrued interest, per 100 of face value."""
        dates = [coupon_date for coupon_date in self.coupon_dates() if coupon_date > day]
        years = np.array([(coupon_date - day).days / 365.25 for coupon_date in dates])
        payments = np.full(len(dates), 100 * float(self.half_coupon))
        payments[-1] += 100
        dirty = float(payments @ curve.discount(years))
        return (Decimal(dirty) - self.accrued(day)).quantize(PRICE_PLACES)


def issue(dated: date, maturity: date, curve: Curve) -> Note:
    """Note whose coupon is the par yield of the curve, rounded down to an eighth of a per cent."""
    rate = Decimal(curve.par_rate((maturity - dated).days / 365.25))
    eighths = (rate / EIGHTH).to_integral_value(rounding=ROUND_DOWN)
    return Note(max(eighths, Decimal(1)) * EIGHTH, dated, maturity)
