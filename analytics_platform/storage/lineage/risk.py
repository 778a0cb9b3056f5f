"""Chains of risk numbers: the result of the run, the moves of its scenarios, the positions of today."""

import polars as pl

from analytics_platform.storage.lineage.chain import Book, Link, Value
from analytics_platform.storage.lineage.positions import curves_link, positions_link, rates_link
from analytics_platform.storage.lineage.sums import (
    RATE_TOLERANCE,
    Told,
    adds_up,
    days,
    files,
    number,
    own,
    snapshot,
)
from analytics_platform.tables.market import CORPORATE_ACTIONS, CURVE_QUOTES, FX_RATES, PRICES
from analytics_platform.tables.reference import OPTION_TERMS, RISK_PROXIES, STRESS_SHIFTS
from analytics_platform.tables.risk import SCENARIO_PNL

RISK = {
    "var_95_base": ("value_at_risk", 0.95),
    "var_975_base": ("value_at_risk", 0.975),
    "var_99_base": ("value_at_risk", 0.99),
    "es_95_base": ("expected_shortfall", 0.95),
    "es_975_base": ("expected_shortfall", 0.975),
    "es_99_base": ("expected_shortfall", 0.99),
}


def risk(book: Book, value: Value, name: str) -> Told:
    """Return the chain of a column of `RISK`, or of the largest stress loss."""
    held = positions_link(book, book.day)
    links = [*_result(book, name), held, rates_link(book, book.day)]
    run_id = (book.run or {}).get("run_id", "")
    names = ["first_scenario_date", "last_scenario_date", "n_scenarios"]
    vectors = book.lake.read(
        SCENARIO_PNL, [book.day], columns=["delivery_id", *names], preferred=run_id
    ).filter(pl.col("delivery_id") == run_id)
    if name in RISK and vectors.is_empty():
        links.append(Link(f"the scenarios of run {run_id} are not in the lake"))
    elif name in RISK:
        first, last, n_scenarios = vectors.select(names).row(0)
        dates = days(book.calendar.previous(first), last)
        window = f"{n_scenarios} scenarios: the moves of the sessions from {first} to {last}"
        links.append(
            files(book, [PRICES, CORPORATE_ACTIONS, FX_RATES, CURVE_QUOTES], dates, window, _moved(book))
        )
        links.append(snapshot(book, RISK_PROXIES, "proxies of short histories"))
    if name == "worst_stress_pnl_base":
        links.append(snapshot(book, STRESS_SHIFTS, "shifts of all stress scenarios"))
        if "future" in book.positions(book.day)["instrument_type"]:
            links.append(snapshot(book, RISK_PROXIES, "shares and funds that futures follow"))
    expected = links[0].value
    remark, is_whole = adds_up("the result of the run", expected, value, name)
    curves = curves_link(book, book.day)
    return links if curves is None else [*links, curves], [remark], is_whole


def _moved(book: Book) -> set[str]:
    """Name the instruments whose moves count: those held, their underlyings, and the proxies of both."""
    held = set(book.positions(book.day)["instrument_id"])
    options = book.rows.read(OPTION_TERMS).filter(pl.col("instrument_id").is_in(held))
    held |= set(options["underlying_instrument_id"])
    proxies = book.rows.read(RISK_PROXIES).filter(pl.col("instrument_id").is_in(held))
    return held | set(proxies["proxy_instrument_id"])


def _result(book: Book, name: str) -> list[Link]:
    if name == "worst_stress_pnl_base":
        stress = own(book, "stress", book.day).filter(pl.col("pnl").is_not_null()).sort("pnl", "scenario_id")
        found = [
            Link(f"{row['scenario_id']}, {row['scenario_name']}", row["pnl"])
            for row in stress.iter_rows(named=True)
        ]
        worst = found[0].value if found else None
        return [
            Link("result of the run: the largest loss of all stress scenarios", worst, None, tuple(found))
        ]
    metric, confidence = RISK[name]
    rows = own(book, "risk_metrics", book.day).filter(
        pl.col("method") == "historical",
        pl.col("metric") == metric,
        (pl.col("confidence") - confidence).abs() < RATE_TOLERANCE,
    )
    links = []
    if name == "es_975_base":
        parts = own(book, "positions", book.day).sort("instrument_id")
        links = [
            Link(f"contribution of {row['instrument_id']}", number(row["es_975_contribution_base"]))
            for row in parts.iter_rows(named=True)
        ]
    return [
        Link(
            f"result of the run: {row['method']} {metric} at {confidence:g}, horizon {row['horizon_days']} "
            f"day, {row['n_scenarios']} scenarios, model {row['model_version']}, {row['status']}",
            row["value"],
            None,
            tuple(links),
        )
        for row in rows.iter_rows(named=True)
    ] or [Link("the run gave no result")]
