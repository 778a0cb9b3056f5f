"""The performance marts against the Python kernels, fed from quantities, prices and rates alone."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest
from numpy.typing import ArrayLike

from analytics_platform.defs.dbt import parse_project
from analytics_platform.risk.attribution import Attribution, brinson_attribution, linked_attribution
from analytics_platform.risk.linking import linked_contributions
from analytics_platform.risk.modified_dietz import flow_weights, modified_dietz_return
from analytics_platform.risk.performance import chained_return
from analytics_platform_tests.defs.performance_warehouse import (
    BENCHMARK_OF,
    BENCHMARKS,
    DAYS,
    GAP_SESSION,
    INSTRUMENTS,
    LOST_SESSION,
    MEMBERS,
    MODELS,
    PRICES,
    SECTORS,
    SILENT_SESSION,
    Floats,
    N,
    node,
    performance_warehouse,
    rates,
)
from analytics_platform_tests.defs.small_warehouse import PROJECT, Warehouse

pytestmark = pytest.mark.slow
NODES = sorted(MEMBERS)
PERIODS = {"month": 1, "quarter": 3, "year": 12}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("target")
    parse_project(PROJECT, target)
    return target


@pytest.fixture(scope="module")
def built(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return performance_warehouse(manifest, tmp_path_factory.mktemp("warehouse"))


@pytest.fixture
def warehouse(built: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of the warehouse, for one test to change."""
    return replace(built, folder=shutil.copytree(built.folder, tmp_path / "warehouse"))


def _first_return(day: date, period: str) -> int:
    """Index among the returns (they start with the second session) of the first one of the period."""
    months = PERIODS[period]
    in_period = [
        session
        for session, other in enumerate(DAYS)
        if session and (other.year, (other.month - 1) // months) == (day.year, (day.month - 1) // months)
    ]
    return in_period[0] - 1


def _periods() -> Iterator[tuple[str, int, slice]]:
    """Every period and session, with the returns that the period has up to it."""
    for period in PERIODS:
        for session in range(1, N):
            yield period, session, slice(_first_return(DAYS[session], period), session)


def _effects(name: str) -> Attribution:
    held, (currency, items) = node(name), BENCHMARKS[BENCHMARK_OF[name]]
    base = "EUR" if currency == "EUR" else "USD"
    wp, cp, wb, cb = (np.zeros((N - 1, len(SECTORS))) for _ in range(4))
    for column, (instrument, (money, sector, _)) in enumerate(INSTRUMENTS.items()):
        place = SECTORS.index(sector or "cash")
        wp[:, place] += held.weights[:, column]
        cp[:, place] += held.contributions[:, column]
        worth = PRICES[instrument] * rates(money, base)
        wb[:, place] += items.get(instrument, 0.0)
        cb[:, place] += items.get(instrument, 0.0) * (worth[1:] / worth[:-1] - 1)
    wp = np.where(np.abs(wp) < 1e-12, 0.0, wp)
    with np.errstate(invalid="ignore", divide="ignore"):
        return brinson_attribution(wp, cp / wp, wb, cb / wb)


def _rows(warehouse: Warehouse, query: str, *given: object) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse.folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(query, list(given)).fetchall()


def _numbers(warehouse: Warehouse, model: str, keys: str, values: str) -> dict[tuple[object, ...], Floats]:
    n_keys = keys.count(",") + 1
    rows = _rows(warehouse, f"select {keys}, {values} from marts.{model} where status <> 'missing'")  # noqa: S608 - names of the test
    return {row[:n_keys]: np.array(row[n_keys:], dtype=np.float64) for row in rows}


def _agree(found: ArrayLike, expected: ArrayLike, tolerance: float = 1e-9) -> None:
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=0.0, atol=tolerance)


