"""`analytics what-if`: what trades would do to the risk of a portfolio, without computing a scenario anew."""

import math
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches

from rich.console import Console
from rich.table import Table

from analytics_platform.calendars.moments import MomentError, parse_moment, written
from analytics_platform.cli.stored_cube import (
    Cube,
    Position,
    QuestionError,
    published_position,
    stored_cube,
)
from analytics_platform.report.format import DASH, money, percent
from analytics_platform.risk.what_if import Effect, Trade, what_if
from analytics_platform.settings import settings
from analytics_platform.storage.lake.lake import DamagedLakeError
from analytics_platform.storage.lake.objects import UnreachableLakeError
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.storage.published.serving import DamagedVersionError, NotPublishedError, ServingStore

NOT_FOUND = 2
GREATEST_QUANTITY = 1e15
LEAST_QUANTITY = 1e-8
"""The last decimal of a delivered position."""

CONFIDENCES = (0.95, 0.975, 0.99)
_NAMES = {"value_at_risk": "VaR", "expected_shortfall": "ES"}
_WIDTH = 150


def run_what_if(
    portfolio: str, trades: Sequence[str], day: date | None = None, as_known_at: str | None = None
) -> int:
    """Print the risk of a portfolio before and after trades; return 0, or 2 if there is no answer."""
    console = Console()
    console = console if console.is_terminal else Console(width=_WIDTH)
    store = ServingStore(settings().serving)
    try:
        asked = [parse_trade(text) for text in trades]
        version = store.at(None if as_known_at is None else parse_moment(as_known_at))
        position = published_position(store, version, portfolio, day)
        cube = stored_cube(
            open_lake(settings().lake_url, **settings().lake_options), store, version, position
        )
        _check(position, asked, cube)
    except (
        MomentError,
        NotPublishedError,
        DamagedLakeError,
        UnreachableLakeError,
        DamagedVersionError,
        QuestionError,
    ) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return NOT_FOUND
    needed = {*position.quantities, *(trade.instrument_id for trade in asked)}
    vectors = {name: cube.pnl[name] for name in sorted(needed)}
    effects = what_if(position.quantities, asked, vectors, confidences=CONFIDENCES)
    _print(console, position, asked, cube, effects)
    console.print(
        f"version {version.name}, deliveries known at {written(version.known_at)}; to ask again: "
        f"--date {position.day} --as-known-at {written(version.published_at)}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    return 0


def parse_trade(text: str) -> Trade:
    """Return a trade written as INSTRUMENT:QUANTITY.

    Raises
    ------
    QuestionError
        If it is not written so, or beyond what can be computed with.

    Examples
    --------
    >>> parse_trade("EQ_IBM:-2500")
    Trade(instrument_id='EQ_IBM', quantity=-2500.0)
    """
    name, colon, amount = text.rpartition(":")
    try:
        quantity = float(amount)
    except ValueError:
        quantity = math.nan
    if not (colon and name) or not math.isfinite(quantity) or quantity == 0.0:
        message = (
            f"{text!r} is not a trade: write INSTRUMENT:QUANTITY with units to buy, or with a minus to "
            "sell, such as EQ_IBM:-2500"
        )
        raise QuestionError(message)
    if abs(quantity) > GREATEST_QUANTITY:
        message = (
            f"{text!r} trades more than {GREATEST_QUANTITY:,.0f} units: write a quantity that can be held"
        )
        raise QuestionError(message)
    if abs(quantity) < LEAST_QUANTITY:
        message = f"{text!r} trades less than {LEAST_QUANTITY:.8f} units: write a quantity that can be held"
        raise QuestionError(message)
    return Trade(name, quantity)


def _check(position: Position, trades: Sequence[Trade], cube: Cube) -> None:
    """Refuse what has no vector, and say what can be done.

    Raises
    ------
    QuestionError
        If a traded or a held instrument has none.
    """
    for trade in trades:
        name = trade.instrument_id
        if name in cube.pnl:
            continue
        if name in cube.status:
            message = f"{name} has no scenario vector on {position.day}: {cube.status[name][1]}"
            raise QuestionError(message)
        alike = get_close_matches(name, cube.pnl, n=3) or sorted(cube.pnl)
        message = (
            f"{name} has no scenario vector on {position.day}: only what some portfolio holds is revalued, "
            f"such as {', '.join(alike)}. To ask about it, deliver a position of it in any portfolio, be it "
            f"a paper one, and run `analytics backfill --from {position.day} --to {position.day}`"
        )
        raise QuestionError(message)
    lost = [name for name in position.quantities if name not in cube.pnl]
    if lost:
        told = ", ".join(f"{name} ({cube.status.get(name, ('', 'not valued'))[1]})" for name in lost)
        message = (
            f"the risk of {position.portfolio_id} on {position.day} is missing, before any trade: {told}"
        )
        raise QuestionError(message)


def _print(
    console: Console, position: Position, trades: Sequence[Trade], cube: Cube, effects: Sequence[Effect]
) -> None:
    """Print two tables: the metrics, and what is known of each trade."""
    title = f"What if: {position.portfolio_id} on {position.day}, {position.currency}"
    table = Table(title=title, title_justify="left")
    table.add_column("Metric", no_wrap=True)
    names = [f"of {trade.instrument_id}" for trade in trades]
    for name in ("Before", "After", "Change", *names):
        table.add_column(name, justify="right")
    for effect in effects:
        table.add_row(
            f"{_NAMES[effect.metric]} {100 * effect.confidence:g}",
            money(effect.before),
            money(effect.after),
            money(effect.after - effect.before, signed=True),
            *(money(part, signed=True) for part in effect.incremental),
        )
    console.print(table)
    console.print(_trades_table(position, trades, cube))
    for name in sorted({*position.quantities, *(trade.instrument_id for trade in trades)}):
        status, reason = cube.status[name]
        if status != "ok":
            console.print(f"{status} {name}: {reason}", markup=False, highlight=False, soft_wrap=True)
    told = (
        f"one day, losses positive; trades are paid from cash in {position.currency} at the values of "
        f"{position.day}, without cost, so that the net asset value stays; the part of a trade is the "
        "metric with all trades less that with all but this one"
    )
    console.print(told, markup=False, highlight=False, soft_wrap=True)


def _trades_table(position: Position, trades: Sequence[Trade], cube: Cube) -> Table:
    nav = position.nav
    title = f"Trades, against a net asset value of {money(nav)} {position.currency}"
    table = Table(title=title, title_justify="left")
    table.add_column("Instrument", no_wrap=True)
    for name in (
        "Quantity",
        "Value of the trade",
        "Held before",
        "Held after",
        "Value after",
        "Weight after",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    after = dict(position.quantities)
    for trade in trades:
        after[trade.instrument_id] = after.get(trade.instrument_id, 0.0) + trade.quantity
    for trade in trades:
        name = trade.instrument_id
        value = cube.value[name]
        table.add_row(
            name,
            _units(trade.quantity, signed=True),
            money(trade.quantity * value, signed=True),
            _units(position.quantities.get(name, 0.0)),
            _units(after[name]),
            money(after[name] * value),
            percent(after[name] * value / nav) if nav is not None and nav > 0.0 else DASH,
        )
    return table


def _units(quantity: float, *, signed: bool = False) -> str:
    places = 0 if quantity == round(quantity) else 4
    return money(quantity, places=places, signed=signed)
