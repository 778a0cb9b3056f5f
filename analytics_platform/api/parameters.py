"""Query parameters: what each may hold, and a query string read against them. No route, no table."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NoReturn
from urllib.parse import parse_qsl

from analytics_platform.api.problems import Problem
from analytics_platform.calendars.moments import MomentError, parse_moment

LONGEST_TEXT = 200
MOST_VALUES = 100

Kind = Literal["date", "moment", "text", "number", "boolean", "integer"]
Value = date | datetime | str | float | bool | int

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INTEGER = re.compile(r"\d{1,9}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_SCHEMAS: Mapping[Kind, dict[str, object]] = {
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "text": {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
}


@dataclass(frozen=True)
class Parameter:
    """One query parameter.

    Attributes
    ----------
    name : str
        As it stands in the query.
    kind : str
        What its text must be.
    description : str
        For readers.
    example : str
        A text that is accepted.
    is_required, is_repeatable : bool
        Whether it must be there, and may be there more than once.
    limits : (int, int), optional
        Least and greatest value of an integer.
    words : tuple of str
        The only texts that are accepted; any if empty.
    """

    name: str
    kind: Kind
    description: str
    example: str = ""
    is_required: bool = False
    is_repeatable: bool = False
    limits: tuple[int, int] | None = None
    words: tuple[str, ...] = ()

    def read(self, text: str) -> Value:
        """Return the value of a text.

        Raises
        ------
        Problem
            If it is not of the kind.
        """
        if not 0 < len(text) <= LONGEST_TEXT:
            self._refuse(f"has between 1 and {LONGEST_TEXT} characters")
        if self.words and text not in self.words:
            self._refuse(f"is one of {', '.join(self.words)}, not {text!r}")
        match self.kind:
            case "date":
                return self._date(text)
            case "moment":
                return self._moment(text)
            case "integer":
                return self._integer(text)
            case "number":
                return self._number(text)
            case "boolean":
                return self._boolean(text)
            case "text":
                return text

    def documented(self) -> dict[str, object]:
        """Return it as OpenAPI describes parameters."""
        schema = dict(_SCHEMAS[self.kind])
        if self.limits:
            schema |= {"minimum": self.limits[0], "maximum": self.limits[1]}
        if self.words:
            schema = {"type": "string", "enum": list(self.words)}
        if self.is_repeatable:
            schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": MOST_VALUES}
        told: dict[str, object] = {"name": self.name, "in": "query", "required": self.is_required}
        told |= {"description": self.description, "schema": schema}
        if self.example:
            example = self.read(self.example)
            shown = self.example if isinstance(example, date) else example
            told["example"] = [shown] if self.is_repeatable else shown
        return told

    def _date(self, text: str) -> date:
        with suppress(ValueError):
            if _DATE.fullmatch(text):
                return date.fromisoformat(text)
        return self._refuse(f"{text!r} is no date of the calendar: write it as 2013-03-01")

    def _moment(self, text: str) -> datetime:
        try:
            return parse_moment(text)
        except MomentError as error:
            self._refuse(str(error))
        except OverflowError:
            self._refuse(f"{text!r} lies outside the years 1 to 9999 in UTC: give a moment inside")

    def _integer(self, text: str) -> int:
        if not _INTEGER.fullmatch(text):
            self._refuse(f"{text!r} is no whole number of at most nine digits")
        value = int(text)
        if self.limits and not self.limits[0] <= value <= self.limits[1]:
            self._refuse(f"lies between {self.limits[0]} and {self.limits[1]}, {text} does not")
        return value

    def _number(self, text: str) -> float:
        if not _NUMBER.fullmatch(text):
            self._refuse(f"{text!r} is no number: write it as 0.975")
        return float(text)

    def _boolean(self, text: str) -> bool:
        if text not in {"true", "false"}:
            self._refuse(f"is true or false, not {text!r}")
        return text == "true"

    def _refuse(self, what: str) -> NoReturn:
        raise Problem(422, f"{self.name}: {what}", self.name)


@dataclass(frozen=True)
class Query:
    """The values of a query string, by parameter."""

    values: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def date(self, name: str) -> date | None:
        """Return a date that is there at most once."""
        found = self.values.get(name, (None,))[0]
        return found if isinstance(found, date) else None

    def moment(self, name: str) -> datetime | None:
        """Return a moment that is there at most once."""
        found = self.values.get(name, (None,))[0]
        return found if isinstance(found, datetime) else None

    def text(self, name: str) -> str | None:
        """Return a text that is there at most once."""
        found = self.values.get(name, (None,))[0]
        return found if isinstance(found, str) else None

    def integer(self, name: str, default: int) -> int:
        """Return a whole number that is there at most once."""
        found = self.values.get(name, (default,))[0]
        return found if isinstance(found, int) else default


def read_query(query: bytes, parameters: Sequence[Parameter]) -> Query:
    """Read a query string; nothing in it is passed over.

    Raises
    ------
    Problem
        If a parameter is unknown, missing, repeated without being allowed to, or holds what it must not.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, list[Value]] = {}
    for name, text in _pairs(query):
        if name not in known:
            told = f"{name[:LONGEST_TEXT]!r} is no parameter here: there are {', '.join(known) or 'none'}"
            raise Problem(422, told, name[:LONGEST_TEXT])
        parameter = known[name]
        if name in values and not parameter.is_repeatable:
            raise Problem(422, f"{name}: is given more than once", name)
        values.setdefault(name, []).append(parameter.read(text))
    for parameter in parameters:
        if parameter.is_required and parameter.name not in values:
            raise Problem(422, f"{parameter.name}: is missing", parameter.name)
    return Query({name: tuple(found) for name, found in values.items()})


def read_range(query: Query) -> tuple[date, date] | None:
    """Return the range of dates that a query asks for, if it does.

    Raises
    ------
    Problem
        If it is reversed.
    """
    first, last = query.date("from_date"), query.date("to_date")
    if first is None and last is None:
        return None
    first, last = first or date.min, last or date.max
    if first > last:
        raise Problem(422, f"from_date {first} is after to_date {last}", "from_date")
    return first, last


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_VALUES)
    except ValueError as error:
        raise Problem(422, f"the query has more than {MOST_VALUES} values", "query") from error
