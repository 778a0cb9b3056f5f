"""JSON lines as rows of text: one flat object a line, numbers exactly as they are written."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal

import polars as pl

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused, refusal, shown
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.guards.unpacking import unpacked
from analytics_platform.ingestion.readers.sheet import (
    ROW_NUMBER,
    SheetText,
    cell,
    no_faults,
    with_checked_headers,
)

_LONGEST_LINE = 1 << 20
_MOST_KEYS = 5_000
_MOST_DIGITS = 400
"""A number whose exponent would need more digits than this stays as it is written, and is no number then."""


class _BadLineError(ValueError):
    """What is wrong in one line; the arguments are the key, the value and the message."""


def read_json_lines(raw: bytes, name: DeliveryName, dialect: Dialect, limits: Limits) -> SheetText:
    """All objects of a JSON lines file; the row number is the line.

    The headers are the keys, in the order in which they are first seen. A key that a line lacks, and null,
    are empty cells. An empty line is an empty row.

    Raises
    ------
    DeliveryRefused
        If the bytes cannot be unpacked or are not UTF-8, or a line is no flat object.
    """
    if name.extension == "jsonl.gz":
        raw = unpacked(raw, name, limits)
    read_line = _line_reader(dialect)
    columns: dict[str, list[str]] = {}
    count = 0
    for number, line in _lines(raw, name):
        for key, text in _object(line, number, read_line, name).items():
            column = columns.setdefault(key, [])
            column.extend([""] * (count - len(column)))
            column.append(text)
        count += 1
        if len(columns) > _MOST_KEYS or count * len(columns) > limits.max_cells:
            message = f"the file has over {_MOST_KEYS:,} different keys or {limits.max_cells:,} cells"
            raise refusal(str(name), message, "Split it into several deliveries", row=number)
    if not columns:
        raise refusal(str(name), "there is no object in the file", "Check that the export was finished")
    texts = [
        pl.Series(cell(place), [*column, *[""] * (count - len(column))], dtype=pl.String)
        for place, column in enumerate(columns.values())
    ]
    numbers = pl.int_range(1, count + 1, dtype=pl.Int64, eager=True).alias(ROW_NUMBER)
    return with_checked_headers(SheetText(tuple(columns), pl.DataFrame([numbers, *texts]), no_faults()), name)


def _lines(raw: bytes, name: DeliveryName) -> Iterator[tuple[int, str]]:
    start, number = 3 if raw.startswith(b"\xef\xbb\xbf") else 0, 0
    while start < len(raw):
        number += 1
        end = raw.find(b"\n", start, start + _LONGEST_LINE)
        if end < 0 and len(raw) - start > _LONGEST_LINE:
            message = f"the line is longer than {_LONGEST_LINE:,} bytes"
            raise refusal(str(name), message, "Write one flat object a line", row=number)
        end = len(raw) if end < 0 else end
        try:
            yield number, raw[start:end].decode()
        except UnicodeDecodeError as error:
            raise refusal(
                str(name),
                f"the text is not utf-8: {error.reason} at byte {start + error.start + 1:,} of the file",
                "Save it as UTF-8, as JSON must be",
                row=number,
            ) from error
        start = end + 1


def _object(line: str, number: int, read_line: Callable[[str], object], name: DeliveryName) -> dict[str, str]:
    """Texts of one object by key; empty for an empty line."""
    if not line.strip():
        return {}
    try:
        found = read_line(line)
    except _BadLineError as error:
        raise _refused(name, number, *error.args) from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise refusal(
            str(name),
            f"the line is no JSON: {error}",
            "Write one flat object a line, without a list or commas around them",
            row=number,
            value=line,
        ) from error
    if not isinstance(found, dict):
        raise refusal(
            str(name),
            "the line is no object with keys",
            "Write one flat object a line, without a list or commas around them",
            row=number,
            value=line,
        )
    return found


def _refused(name: DeliveryName, number: int, key: str, value: str, message: str) -> DeliveryRefused:
    return refusal(
        str(name), message, "Write each key once, with a plain value", row=number, column=key, value=value
    )


def _line_reader(dialect: Dialect) -> Callable[[str], object]:
    """Reader of one line, that gives flat objects as dict of text."""

    class Number(str):
        """A number as it is written, so that it is told from a text."""

        __slots__ = ()

    def text(key: str, value: object) -> str:
        if isinstance(value, Number):
            return _number_text(value, dialect)
        if isinstance(value, str):
            return value
        if value is None:
            return ""
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        raise _BadLineError(
            key, shown(str(value)), "the value is a list or an object, which is no plain value"
        )

    def flat(pairs: list[tuple[str, object]]) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in pairs:
            if key in found:
                raise _BadLineError(key, str(value), "the key is there twice in one object")
            found[key] = text(key, value)
        return found

    def no_constant(word: str) -> object:
        raise _BadLineError(None, word, "NaN and Infinity are no JSON numbers")

    return json.JSONDecoder(
        object_pairs_hook=flat, parse_int=Number, parse_float=Number, parse_constant=no_constant
    ).decode


def _number_text(number: str, dialect: Dialect) -> str:
    """Write a number without exponent, in the notation of the sender."""
    text = str(number)
    if "e" in text or "E" in text:
        value = Decimal(text)
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and abs(exponent) <= _MOST_DIGITS:
            text = format(value, "f")
    return text if dialect.decimal_mark == "." else text.replace(".", dialect.decimal_mark)
