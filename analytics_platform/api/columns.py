"""What columns are: type, unit and description, from the contracts and the parsed dbt project. No rows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analytics_platform.api.endpoint import BASE, Endpoint
from analytics_platform.tables.registry import TABLES

UNITS = {
    "_base": BASE,
    "_local": "money in the currency of the instrument",
    "_usd": "US dollars",
    "_rate": "a decimal: 0.05 is 5 %",
    "_pct": "percent: 5 is 5 %",
    "_bp": "basis points",
    "_years": "years",
    "_years2": "years squared",
    "_days": "days",
    "_volatility": "a decimal a year: 0.2 is 20 %",
}
"""Unit by the end of a column's name."""


@dataclass(frozen=True)
class Column:
    """One column for readers.

    Attributes
    ----------
    name, type, description : str
        The type as the warehouse or the contract names it.
    """

    name: str
    type: str
    description: str


_NAMED_UNITS = {"quantity": "units, signed", "average_daily_volume": "units", "days_to_liquidate": "days"}
_LINEAGE = (
    Column("source", "string", "Who sent it"),
    Column("delivery_id", "string", "Name of the delivery"),
    Column("known_at", "datetime", "When it was put"),
    Column("row_number", "int64", "Row of the file"),
)
_JSON_TYPES = {
    "decimal": {"type": "number"},
    "double": {"type": "number"},
    "float": {"type": "number"},
    "bigint": {"type": "integer"},
    "integer": {"type": "integer"},
    "int": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "timestamp": {"type": "string", "format": "date-time"},
}


def unit_of(name: str, units: Mapping[str, str]) -> str | None:
    """Return the unit of a column, if it has one.

    Examples
    --------
    >>> unit_of("modified_duration_years", {})
    'years'
    >>> unit_of("portfolio_id", {}) is None
    True
    """
    if name in units or name in _NAMED_UNITS:
        return units.get(name, _NAMED_UNITS.get(name))
    head, _, tail = name.rpartition("_")
    return UNITS.get(f"_{tail}") if head else None


def units_of(names: list[str], endpoint_units: Mapping[str, str]) -> dict[str, str]:
    """Return the units of those columns that have one."""
    found = {name: unit_of(name, endpoint_units) for name in names}
    return {name: unit for name, unit in found.items() if unit is not None}


def read_manifest(manifest: Path | None) -> dict[str, tuple[Column, ...]]:
    """Return the columns of the relations of the parsed dbt project; none if there is no such file."""
    if manifest is None or not manifest.exists():
        return {}
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"].values()
    return {
        node["name"]: tuple(
            Column(name, told.get("data_type") or "", told.get("description", ""))
            for name, told in node["columns"].items()
        )
        for node in nodes
        if node["resource_type"] == "model"
    }


def columns_of(endpoint: Endpoint, models: Mapping[str, tuple[Column, ...]]) -> tuple[Column, ...]:
    """Return the described columns of a table, those that its route shows."""
    found = models.get(endpoint.source, ())
    if endpoint.source in TABLES:
        schema = TABLES[endpoint.source].schema.columns()
        found = tuple(
            Column(name, str(column.dtype).lower(), column.description or "")
            for name, column in schema.items()
        )
    found += _LINEAGE if endpoint.has_lineage else ()
    shown = endpoint.columns
    return tuple(column for column in found if not shown or column.name in shown)


def row_schema(columns: tuple[Column, ...], units: Mapping[str, str]) -> dict[str, object]:
    """Return the JSON schema of one row."""
    properties = {column.name: _property(column, units) for column in columns}
    return {"type": "object", **({"properties": properties} if properties else {})}


def _property(column: Column, units: Mapping[str, str]) -> dict[str, object]:
    kind = column.type.lower().partition("(")[0].strip()
    kind = "integer" if kind.startswith("int") else kind.rstrip("0123456789")
    schema = dict(_JSON_TYPES.get(kind, {"type": "string"}))
    told: dict[str, object] = {**schema, "type": [schema["type"], "null"], "description": column.description}
    unit = unit_of(column.name, units)
    return told | ({"x-unit": unit} if unit else {})