@pytest.mark.parametrize("name", NODES)
def test_returns_of_periods_are_those_of_the_kernels(built: Warehouse, name: str) -> None:
    held, effects = node(name), _effects(name)
    rows = _numbers(
        built,
        "fct_period_returns",
        "portfolio_id, period, business_date",
        "return_rate, benchmark_return_rate, modified_dietz_rate, pnl_base, start_nav_base",
    )
    values = held.values.sum(axis=1)
    flows = {"start": held.start_flows.sum(axis=1), "end": held.end_flows.sum(axis=1)}
    compared = 0
    for period, session, chain in _periods():
        start = chain.start
        span = (DAYS[session] - DAYS[start]).days
        amounts, weights = [], []
        for timing in ("start", "end"):
            gone = [(DAYS[day] - DAYS[start]).days for day in range(start + 1, session + 1)]
            weights.append(flow_weights(gone, period_days=span, timing=timing))
            amounts.append(flows[timing][start + 1 : session + 1])
        dietz = modified_dietz_return(
            values[start], values[session], flows=np.concatenate(amounts), weights=np.concatenate(weights)
        )
        expected = [
            chained_return(held.returns[chain]),
            chained_return(effects.benchmark_return[chain]),
            dietz.value,
            held.profits[start + 1 : session + 1].sum(),
            values[start],
        ]
        found = rows[name, period, DAYS[session]]
        _agree(found[:3], expected[:3])
        _agree(found[3:], expected[3:], 1e-5)
        compared += 1
    assert compared == 3 * (N - 1)


@pytest.mark.parametrize("name", NODES)
def test_contributions_are_linked_as_the_kernel_links_them(built: Warehouse, name: str) -> None:
    held = node(name)
    daily = _numbers(
        built,
        "fct_contributions",
        "portfolio_id, business_date, instrument_id",
        "weight_rate, contribution_rate",
    )
    linked = _numbers(
        built,
        "fct_period_contributions",
        "portfolio_id, period, business_date, instrument_id",
        "contribution_rate",
    )
    for column, instrument in enumerate(INSTRUMENTS):
        for session in range(1, N):
            found = daily.get((name, DAYS[session], instrument), np.zeros(2))
            expected = [held.weights[session - 1, column], held.contributions[session - 1, column]]
            _agree(found, expected)
    for period, session, chain in _periods():
        kernel = linked_contributions(held.contributions[chain], held.returns[chain])
        parts = [linked.get((name, period, DAYS[session], item), np.zeros(1))[0] for item in INSTRUMENTS]
        _agree(parts, kernel)


@pytest.mark.parametrize("name", NODES)
def test_attribution_is_that_of_the_kernel_by_day_and_linked(built: Warehouse, name: str) -> None:
    effects = _effects(name)
    columns = "allocation_rate, selection_rate, interaction_rate"
    daily = _numbers(built, "fct_attribution", "portfolio_id, business_date, sector", columns)
    linked = _numbers(built, "fct_period_attribution", "portfolio_id, period, business_date, sector", columns)
    by_day = np.stack([effects.allocation, effects.selection, effects.interaction], axis=-1)
    assert np.abs(by_day).max() > 1e-3
    for session in range(1, N):
        found = [daily.get((name, DAYS[session], sector), np.zeros(3)) for sector in SECTORS]
        _agree(found, by_day[session - 1])
    for period, session, chain in _periods():
        expected = linked_attribution(
            Attribution(
                effects.allocation[chain],
                effects.selection[chain],
                effects.interaction[chain],
                effects.portfolio_return[chain],
                effects.benchmark_return[chain],
            )
        )
        found = [linked.get((name, period, DAYS[session], sector), np.zeros(3)) for sector in SECTORS]
        wanted = np.stack([expected.allocation, expected.selection, expected.interaction], axis=-1)
        _agree(found, wanted)


@pytest.mark.parametrize(
    ("portfolio", "cause"),
    [
        ("GAP", f"no return on {DAYS[GAP_SESSION]}: no positions of GAP on {DAYS[GAP_SESSION]}"),
        ("ZERO", f"no return on {DAYS[LOST_SESSION]}: everything was lost"),
    ],
)
def test_a_broken_chain_names_its_first_session_and_has_no_numbers(
    built: Warehouse, portfolio: str, cause: str
) -> None:
    broken = GAP_SESSION if portfolio == "GAP" else LOST_SESSION
    for model in ("fct_period_returns", "fct_period_contributions"):
        value = "return_rate" if model == "fct_period_returns" else "contribution_rate"
        rows = _rows(
            built,
            f"select distinct business_date, {value} is null, status, reason from marts.{model} "  # noqa: S608 - names of the test
            f"where portfolio_id = '{portfolio}' and period = 'quarter' order by 1",
        )
        by_day = {row[0]: row[1:] for row in rows}
        assert by_day[DAYS[broken - 1]][0] is False
        # The quarter goes on to the end of March; April starts a new one.
        quarter = [day for day in DAYS[broken:] if day.month < 4]
        assert {by_day[day] for day in quarter} == {(True, "missing", cause)}


