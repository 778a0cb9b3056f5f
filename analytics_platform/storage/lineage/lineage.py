"""Lineage of a number: from a published metric to the rows of the files, and the run that computed it."""

from collections.abc import Callable
from math import prod

import polars as pl

from analytics_platform.storage.lineage.chain import Book, Chain, Link, Value, link
from analytics_platform.storage.lineage.positions import movements_link, positions_link, rates_link
from analytics_platform.storage.lineage.risk import RISK, risk
from analytics_platform.storage.lineage.sums import (
    Told,
    adds_up,
    days,
    files,
    first,
    number,
    own,
    same,
    total,
)
from analytics_platform.tables.market import CORPORATE_ACTIONS, FX_RATES, PRICES
from analytics_platform.tables.reference import BENCHMARK_WEIGHTS, PORTFOLIOS


class UnknownMetricError(LookupError):
    """There is no such metric."""


def explain(book: Book, metric: str) -> Chain:
    """Return the chain from a metric of `portfolio_risk` to files and rows.

    Parameters
    ----------
    book : Book
        Portfolio, session and version.
    metric : str
        Column of `portfolio_risk`, or a short form of it such as ``nav``, ``ytd`` or ``es_97_5``.

    Raises
    ------
    UnknownMetricError
        If there is no such metric; the message lists them.
    """
    name = metric_name(metric)
    value = number(book.metrics[name])
    links, remarks, is_whole = EXPLAINED[name](book, value, name)
    if value is None:
        remarks = [f"there is no value: {book.metrics['reason']}", *remarks]
    everything = [*links, _tree_link(book), _run_link(book)]
    label = f"{name} of {book.portfolio_id} on {book.day}, {book.base_currency}"
    return Chain(Link(label, value, None, tuple(everything)), tuple(remarks), is_whole)


def metric_name(text: str) -> str:
    """Return the column that a name or a short form of it means.

    Examples
    --------
    >>> metric_name("nav"), metric_name("es_97_5"), metric_name("ytd"), metric_name("VAR-99")
    ('nav_base', 'es_975_base', 'ytd_return_rate', 'var_99_base')
    """
    for name in EXPLAINED:
        ends = ("", "_base", "_rate", "_return_rate")
        if _short(text) in {_short(name.removesuffix(end)) for end in ends}:
            return name
    message = f"there is no metric {text!r}; known are {', '.join(EXPLAINED)}"
    raise UnknownMetricError(message)


def _value(book: Book, value: Value, name: str) -> Told:
    held = positions_link(book, book.day)
    remark, is_whole = adds_up("the positions", held.value, value, name)
    return [held, rates_link(book, book.day)], [remark], is_whole


def _change(book: Book, value: Value, name: str) -> Told:
    before = book.calendar.previous(book.day)
    returns = own(book, "returns", book.day)
    parts = own(book, "positions", book.day)
    by_instrument = Link(
        "P&L by instrument",
        total(parts["day_pnl_base"]),
        None,
        tuple(
            Link(f"P&L of {row['instrument_id']}", number(row["day_pnl_base"]))
            for row in parts.sort("instrument_id").iter_rows(named=True)
        ),
    )
    names = ("nav_base", "start_of_day_flow_base", "end_of_day_flow_base", "pnl_base", "return_rate")
    day = Link(
        f"returns of {book.day}",
        links=tuple(
            Link(column, number(row[column])) for row in returns.iter_rows(named=True) for column in names
        ),
    )
    links = [
        day,
        by_instrument,
        positions_link(book, book.day),
        rates_link(book, book.day),
        positions_link(book, before),
        rates_link(book, before),
        movements_link(book, before, book.day),
    ]
    if name == "day_pnl_base":
        remark, is_whole = adds_up("the P&L of the instruments", by_instrument.value, value, name)
    else:
        remark, is_whole = same("the return in `returns`", first(returns, "return_rate"), value, name)
    return links, [remark], is_whole


def _chained(book: Book, value: Value, name: str) -> Told:
    is_benchmark = name.startswith("benchmark")
    start = book.day.replace(day=1) if name.startswith("mtd") else book.day.replace(month=1, day=1)
    column = "benchmark_return_rate" if is_benchmark else "return_rate"
    returns = own(book, "returns").filter(pl.col("business_date").is_between(start, book.day))
    returns = returns.sort("business_date")
    rates = returns[column].cast(pl.Float64).to_list()
    links = tuple(
        Link(str(day), rate) for day, rate in zip(returns["business_date"].to_list(), rates, strict=True)
    )
    everything = [
        Link(f"{len(rates)} daily returns from {start} to {book.day}", None, None, links),
        files(book, [PRICES, FX_RATES, CORPORATE_ACTIONS], days(start, book.day), "market data"),
    ]
    if is_benchmark:
        everything.append(_benchmark(book))
    else:
        everything += [positions_link(book, book.day), rates_link(book, book.day)]
    known = [rate for rate in rates if rate is not None]
    chained = prod(1.0 + rate for rate in known) - 1.0 if known else None
    remark, is_whole = same("the chained daily returns", chained, value, name)
    return everything, [remark], is_whole


def _benchmark(book: Book) -> Link:
    named = book.rows.read(PORTFOLIOS).filter(pl.col("portfolio_id") == book.portfolio_id)
    weights = book.rows.read(BENCHMARK_WEIGHTS).filter(
        pl.col("benchmark_id").is_in(named["benchmark_id"].implode()), pl.col("effective_date") <= book.day
    )
    newest = weights.filter(pl.col("effective_date") == pl.col("effective_date").max()).sort("instrument_id")
    links = [
        link(f"weight of {row['instrument_id']} from {row['effective_date']}", row["weight"], row)
        for row in newest.iter_rows(named=True)
    ]
    return Link("benchmark weights", links=tuple(links))


def _run_link(book: Book) -> Link:
    published = f"published in version {book.version.name}, code {book.version.code_version}"
    if book.run is None:
        return Link(f"no risk run computed this session; {published}")
    facts = {
        "run": book.run["run_id"],
        "deliveries known at": f"{book.run['known_at']:%Y-%m-%dT%H:%M:%S.%fZ}",
        "code and model": book.run["code_version"],
        "settings, SHA-256": book.run["config_sha256"],
        "scenarios asked for": book.run["n_scenarios"],
        "inputs, SHA-256": f"{book.run['inputs_sha256']} of {book.run['n_input_deliveries']} deliveries",
        "seed": "none: history draws no random numbers",
    }
    return Link(
        f"run that computed it; {published}", links=tuple(Link(f"{k}: {v}") for k, v in facts.items())
    )


def _tree_link(book: Book) -> Link:
    rows = book.rows.read(PORTFOLIOS).filter(pl.col("portfolio_id").is_in(book.members)).sort("portfolio_id")
    links = [
        link(
            f"{row['portfolio_id']} under {row['parent_portfolio_id'] or 'none'}, {row['base_currency']}",
            None,
            row,
        )
        for row in rows.iter_rows(named=True)
    ]
    return Link(f"portfolios in {book.portfolio_id}", links=tuple(links))


def _short(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


EXPLAINED: dict[str, Callable[[Book, Value, str], Told]] = {
    "nav_base": _value,
    "day_pnl_base": _change,
    "day_return_rate": _change,
    "mtd_return_rate": _chained,
    "ytd_return_rate": _chained,
    "benchmark_ytd_return_rate": _chained,
    **dict.fromkeys(RISK, risk),
    "worst_stress_pnl_base": risk,
}
"""Metrics, and how each is explained."""
