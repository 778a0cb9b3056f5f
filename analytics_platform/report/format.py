"""How numbers, dates and words are written for readers. A missing value is an en dash, never 0."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
THIN = "\N{THIN SPACE}"

Number = float | Decimal
Kind = Literal["money", "percent", "share"]

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_UNITS = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"), (1.0, ""))
_MAX_PLACES = 6


def is_missing(value: Number | None) -> bool:
    """Whether there is no number to show: None, NaN or infinite."""
    return value is None or not math.isfinite(value)


def _written(value: Number, places: int, suffix: str, *, signed: bool) -> str:
    body = f"{abs(value):,.{places}f}".replace(",", THIN)
    if not body.strip("0." + THIN):
        return body + suffix
    sign = MINUS if value < 0 else "+" if signed else ""
    return sign + body + suffix


def money(value: Number | None, *, places: int = 0, signed: bool = False) -> str:
    """Amount with thin spaces between thousands.

    Examples
    --------
    >>> money(-1234567.8).replace(THIN, "_").replace(MINUS, "~")
    '~1_234_568'
    >>> money(None) == DASH
    True
    """
    if value is None or is_missing(value):
        return DASH
    return _written(value, places, "", signed=signed)


def percent(rate: Number | None, *, places: int = 2, signed: bool = False) -> str:
    """Rate as per cent.

    Examples
    --------
    >>> percent(0.01234), percent(0.01234, places=1, signed=True)
    ('1.23%', '+1.2%')
    """
    if rate is None or is_missing(rate):
        return DASH
    return _written(rate * 100, places, "%", signed=signed)


def price(value: Number | None) -> str:
    """Price with 2 places, 4 below 1.

    Examples
    --------
    >>> price(430.47), price(0.0625)
    ('430.47', '0.0625')
    """
    is_small = value is not None and 0.0 < abs(float(value)) < 1.0
    return money(value, places=4 if is_small else 2)


def quantity(value: Number | None) -> str:
    """Quantity with 2 to 4 places, or none if it is whole.

    Examples
    --------
    >>> quantity(400.0), quantity(0.5), quantity(0.125)
    ('400', '0.50', '0.125')
    """
    text = money(value, places=4)
    whole, point, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}{point}{decimals:0<2}" if decimals else whole


def compact(value: Number | None, *, signed: bool = False) -> str:
    """Amount in thousands, millions or more with 3 digits.

    Examples
    --------
    >>> compact(1_234_567), compact(95_000), compact(12.0)
    ('1.23m', '95.0k', '12')
    """
    if value is None or is_missing(value):
        return DASH
    unit, suffix = next(((u, s) for u, s in _UNITS if abs(float(value)) >= u), (1.0, ""))
    scaled = float(value) / unit
    digits = len(str(int(abs(scaled))))
    places = 0 if unit == 1.0 and scaled == int(scaled) else max(0, 3 - digits)
    return _written(scaled, places, suffix, signed=signed)


def tick_labels(ticks: Sequence[float], kind: Kind) -> list[str]:
    """Labels of an axis: one unit for all ticks, and just as many places as tell them apart.

    Examples
    --------
    >>> tick_labels([0.0, 500_000.0, 1_000_000.0], "money")
    ['0', '0.5m', '1.0m']
    >>> tick_labels([0.0, 0.01, 0.02], "percent")
    ['0%', '1%', '2%']
    """
    largest = max((abs(tick) for tick in ticks), default=0.0)
    unit, suffix = next(((u, s) for u, s in _UNITS if largest >= u), (1.0, ""))
    if kind != "money":
        unit, suffix = 0.01, "%"
    scaled = [tick / unit for tick in ticks]
    places = next(
        (p for p in range(_MAX_PLACES) if all(math.isclose(round(s, p), s, abs_tol=1e-9) for s in scaled)),
        _MAX_PLACES,
    )
    is_bare = kind == "money"
    return [
        "0" if is_bare and tick == 0 else _written(s, places, suffix, signed=False)
        for tick, s in zip(ticks, scaled, strict=True)
    ]


def day(value: date | None) -> str:
    """Date in words.

    Examples
    --------
    >>> day(date(2013, 3, 1))
    '1 March 2013'
    """
    return DASH if value is None else f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def weekday(value: date) -> str:
    """Date in words with the day of the week.

    Examples
    --------
    >>> weekday(date(2013, 3, 1))
    'Friday 1 March 2013'
    """
    return f"{_DAYS[value.weekday()]} {day(value)}"


def month(value: date) -> str:
    """Month in three letters.

    Examples
    --------
    >>> month(date(2013, 3, 1))
    'Mar'
    """
    return _MONTHS[value.month - 1][:3]


def moment(value: datetime | None) -> str:
    """Time in UTC to the minute; a time without a zone is UTC.

    Examples
    --------
    >>> moment(datetime(2013, 3, 1, 22, 5, tzinfo=UTC))
    '2013-03-01 22:05 UTC'
    """
    if value is None:
        return DASH
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M} UTC"


def words(name: str | None) -> str:
    """Name of a code for readers; codes in capitals stay as they are.

    Examples
    --------
    >>> words("asset_class"), words("US"), words("")
    ('Asset class', 'US', 'Not classified')
    """
    if not name:
        return "Not classified"
    text = (name[0].upper() + name[1:]).replace("_", " ")
    return text.replace("Fx ", "FX ")
