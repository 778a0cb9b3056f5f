"""A published portfolio and the stored unit vectors of its session, to answer questions about it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.numeric_input import NOT_FINITE
from analytics_platform.storage.lake.lake import Lake
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.storage.published.versions import Version
from analytics_platform.tables.risk import SCENARIO_PNL

_COLUMNS = ["instrument_id", "unit_value", "unit_pnl", "status", "reason", "currency", "delivery_id"]


class QuestionError(ValueError):
    """The question cannot be answered; the message says why and what to do."""


@dataclass(frozen=True)
class Position:
    """A portfolio on a session as published: what it and all below it hold, and its net asset value."""

    portfolio_id: str
    day: date
    currency: str
    nav: float | None
    quantities: dict[str, float]


@dataclass(frozen=True)
class Cube:
    """Stored vectors of one session in one currency: value and P&L of a unit, and what to know of it."""

    value: dict[str, float]
    pnl: dict[str, Floats]
    status: dict[str, tuple[str, str]]


def published_position(store: ServingStore, version: Version, portfolio: str, day: date | None) -> Position:
    """Return a portfolio on a session, by default the last valued one.

    Raises
    ------
    QuestionError
        If there is no such session or portfolio, or it lacks positions on that session.
    """
    risk = _published(store, version, "portfolio_risk", day)
    if day is None:
        valued = risk.filter(pl.col("nav_base").is_not_null())
        day = max((risk if valued.is_empty() else valued)["business_date"])
    rows = risk.filter(pl.col("business_date") == day)
    if rows.is_empty():
        days = store.table(version, "portfolio_risk")["business_date"].sort()
        message = f"no risk numbers for {day}: published are the sessions from {days[0]} to {days[-1]}"
        raise QuestionError(message)
    found = rows.filter(pl.col("portfolio_id") == portfolio)
    if found.is_empty():
        message = f"there is no portfolio {portfolio}; known are {', '.join(rows['portfolio_id'].sort())}"
        raise QuestionError(message)
    status, reason = found.select("status", "reason").row(0)
    if status == "missing" and "no positions of " in (reason or ""):
        message = f"the risk of {portfolio} on {day} is missing, before any trade: {reason}"
        raise QuestionError(message)
    parents = dict(rows.select("portfolio_id", "parent_portfolio_id").iter_rows())
    members = [name for name in parents if portfolio in _way_up(name, parents)]
    held = _published(store, version, "position_values", day).filter(
        pl.col("business_date") == day, pl.col("portfolio_id").is_in(members)
    )
    quantity = held.group_by("instrument_id").agg(pl.col("quantity").cast(pl.Float64).sum())
    nav, currency = found.select("nav_base", "base_currency").row(0)
    quantities = {name: units for name, units in quantity.sort("instrument_id").iter_rows() if units}
    return Position(portfolio, day, currency, None if nav is None else float(nav), quantities)


def _published(store: ServingStore, version: Version, name: str, day: date | None) -> pl.DataFrame:
    """Return a published table, of its parts only those that can hold a session; the last by default."""
    parts = version.tables.get(name, ())
    if day is not None:
        chosen = tuple(part for part in parts if part.name in {f"{day:%Y-%m}", f"{day:%Y}", "all"})
        parts = chosen or parts
    else:
        parts = parts[-1:]
    return store.table(replace(version, tables={name: parts} if parts else {}), name)


def _way_up(name: str, parents: Mapping[str, str | None]) -> list[str]:
    path = [name]
    while (above := parents.get(path[-1])) is not None and above not in path:
        path.append(above)
    return path


def stored_cube(lake: Lake, store: ServingStore, version: Version, position: Position) -> Cube:
    """Return the vectors of the run whose numbers are published.

    Raises
    ------
    QuestionError
        If the lake has none.
    """
    runs = _published(store, version, "runs", position.day).filter(pl.col("business_date") == position.day)
    run_id = "" if runs.is_empty() else runs["run_id"][0]
    rows = lake.read(SCENARIO_PNL, [position.day], columns=_COLUMNS, preferred=run_id).filter(
        pl.col("delivery_id") == run_id
    )
    if rows.is_empty():
        message = (
            f"there are no scenario vectors of {position.day}: "
            f"run `analytics backfill --from {position.day} --to {position.day}`"
        )
        raise QuestionError(message)
    own = rows.filter(pl.col("currency") == position.currency)
    value, pnl, status = {}, {}, {}
    for name, worth, vector, state, why in own.select(_COLUMNS[:5]).iter_rows():
        status[name] = (state, why or "")
        if vector is None or state == "missing":
            continue
        numbers = np.array(vector, dtype=np.float64)
        if np.isfinite(numbers).all():
            value[name], pnl[name] = worth, numbers
        else:
            status[name] = ("missing", NOT_FINITE)
    return Cube(value, pnl, status)
