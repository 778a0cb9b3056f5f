"""What a dialect says of a table, held against the columns that it has; and faults as sentences."""

import difflib
from collections.abc import Iterable, Mapping

import dataframely as dy
from pydantic_core import ErrorDetails

from analytics_platform.tables.contract import Table


def unknown_columns(table: Table, named: Mapping[str, Iterable[str]]) -> list[str]:
    """Tell the names that are no columns of a table, by the key that names them."""
    return [
        f"{key}: '{name}' is not a column of {table.name}; {_hint(table, name)}"
        for key, names in named.items()
        for name in names
        if name not in table.columns
    ]


def _hint(table: Table, name: str) -> str:
    close = difflib.get_close_matches(name, table.columns, n=1)
    return f"did you mean '{close[0]}'?" if close else f"it has {', '.join(table.columns)}"


def no_decimals(table: Table, named: Mapping[str, Iterable[str]]) -> list[str]:
    """Tell the columns that are no decimal numbers, by the key that needs such."""
    schema = table.schema.columns()
    return [
        f"{key}: '{name}' is no decimal number"
        for key, names in named.items()
        for name in names
        if name in schema and not isinstance(schema[name], dy.Decimal)
    ]


def given_twice(names: Iterable[str]) -> list[str]:
    """Tell the columns that several keys fill."""
    listed = list(names)
    return [f"'{name}' is given twice" for name in sorted({one for one in listed if listed.count(one) > 1})]


def explained(detail: ErrorDetails, keys: Iterable[str]) -> str:
    """Tell what pydantic found as a sentence that names the key."""
    key = ".".join(str(part) for part in detail["loc"]) or "all keys together"
    if detail["type"] == "extra_forbidden":
        close = difflib.get_close_matches(str(detail["loc"][-1]), list(keys), n=1)
        return f"'{key}' is not a key" + (f"; did you mean '{close[0]}'?" if close else "")
    told = f"'{key}': {detail['msg'].removeprefix('Value error, ')}"
    return told if isinstance(detail["input"], dict) else f"{told}, not {detail['input']!r}"
