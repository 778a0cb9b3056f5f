"""Limits, cash flows, liquidity and the findings on bad data, on a small lake built by dbt."""

from datetime import date
from decimal import Decimal

import dagster as dg
import polars as pl
import pytest

from analytics_platform.defs.data_quality.checks import FINDINGS, data_quality, judged, of_run
from analytics_platform.defs.data_quality.rules import (
    COVERAGE,
    FOUND_BY_SQL,
    VOLATILITY,
    odd_volatilities,
    thin_scenarios,
)
from analytics_platform.defs.dbt import parse_project
from analytics_platform.defs.resources import DuckDBResource
from analytics_platform_tests.defs.small_warehouse import (
    CORRECTED,
    FIRST,
    MONDAY,
    PROJECT,
    TUESDAY,
    WEDNESDAY,
    Warehouse,
    instrument,
    position,
    small_warehouse,
)


def limit(limit_id: str, portfolio_id: str, metric: str, **given: object) -> dict[str, object]:
    return {
        "limit_id": limit_id,
        "portfolio_id": portfolio_id,
        "metric": metric,
        "warning_rate": Decimal("0.8"),
        **given,
    }


LIMITS = [
    limit("DRAWDOWN", "BOOK", "drawdown_rate", upper=Decimal("0.1")),
    limit("LARGEST", "BOOK", "weight_rate", dimension="instrument", upper=Decimal("0.5")),
    limit("CASH", "BOOK", "weight_rate", dimension="asset_class", bucket="cash", lower=Decimal("0.05")),
    limit("LOST", "NOBODY", "gross_exposure_rate", upper=Decimal(1)),
    limit("OPEN", "BOOK", "gross_exposure_rate"),
    limit("UNHELD", "BOOK", "weight_rate", dimension="currency", bucket="EUR", upper=Decimal("0.1")),
    limit("TYPO", "BOOK", "weight_rate", dimension="currency", bucket="EURO", upper=Decimal("0.1")),
    limit("CRAHS", "BOOK", "stress_loss_rate", bucket="CRAHS", upper=Decimal("0.1")),
    limit("CRASH", "BOOK", "stress_loss_rate", bucket="CRASH", upper=Decimal("0.1")),
    limit("VAR", "BOOK", "value_at_risk_rate", confidence="0.99", upper=Decimal("0.03")),
]
OPTION_TERMS = {
    "instrument_id": "OPTION",
    "underlying_instrument_id": "STOCK",
    "option_type": "call",
    "exercise_style": "european",
    "strike_local": Decimal(10),
    "expiry_date": MONDAY,
}
CRASH = {"scenario_id": "CRASH", "factor_type": "equity", "factor_id": "ALL"}
MODELS = (
    "fct_data_quality_findings",
    "fct_liquidity",
    "fct_cash_flow_ladder",
    "rpt_limit_utilisation",
)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The small lake, with limits that cannot be looked at, and an option held past an end its terms tell."""
    target = tmp_path_factory.mktemp("target")
    parse_project(PROJECT, target)
    made = small_warehouse(target, tmp_path_factory.mktemp("quality"))
    unheld = {**instrument("ABROAD", "equity"), "currency": "EUR"}
    instruments = [instrument("STOCK", "equity"), instrument("CASH_USD", "cash"), unheld]
    made.deliver("instruments", [*instruments, instrument("OPTION", "option")], CORRECTED)
    made.deliver("option_terms", [OPTION_TERMS], CORRECTED)
    made.deliver("stress_shifts", [CRASH], FIRST)
    days = (MONDAY, TUESDAY, WEDNESDAY)
    held = [position(day, name, "100") for day in days for name in ("STOCK", "CASH_USD")]
    made.deliver("positions", [*held, position(TUESDAY, "OPTION", "1")], CORRECTED)
    made.deliver("limits", LIMITS, FIRST)
    made.dbt("run", "--select", *(f"+{model}" for model in MODELS))
    return made


def findings(warehouse: Warehouse, check_name: str) -> list[tuple[object, ...]]:
    rows = warehouse.read(
        "marts.fct_data_quality_findings",
        "check_name",
        "business_date",
        "portfolio_id",
        "instrument_id",
        "severity",
        "message",
    )
    return [row[1:] for row in rows if row[0] == check_name]


def test_an_option_that_is_held_after_its_expiry_is_found_once(warehouse: Warehouse) -> None:
    assert findings(warehouse, "held_after_end") == [
        (
            TUESDAY,
            "BOOK",
            "OPTION",
            "error",
            (
                "BOOK still holds 1.00 of OPTION, which ended on 2013-02-25: book its exercise or "
                "redemption, or correct its terms"
            ),
        )
    ]


def test_an_option_that_is_held_after_its_expiry_stops_the_run(warehouse: Warehouse) -> None:
    told = "break it: 1, .* 2013-02-26, portfolio_id BOOK, instrument_id OPTION, end_date 2013-02-25"
    with pytest.raises(AssertionError, match=told):
        warehouse.dbt("test", "--select", "nothing_held_after_its_end_fct_position_values_")


def test_each_held_position_without_a_price_is_found(warehouse: Warehouse) -> None:
    found = {row[:3] for row in findings(warehouse, "missing_price")}
    assert found == {(TUESDAY, "BOOK", "OPTION"), (WEDNESDAY, "BOOK", "STOCK")}


def test_a_limit_on_a_portfolio_that_nobody_delivered_is_found_and_missing(warehouse: Warehouse) -> None:
    found = findings(warehouse, "limit_unknown_portfolio")
    assert [row[0] for row in found] == [MONDAY, TUESDAY, WEDNESDAY]
    assert {row[4] for row in found} == {
        (
            "limit LOST names portfolio NOBODY, which nobody has delivered: correct the name, or deliver the "
            "portfolio"
        )
    }
    assert states(warehouse)[("LOST", MONDAY)] == ("missing", None, 1, "unknown portfolio NOBODY")


def test_a_limit_without_a_bound_is_found_and_missing(warehouse: Warehouse) -> None:
    found = findings(warehouse, "limit_incomplete")
    assert {row[4] for row in found} == {"limit OPEN has neither lower nor upper: nothing is limited"}
    assert states(warehouse)[("OPEN", TUESDAY)] == (
        "missing",
        None,
        2,
        "limit OPEN has neither lower nor upper",
    )


def test_a_limit_on_a_bucket_that_nothing_has_is_found_and_missing(warehouse: Warehouse) -> None:
    found = findings(warehouse, "limit_unknown_bucket")
    assert {row[0] for row in found} == {MONDAY, TUESDAY, WEDNESDAY}
    assert {row[4] for row in found} == {
        (
            "limit TYPO names currency EURO, which no instrument has: correct the name, or deliver an "
            "instrument with it"
        ),
        (
            "limit CRAHS names stress scenario CRAHS, which nobody has delivered: correct the name, or "
            "deliver the scenario"
        ),
    }
    of = states(warehouse)
    assert of[("TYPO", MONDAY)][::3] == ("missing", "limit TYPO names currency EURO, which no instrument has")
    assert of[("CRAHS", MONDAY)][::3] == ("missing", "no results of stress scenario CRAHS")


def test_a_bucket_that_exists_but_is_not_held_weighs_nothing(warehouse: Warehouse) -> None:
    assert states(warehouse)[("UNHELD", MONDAY)] == ("within", Decimal(0), 1, None)


def states(warehouse: Warehouse) -> dict[tuple[object, object], tuple[object, ...]]:
    rows = warehouse.read(
        "reporting.rpt_limit_utilisation",
        "limit_id",
        "business_date",
        "state",
        "value_rate",
        "n_sessions_in_state",
        "reason",
    )
    return {(row[0], row[1]): row[2:] for row in rows}


def test_limits_are_judged_by_hand_worked_values(warehouse: Warehouse) -> None:
    # Monday: 100 shares at 10 and 100 in cash: 1,000 / 1,100 and 100 / 1,100.
    of = states(warehouse)
    assert of[("LARGEST", MONDAY)][:2] == ("breach", Decimal("0.909090909091"))
    assert of[("CASH", MONDAY)][:2] == ("within", Decimal("0.090909090909"))


def test_what_rests_on_a_missing_price_is_missing_and_not_within(warehouse: Warehouse) -> None:
    state, value, _, reason = states(warehouse)[("LARGEST", WEDNESDAY)]
    assert (state, value) == ("missing", None)
    assert "no price of STOCK on 2013-02-27" in str(reason)


def test_a_limit_on_risk_without_risk_results_says_so(warehouse: Warehouse) -> None:
    assert states(warehouse)[("VAR", MONDAY)] == ("missing", None, 1, "no risk results")


def test_days_to_liquidate_say_how_many_sessions_they_rest_on(warehouse: Warehouse) -> None:
    rows = warehouse.read(
        "marts.fct_liquidity", "business_date", "instrument_id", "days_to_liquidate", "status", "reason"
    )
    told = {row[:2]: row[2:] for row in rows}
    # 100 shares at a fifth of 1,000 a day.
    assert told[(MONDAY, "STOCK")] == (
        Decimal("0.500000000000"),
        "warning",
        "volume of STOCK on 1 of 20 sessions",
    )
    assert told[(TUESDAY, "OPTION")] == (
        None,
        "missing",
        "no volume of OPTION in the 20 sessions to 2013-02-26",
    )


def checked(warehouse: Warehouse) -> dict[str, dg.AssetCheckEvaluation]:
    """Run the checks as Dagster does."""
    resources = {"warehouse": DuckDBResource(path=str(warehouse.folder / "warehouse.duckdb"))}
    definitions = dg.Definitions(
        assets=[dg.AssetSpec(FINDINGS)], asset_checks=[data_quality], resources=resources
    )
    job = definitions.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process()
    return {each.check_name: each for each in result.get_asset_check_evaluations()}


def test_every_rule_has_a_check_that_names_its_findings(warehouse: Warehouse) -> None:
    told = checked(warehouse)
    assert set(told) == {rule.name for rule in FOUND_BY_SQL}
    broken = {name for name, check in told.items() if not check.passed}
    expected = {
        "held_after_end",
        "missing_price",
        "limit_unknown_portfolio",
        "limit_incomplete",
        "limit_unknown_bucket",
    }
    assert broken >= expected
    assert broken <= {*expected, "position_jump"}
    assert told["missing_fx_rate"].passed
    assert told["missing_fx_rate"].severity == dg.AssetCheckSeverity.ERROR
    assert told["held_after_end"].severity == dg.AssetCheckSeverity.ERROR
    assert "OPTION" in str(told["held_after_end"].metadata["first findings"].value)


def test_a_custodian_break_within_tolerance_is_no_error() -> None:
    found = pl.DataFrame(
        {"business_date": [MONDAY], "severity": ["warning"], "message": ["within the tolerance"]}
    )
    rule = next(rule for rule in FOUND_BY_SQL if rule.name == "custodian_break")
    assert judged(rule, FINDINGS, found).severity == dg.AssetCheckSeverity.WARN


def test_only_the_sessions_of_the_run_are_judged() -> None:
    rows = pl.DataFrame({"business_date": [MONDAY, TUESDAY, WEDNESDAY]})
    tags = {
        "dagster/asset_partition_range_start": MONDAY.isoformat(),
        "dagster/asset_partition_range_end": TUESDAY.isoformat(),
    }
    assert of_run(rows, tags)["business_date"].to_list() == [MONDAY, TUESDAY]


def test_a_volatility_that_nobody_believes_is_found_and_a_missing_one_is_not() -> None:
    rows = pl.DataFrame(
        {
            "business_date": [MONDAY] * 5,
            "instrument_id": ["LOW", "LEAST", "MOST", "HIGH", "NONE"],
            "implied_volatility": [0.0099, 0.01, 3.0, 3.01, None],
        }
    )
    found = odd_volatilities(rows)
    assert found["instrument_id"].to_list() == ["HIGH", "LOW"]
    assert judged(VOLATILITY, FINDINGS, found).severity == dg.AssetCheckSeverity.WARN


@pytest.mark.parametrize(("n_missing", "is_thin"), [(1, False), (2, True)], ids=["95 %", "90 %"])
def test_scenarios_must_cover_19_of_20_instruments(n_missing: int, is_thin: bool) -> None:  # noqa: FBT001 - given by pytest
    status = ["missing"] * n_missing + ["ok"] * (19 - n_missing) + ["warning"]
    names = [f"I{number:02}" for number in range(20)]
    rows = pl.DataFrame({"business_date": [date(2013, 1, 3)] * 20, "instrument_id": names, "status": status})
    found = thin_scenarios(rows)
    assert (found.height == 1) is is_thin
    if is_thin:
        assert (
            found["message"][0]
            == "scenarios for 90.0 % of what is held; without: 2 instruments, such as I00, I01"
        )
        assert judged(COVERAGE, FINDINGS, found).severity == dg.AssetCheckSeverity.ERROR