def test_a_new_period_starts_a_new_chain_after_a_gap(built: Warehouse) -> None:
    found = _numbers(built, "fct_period_returns", "portfolio_id, period, business_date", "return_rate")
    assert ("GAP", "quarter", DAYS[-1]) in found
    assert ("GAP", "year", DAYS[-1]) not in found


def test_a_value_below_zero_earns_no_return_and_says_so(built: Warehouse) -> None:
    rows = _rows(
        built,
        "select business_date, return_rate < -1, status, reason from marts.fct_period_returns "
        "where portfolio_id = 'ZERO' and period = 'day' and business_date between ? and ? order by 1",
        DAYS[LOST_SESSION],
        DAYS[LOST_SESSION + 1],
    )
    day = DAYS[LOST_SESSION + 1]
    reason = f"no return on {day}: no positive value to earn a return on at the start of {day}"
    assert rows == [(DAYS[LOST_SESSION], True, "ok", None), (day, None, "missing", reason)]


def test_a_constituent_without_a_return_leaves_no_effects_and_no_benchmark(built: Warehouse) -> None:
    silent = DAYS[SILENT_SESSION]
    reason = f"no return of SILENT on {silent}"
    rows = _rows(
        built,
        "select distinct allocation_rate, status, reason from marts.fct_attribution "
        "where portfolio_id = 'GAP' and business_date = ?",
        silent,
    )
    assert rows == [(None, "missing", reason)]
    returned = _rows(
        built,
        "select return_rate is null, benchmark_return_rate, status, reason from marts.fct_period_returns "
        "where portfolio_id = 'GAP' and period = 'day' and business_date = ?",
        silent,
    )
    warning = f"no return of the benchmark on {silent}: of BM_SILENT"
    assert returned == [(False, None, "warning", warning)]


def test_data_tests_hold_on_good_and_on_bad_portfolios(built: Warehouse) -> None:
    built.dbt("test", "--select", *MODELS, "int_node_pnl", "--exclude", "test_type:unit")


@pytest.mark.parametrize("model", ["fct_contributions", "fct_period_contributions"])
def test_a_contribution_too_much_fails_the_data_test(warehouse: Warehouse, model: str) -> None:
    with duckdb.connect(str(warehouse.folder / "warehouse.duckdb")) as connection:
        connection.execute(
            f"update marts.{model} set contribution_rate = contribution_rate + 0.000000001 "  # noqa: S608 - names of the test
            f"where portfolio_id = 'US' and instrument_id = 'B' and business_date = '{DAYS[6]}'"
        )
    with pytest.raises(AssertionError, match="contributions_sum_to_returns"):
        warehouse.dbt("test", "--select", model, "--exclude", "test_type:unit")


def test_a_run_of_one_session_gives_what_the_whole_run_gave(warehouse: Warehouse) -> None:
    last = DAYS[-1].isoformat()
    before = [warehouse.read(f"marts.{model}") for model in MODELS]
    models = ["int_node_pnl", *MODELS]
    warehouse.dbt("run", "--select", *models, first_session=last, last_session=last)
    assert [sorted(map(str, warehouse.read(f"marts.{model}"))) for model in MODELS] == [
        sorted(map(str, rows)) for rows in before
    ]


def test_a_session_that_was_never_built_breaks_the_chain(warehouse: Warehouse) -> None:
    with duckdb.connect(str(warehouse.folder / "warehouse.duckdb")) as connection:
        connection.execute("delete from marts.fct_portfolio_returns where business_date = ?", [DAYS[-3]])
    last = DAYS[-1].isoformat()
    warehouse.dbt("run", "--select", "fct_period_returns", first_session=last, last_session=last)
    rows = _rows(
        warehouse,
        "select distinct return_rate, status, reason from marts.fct_period_returns where portfolio_id = 'US' "
        "and period <> 'day' and business_date = ?",
        DAYS[-1],
    )
    assert rows == [(None, "missing", f"no return on {DAYS[-3]}: it was not built")]
