"""Numbers that a file states about itself, as exact decimals, and how near they must come to the truth."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal

from analytics_platform.ingestion.dialects.dialect import Dialect

_CONTEXT = Context(prec=60)
_SPREADSHEET_DIGITS = 15
_FLOAT_NOISE = Decimal(2) ** -46
"""Share of the gross sum that a spreadsheet's own binary addition may lose."""


@dataclass
class RunningSum:
    """Sum of one column so far.

    Attributes
    ----------
    value, gross : Decimal
        Sum of the values, and of their absolute values.
    without_value : int
        Records whose cell is empty or cannot be read.
    """

    value: Decimal = Decimal(0)
    gross: Decimal = Decimal(0)
    without_value: int = 0

    def add(self, other: "RunningSum") -> None:
        """Add another sum to this one."""
        self.value = _CONTEXT.add(self.value, other.value)
        self.gross = _CONTEXT.add(self.gross, other.gross)
        self.without_value += other.without_value

    def agrees_with(self, stated: Decimal, *, is_spreadsheet: bool) -> bool:
        """Tell whether a stated sum is this one.

        Exactly so; but a spreadsheet that states more than 15 digits has added binary numbers, and is
        believed as far as such an addition can be.
        """
        if stated == self.value:
            return True
        noisy = is_spreadsheet and len(stated.normalize(_CONTEXT).as_tuple().digits) > _SPREADSHEET_DIGITS
        return noisy and abs(stated - self.value) <= self.gross * _FLOAT_NOISE


def stated_number(text: str, column: str, dialect: Dialect) -> Decimal | None:
    """Read a number in the notation of the sender, in the units of the table; None if it is none.

    Examples
    --------
    >>> stated_number("1.234,50", "quantity", Dialect(decimal_mark=",", thousands_mark="."))
    Decimal('1234.50')
    """
    number = text.strip()
    if column in dialect.percent:
        number = number.removesuffix("%").rstrip()
    mark, thousands = re.escape(dialect.decimal_mark), _thousands(dialect.thousands_mark)
    whole = rf"([0-9]+|[0-9]{{1,3}}({thousands}[0-9]{{3}})+)" if thousands else "[0-9]+"
    if not re.fullmatch(rf"[+-]?({whole}({mark}[0-9]+)?|{mark}[0-9]+)", number, re.ASCII):
        return None
    plain = re.sub(thousands, "", number) if thousands else number
    value = Decimal(plain.replace(dialect.decimal_mark, "."))
    if column in dialect.percent:
        value = _CONTEXT.divide(value, Decimal(100))
    return _CONTEXT.multiply(value, Decimal(dialect.scale.get(column, "1")))


def _thousands(mark: str) -> str:
    return "[ \u00a0\u202f\u2009]" if mark == " " else re.escape(mark)


def plain(value: Decimal) -> str:
    """Text of a number without exponent and without zeros at its end.

    Examples
    --------
    >>> plain(Decimal("1234.50000000")), plain(Decimal("0E-8"))
    ('1234.5', '0')
    """
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
