"""Stress scenarios out of the table `stress_shifts`: which shift moves which factor, and how far."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.inputs import Terms
from analytics_platform.risk.market import MarketHistory
from analytics_platform.risk.scenarios import Shocks

ALL = "ALL"
_ALLOWED = {
    ("equity", "relative"),
    ("fx", "relative"),
    ("rate", "absolute"),
    ("volatility", "absolute"),
    ("volatility", "relative"),
}


@dataclass(frozen=True)
class StressScenario:
    """One scenario: shifts by factor type and factor, with the fault of those that cannot be applied."""

    scenario_id: str
    name: str
    shifts: dict[tuple[str, str], tuple[str, float]]
    fault: str


def stress_scenarios(shifts: pl.DataFrame, market: MarketHistory, known: set[str]) -> list[StressScenario]:
    """Scenarios sorted by name, each checked against what can be shifted.

    Parameters
    ----------
    shifts : DataFrame
        Columns of `tables.reference.STRESS_SHIFTS`.
    market : MarketHistory
    known : set of str
        All instruments there are: a shift of one that nobody holds is no fault, a misspelt one is.

    Returns
    -------
    list of StressScenario
        With a `fault` where a factor is unknown, a kind of shift is not defined for its factor
        (equity and fx are relative, rates absolute, volatility either), or a relative one takes more
        than everything.

    """
    factors = {
        "equity": known,
        "volatility": known,
        "fx": set(market.currencies),
        "rate": set(market.curves),
    }
    result = []
    ordered = shifts.with_columns(pl.col("shift").cast(pl.Float64)).sort(
        "scenario_id", "factor_type", "factor_id"
    )
    for key, rows in ordered.partition_by("scenario_id", as_dict=True, maintain_order=True).items():
        faults, found = [], {}
        for row in rows.iter_rows(named=True):
            kind, factor, how, size = row["factor_type"], row["factor_id"], row["shift_type"], row["shift"]
            if factor != ALL and factor not in factors[kind]:
                faults.append(f"unknown {kind} factor {factor}")
            if (kind, how) not in _ALLOWED:
                faults.append(f"a shift of {kind} cannot be {how}")
            if how == "relative" and not size > -1.0:
                faults.append(f"a relative shift of {kind} must be above -1")
            found[kind, factor] = (how, size)
        name = rows["scenario_name"][0]
        result.append(StressScenario(str(key[0]), name, found, "; ".join(faults)))
    return result


def _shift(scenario: StressScenario, kind: str, *factors: str) -> float:
    """Shift of the first factor that the scenario names, else of ALL, else 0."""
    for factor in (*factors, ALL):
        if (kind, factor) in scenario.shifts:
            return scenario.shifts[kind, factor][1]
    return 0.0


def _volatility(scenario: StressScenario, terms: Terms) -> tuple[float, float]:
    """Factor and shift of an option's volatility: by option, else by underlying, else for all."""
    underlying = terms.option.underlying_id if terms.option else ""
    for factor in (terms.instrument_id, underlying, ALL):
        if ("volatility", factor) in scenario.shifts:
            how, size = scenario.shifts["volatility", factor]
            return (1.0 + size, 0.0) if how == "relative" else (1.0, size)
    return (1.0, 0.0)


def _fx_shift(scenario: StressScenario, currency: str, base: str) -> float:
    if ("fx", currency) in scenario.shifts:
        return scenario.shifts["fx", currency][1]
    return 0.0 if currency == base else _shift(scenario, "fx")


def _equity_shift(scenario: StressScenario, terms: Terms | None) -> float:
    """Shift of a share by its name, else of ALL; of a future by its name, else as what it follows."""
    if terms is None:
        return 0.0
    if terms.kind in {"equity", "etf"}:
        return _shift(scenario, "equity", terms.instrument_id)
    if terms.kind != "future":
        return 0.0
    if terms.follows:
        return _shift(scenario, "equity", terms.instrument_id, terms.follows)
    return scenario.shifts.get(("equity", terms.instrument_id), ("relative", 0.0))[1]


def unmoved_futures(scenario: StressScenario, terms: Mapping[str, Terms]) -> frozenset[str]:
    """Futures that a shift of ALL equities passes by, as nobody says what they follow, and their options."""
    if ("equity", ALL) not in scenario.shifts:
        return frozenset()
    still = {
        name
        for name, one in terms.items()
        if one.kind == "future" and not one.follows and ("equity", name) not in scenario.shifts
    }
    options = {name for name, one in terms.items() if one.option and one.option.underlying_id in still}
    return frozenset(still | options)


def stress_shocks(
    scenarios: list[StressScenario], market: MarketHistory, terms: dict[str, Terms], base: str
) -> Shocks:
    """Shocks of all stress scenarios as a portfolio with a base currency sees them.

    A shift of a named factor goes before one of ALL. An equity shift moves the spot of equities and
    of options on them, and the price of futures: of one by its name, else as the share or fund that
    stands in for it in `risk_proxies`; a future without one is moved by its name alone. A rate shift
    moves all nodes of a curve in parallel; a currency's shift is a change of its value in US dollars.
    ALL currencies means every currency but the base loses or gains against the base, so that
    portfolios of different base see different worlds.
    A scenario with a fault moves nothing here; the fault is to be reported instead.

    Parameters
    ----------
    scenarios : list of StressScenario
    market : MarketHistory
    terms : dict of str to Terms
        Held instruments and underlyings.
    base : str
        Base currency.

    """
    usable = [s if not s.fault else StressScenario(s.scenario_id, s.name, {}, s.fault) for s in scenarios]
    equity = [[_equity_shift(s, terms.get(name)) for s in usable] for name in market.instruments]
    fx = [[_fx_shift(s, code, base) for s in usable] for code in market.currencies]
    no_option = (1.0, 0.0)
    volatility = np.array(
        [
            [_volatility(s, terms[name]) if name in terms else no_option for s in usable]
            for name in market.instruments
        ]
    ).reshape(len(market.instruments), len(usable), 2)
    return Shocks(
        equity=_array(equity, len(usable)),
        fx=_array(fx, len(usable)),
        zero_rates={
            name: np.repeat(
                np.array([_shift(s, "rate", name) for s in usable])[:, None], curve.curves.times.size, axis=1
            )
            for name, curve in market.curves.items()
        },
        volatility_factor=volatility[..., 0],
        volatility_shift=volatility[..., 1],
    )


def _array(rows: list[list[float]], width: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)
