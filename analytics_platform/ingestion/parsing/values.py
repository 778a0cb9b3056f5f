"""Text to typed values of one column: what does not fit exactly is a fault, never a guess or a null."""

import re
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

import dataframely as dy
import polars as pl

from analytics_platform.ingestion.dialects.dates import to_dates
from analytics_platform.ingestion.dialects.dialect import Dialect

_WIDE = pl.Decimal(38, 20)
_MAX_NOISE = 1e-12
_MOST = Decimal(10**12)
_SHEET_ERRORS = (
    "#N/A",
    "#DIV/0!",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "#GETTING_DATA",
    "#SPILL!",
    "#CALC!",
    "#ERROR",
)


class Fault(NamedTuple):
    """Rows that share one fault: a Boolean series (null counts as false), what is wrong, and the cure."""

    is_fault: pl.Series
    message: str
    cure: str


@dataclass(frozen=True)
class Parsed:
    """Typed values of one column, and its faults; a faulty value may be null or anything.

    Attributes
    ----------
    values : Series
        In the type of the table's column.
    faults : tuple of Fault
        At most one is true for each row.
    """

    values: pl.Series
    faults: tuple[Fault, ...]


def parse_values(text: pl.Series, name: str, column: dy.Column, dialect: Dialect) -> Parsed:
    """Parse the cells of one column.

    Parameters
    ----------
    text : Series of String
        Trimmed cells; null where there is no value.
    name : str
        Column of the table.
    column : dy.Column
        Its definition.
    dialect : Dialect
        How the sender writes.

    Returns
    -------
    Parsed
        Values of type ``column.dtype`` and the faults of the cells: errors of a spreadsheet, cells that
        are not of the type, and values that the column does not allow.

    Raises
    ------
    TypeError
        If a delivered table has a column of a type that no file can hold.
    """
    errors = text.is_in(_SHEET_ERRORS)
    if errors.any():
        text = text.set(errors, None)
    if isinstance(column, dy.Decimal):
        factor = dialect.scale.get(name)
        values, faults = _decimals(
            text,
            dialect,
            is_percent=name in dialect.percent,
            factor=None if factor is None else Decimal(factor),
        )
    elif column.dtype.is_integer():
        values, faults = _integers(text, dialect)
    elif isinstance(column, dy.Date):
        values, faults = _dates(text, dialect)
    elif isinstance(column, dy.String):
        values, faults = _words(text, dialect.words.get(name, {})), []
    else:
        message = f"column {name} is of type {column.dtype}, which no file can hold"
        raise TypeError(message)
    faults.append(Fault(errors, "the cell is an error of a spreadsheet", "Correct the formula"))
    return Parsed(values, tuple(faults + _not_allowed(values, column, faults)))


def _decimals(
    text: pl.Series, dialect: Dialect, *, is_percent: bool, factor: Decimal | None
) -> tuple[pl.Series, list[Fault]]:
    if is_percent:
        text = text.str.strip_suffix("%").str.strip_chars_end()
    number, is_number = _normalised(text, dialect)
    is_plain = number.str.contains(r"^[+-]?[0-9]{1,12}(\.[0-9]{1,8})?$").fill_null(value=True)
    if not is_percent and factor is None and is_plain.all():
        return number.cast(pl.Decimal(20, 8)), [_no_number(~is_number, dialect)]
    too_large = is_number & ~number.str.contains(r"^[+-]?0*[0-9]{0,12}(\.[0-9]*)?$")
    wide = number.set(~is_number | too_large, None).str.slice(0, 60).cast(_WIDE, strict=False)
    if is_percent:
        wide = (wide.to_frame("x").select(pl.col("x") / 100))["x"].cast(_WIDE)
    if factor is not None:
        wide, grown = _scaled(wide, factor)
        too_large |= grown
    rounded = wide.round(8)
    exact, kept = wide.cast(pl.Float64), rounded.cast(pl.Float64)
    too_fine = (wide != rounded) & ((exact - kept).abs() >= _MAX_NOISE * exact.abs())
    message = f"the number has more than {6 if is_percent else 8} decimals"
    return rounded.cast(pl.Decimal(20, 8)), [
        _no_number(~is_number, dialect),
        Fault(too_large, "the number has more than 12 digits before the decimal mark", "Check the unit"),
        Fault(
            too_fine,
            message if factor is None else f"{message} after it is multiplied by {factor}",
            "Round it, so that what is kept is what was sent",
        ),
    ]


def _scaled(wide: pl.Series, factor: Decimal) -> tuple[pl.Series, pl.Series]:
    """Numbers times a factor, exactly, null where that is too large; and where it is."""
    most = _MOST / factor
    grown = (wide.abs() >= min(most, _MOST).to_integral_value(ROUND_FLOOR)).fill_null(value=False)
    product = wide.set(grown, None).to_frame("x").select(pl.col("x") * pl.lit(factor, pl.Decimal(38, 8)))["x"]
    return product.cast(_WIDE), grown


def _normalised(text: pl.Series, dialect: Dialect) -> tuple[pl.Series, pl.Series]:
    """Numbers with a point and without thousands marks, and whether each text is a number at all."""
    mark, thousands = re.escape(dialect.decimal_mark), re.escape(dialect.thousands_mark)
    whole = rf"([0-9]+|[0-9]{{1,3}}({thousands}[0-9]{{3}})+)" if thousands else "[0-9]+"
    is_number = text.str.contains(rf"^[+-]?({whole}({mark}[0-9]+)?|{mark}[0-9]+)$").fill_null(value=True)
    number = text.set(~is_number, None) if not is_number.all() else text
    if thousands:
        number = number.str.replace_all(dialect.thousands_mark, "", literal=True)
    if dialect.decimal_mark != ".":
        number = number.str.replace(dialect.decimal_mark, ".", literal=True)
    return number, is_number


def _no_number(is_fault: pl.Series, dialect: Dialect) -> Fault:
    thousands = f" and thousands mark '{dialect.thousands_mark}'" if dialect.thousands_mark else ""
    return Fault(
        is_fault,
        f"this is not a number with decimal mark '{dialect.decimal_mark}'{thousands}",
        "Correct the cell, or the marks, null_words and percent in the dialect",
    )


def _integers(text: pl.Series, dialect: Dialect) -> tuple[pl.Series, list[Fault]]:
    number, is_number = _normalised(text, dialect)
    is_whole = is_number & number.str.contains(r"^[+-]?[0-9]{1,18}$").fill_null(value=True)
    values = number.set(~is_whole, None).str.strip_prefix("+").cast(pl.Int64)
    return values, [Fault(~is_whole, "this is not a whole number", "Correct the cell")]


def _dates(text: pl.Series, dialect: Dialect) -> tuple[pl.Series, list[Fault]]:
    values = to_dates(text, dialect)
    return values, [
        Fault(
            text.is_not_null() & values.is_null(),
            f"this is not a date of the form {dialect.date_forms}",
            "Correct the cell, or date_format in the dialect",
        )
    ]


def _words(text: pl.Series, words: dict[str, str]) -> pl.Series:
    if not words:
        return text
    return text.replace(list(words), list(words.values()))


def _not_allowed(values: pl.Series, column: dy.Column, faults: list[Fault]) -> list[Fault]:
    """Faults by the rules of the column, in the rows that have no fault yet."""
    clean = pl.repeat(value=True, n=len(values), eager=True)
    for fault in faults:
        clean &= ~fault.is_fault.fill_null(value=False)
    rules = column.validation_rules(pl.col("value"))
    kept = values.alias("value").to_frame().select(rule.alias(name) for name, rule in rules.items())
    return [
        Fault(clean & ~kept[name].fill_null(value=name != "nullability"), _message(name, column), _cure(name))
        for name in kept.columns
    ]


def _message(rule: str, column: dy.Column) -> str:
    if rule == "nullability":
        return "the cell is empty and the column must not be"
    if rule == "regex" and column.metadata and "words" in column.metadata:
        return f"this is not one of {', '.join(column.metadata['words'])}"
    limits = {
        "min": "less than {}",
        "max": "greater than {}",
        "min_exclusive": "not greater than {}",
        "max_exclusive": "not less than {}",
        "min_length": "shorter than {} bytes",
        "max_length": "longer than {} bytes",
        "regex": "not of the form {}",
    }
    limit = getattr(column, rule, "")
    return f"the value is {limits.get(rule, 'against the rule ' + rule).format(limit)}"


def _cure(rule: str) -> str:
    if rule == "nullability":
        return "Fill it in"
    return "Correct the cell, or map the word in the dialect" if rule == "regex" else "Correct the cell"
