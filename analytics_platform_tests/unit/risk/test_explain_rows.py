"""P&L explain of positions: every part by hand, and what is said where a part is not known."""

from dataclasses import replace
from datetime import date
from math import log

import polars as pl
import pytest

from analytics_platform.risk.explain_rows import ExplainInputs, pnl_explains
from analytics_platform.risk.inputs import RiskInputs
from analytics_platform.tables.risk import INSTRUMENT_VALUATIONS
from analytics_platform.tables.risk_analysis import PNL_EXPLAINS
from analytics_platform_tests.unit.risk.risk_results import row, without

PARTS = [name for name in PNL_EXPLAINS.columns.names() if name.endswith("_pnl")]
FRIDAY, MONDAY = date(2013, 2, 22), date(2013, 2, 25)
PREVIOUS = {MONDAY: FRIDAY}
EURO = 0.75
YIELD, DURATION, CONVEXITY = 0.03, 7.9, 72.0
CLEAN, ACCRUED = 103.0, 1.7


def _valuation(day: date, name: str, **values: object) -> dict[str, object]:
    known = {"business_date": day, "instrument_id": name, "model": "price", "status": "ok"} | values
    return {column: known.get(column) for column in INSTRUMENT_VALUATIONS.columns}


VALUATIONS = pl.DataFrame(
    [
        _valuation(FRIDAY, "EQ_A", market_price_local=100.0),
        _valuation(
            FRIDAY, "OPT_B_PUT", implied_volatility=0.20, delta=-0.5, gamma=0.02, vega=30.0, theta=-10.0,
            rho=-12.0, underlying_price_local=200.0,
        ),
        _valuation(MONDAY, "OPT_B_PUT", implied_volatility=0.21),
        _valuation(
            FRIDAY, "BOND_10", market_price_local=CLEAN, accrued_local=ACCRUED, yield_rate=YIELD,
            modified_duration_years=DURATION, convexity_years2=CONVEXITY,
        ),
        _valuation(MONDAY, "BOND_10", yield_rate=0.0290),
    ],
    schema=INSTRUMENT_VALUATIONS.columns,
)  # fmt: skip
HELD = pl.DataFrame(
    [
        (FRIDAY, "P", "EQ_A", "equity", 10.0, 1.0, EURO),
        (FRIDAY, "P", "CASH_USD", "cash", 500.0, 1.0, EURO),
        (FRIDAY, "P", "OPT_B_PUT", "option", -2.0, 100.0, EURO),
        (FRIDAY, "P", "BOND_10", "bond", 10_000.0, 1.0, EURO),
    ],
    schema=["business_date", "portfolio_id", "instrument_id", "instrument_type", "quantity", "multiplier",
            "fx_rate"],
    orient="row",
)  # fmt: skip
PNL = pl.DataFrame(
    [
        # instrument, income, price, fx, cross, trading
        (MONDAY, "P", "EQ_A", 3.0, 15.0, -40.0, -1.0, 2.0),
        (MONDAY, "P", "CASH_USD", 0.0, 0.0, -20.0, 0.0, 0.0),
        (MONDAY, "P", "OPT_B_PUT", 0.0, 120.0, 0.0, 0.0, 0.0),
        (MONDAY, "P", "BOND_10", 0.0, 65.0, 0.0, 0.0, 0.0),
        (MONDAY, "P", "EQ_C", 0.0, 0.0, 0.0, 0.0, 9.0),
    ],
    schema=["business_date", "portfolio_id", "instrument_id", "income_base", "price_pnl_base", "fx_pnl_base",
            "cross_pnl_base", "trading_pnl_base"],
    orient="row",
).with_columns(
    base_currency=pl.lit("EUR"),
    pnl_base=pl.sum_horizontal(
        "income_base", "price_pnl_base", "fx_pnl_base", "cross_pnl_base", "trading_pnl_base"
    ),
    previous_market_value_base=pl.Series([750.0, 375.0, -3_000.0, 7_852.5, 0.0]),
    status=pl.lit("ok"),
    reason=pl.lit(None, pl.String),
)  # fmt: skip


@pytest.fixture(scope="module")
def explained(inputs: RiskInputs) -> ExplainInputs:
    """Positions over a weekend: EQ_B from 200 to 204, flat par yields from 2 % to 3 %."""
    tenors = inputs.curve_quotes["tenor"].unique(maintain_order=True).to_list()
    quotes = [(day, "UST_PAR", t, rate) for day, rate in ((FRIDAY, 0.02), (MONDAY, 0.03)) for t in tenors]
    prices = [(MONDAY, "EQ_A", 102.0), (MONDAY, "EQ_B", 204.0), (MONDAY, "OPT_B_PUT", 20.0)]
    prices += [(MONDAY, "BOND_10", 103.6), (MONDAY, "EQ_C", 30.0)]
    risk = replace(
        inputs,
        curve_quotes=pl.DataFrame(quotes, schema=inputs.curve_quotes.schema, orient="row"),
        prices=pl.DataFrame([(*price, "USD") for price in prices], schema=inputs.prices.schema, orient="row"),
        fx=pl.DataFrame([(FRIDAY, "USD", 1.0), (MONDAY, "USD", 1.0)], schema=inputs.fx.schema, orient="row"),
    )
    splits = pl.DataFrame(
        schema={"business_date": pl.Date, "instrument_id": pl.String, "split_ratio": pl.Float64}
    )
    return ExplainInputs(risk, HELD, PNL, VALUATIONS, splits)


@pytest.fixture(scope="module")
def rows(explained: ExplainInputs) -> pl.DataFrame:
    return pnl_explains(explained, PREVIOUS)


def test_parts_and_the_unexplained_rest_are_the_profit(rows: pl.DataFrame) -> None:
    PNL_EXPLAINS.schema.validate(rows)
    total = rows.select(pl.sum_horizontal(PARTS)).to_series().to_list()
    assert total == pytest.approx(rows["pnl"].to_list(), abs=1e-12)
    assert rows["instrument_id"].to_list() == sorted(PNL["instrument_id"])


def test_a_share_is_explained_by_its_delta_and_the_mart(rows: pl.DataFrame) -> None:
    found = row(rows, instrument_id="EQ_A")
    assert [found[name] for name in PARTS] == [15.0, 0.0, 0.0, 0.0, 0.0, -41.0, 3.0, 2.0, 0.0]
    assert (found["status"], found["reason"]) == ("ok", None)


def test_an_option_is_explained_by_each_greek_times_its_move(rows: pl.DataFrame) -> None:
    units = -2.0 * 100.0 * EURO
    found = row(rows, instrument_id="OPT_B_PUT")
    assert found["delta_pnl"] == pytest.approx(units * -0.5 * 4.0)
    assert found["gamma_pnl"] == pytest.approx(units * 0.5 * 0.02 * 4.0**2)
    assert found["vega_pnl"] == pytest.approx(units * 30.0 * 0.01)
    assert found["theta_pnl"] == pytest.approx(units * -10.0 * 3.0 / 365.0)
    # A flat par yield y of half-yearly coupons is the continuous zero rate 2 log(1 + y / 2).
    assert found["rho_pnl"] == pytest.approx(units * -12.0 * 2.0 * log(1.015 / 1.01))
    known = sum(float(str(found[f"{name}_pnl"])) for name in ("delta", "gamma", "vega", "theta", "rho"))
    assert found["unexplained_pnl"] == pytest.approx(120.0 - known)


def test_a_bond_is_explained_by_its_yield_and_by_time_at_the_old_yield(rows: pl.DataFrame) -> None:
    units, dirty = 10_000.0 / 100.0 * EURO, CLEAN + ACCRUED
    found = row(rows, instrument_id="BOND_10")
    assert (found["delta_pnl"], found["vega_pnl"]) == (0.0, 0.0)
    assert found["rho_pnl"] == pytest.approx(units * DURATION * dirty * 0.001)
    assert found["gamma_pnl"] == pytest.approx(units * 0.5 * CONVEXITY * dirty * 0.001**2)
    # At a yield of 3 %, 3 of 181 days before the coupon of 28 February: 20 coupons of 1.75 and 100.
    after = sum(1.75 * 1.015 ** -(3 / 181 + k) for k in range(20)) + 100.0 * 1.015 ** -(3 / 181 + 19)
    assert found["theta_pnl"] == pytest.approx(units * (after - dirty))


def test_what_was_not_held_has_only_trading(rows: pl.DataFrame) -> None:
    found = row(rows, instrument_id="EQ_C")
    assert [found[name] for name in PARTS] == [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0, 0.0]
    assert found["status"] == "ok"


def test_more_than_a_twentieth_and_the_floor_unexplained_is_a_warning_with_the_figures(
    explained: ExplainInputs,
) -> None:
    assert row(pnl_explains(explained, PREVIOUS), instrument_id="OPT_B_PUT")["status"] == "ok"
    found = row(pnl_explains(explained, PREVIOUS, floor=1.0), instrument_id="OPT_B_PUT")
    rest = round(float(str(found["unexplained_pnl"])), 2)
    assert abs(rest) > 0.05 * 120.0
    assert (found["status"], found["reason"]) == ("warning", f"unexplained {rest} of 120.0, limit 6.0")


def test_the_underlying_of_a_split_is_compared_on_its_old_shares(explained: ExplainInputs) -> None:
    prices = without(explained.risk.prices, instrument_id="EQ_B")
    halved = pl.DataFrame([(MONDAY, "EQ_B", 102.0, "USD")], schema=prices.schema, orient="row")
    splits = pl.DataFrame([(MONDAY, "EQ_B", 2.0)], schema=explained.splits.schema, orient="row")
    risk = replace(explained.risk, prices=pl.concat([prices, halved]))
    found = row(
        pnl_explains(replace(explained, risk=risk, splits=splits), PREVIOUS), instrument_id="OPT_B_PUT"
    )
    assert found["delta_pnl"] == pytest.approx(-2.0 * 100.0 * EURO * -0.5 * 4.0)


@pytest.mark.parametrize(
    ("day", "missing", "reason"),
    [
        (FRIDAY, set(PARTS[:5]), "no sensitivities on 2013-02-22"),
        (MONDAY, {"vega_pnl"}, "no implied volatility on 2013-02-25"),
    ],
    ids=["evening before", "evening after"],
)  # fmt: skip
def test_a_part_without_its_inputs_is_null_with_the_reason_and_stays_unexplained(
    explained: ExplainInputs, day: date, missing: set[str], reason: str
) -> None:
    lost = without(VALUATIONS, business_date=day, instrument_id="OPT_B_PUT")
    found = row(pnl_explains(replace(explained, valuations=lost), PREVIOUS), instrument_id="OPT_B_PUT")
    assert {name for name in PARTS if found[name] is None} == missing
    assert str(found["reason"]).startswith(reason)
    assert found["status"] == "warning"
    known = sum(float(str(found[name])) for name in PARTS if found[name] is not None)
    assert known == pytest.approx(120.0)


@pytest.mark.parametrize(
    ("name", "part", "price"), [("OPT_B_PUT", "delta_pnl", 120.0), ("BOND_10", "theta_pnl", 65.0)]
)
def test_what_expired_or_was_redeemed_has_its_whole_price_effect_in_one_part(
    explained: ExplainInputs, name: str, part: str, price: float
) -> None:
    risk = replace(explained.risk, prices=without(explained.risk.prices, instrument_id=name))
    valuations = without(VALUATIONS, business_date=MONDAY, instrument_id=name)
    ended = replace(explained, risk=risk, valuations=valuations)
    found = row(pnl_explains(ended, PREVIOUS, floor=1.0), instrument_id=name)
    assert {each: found[each] for each in PARTS} == dict.fromkeys(PARTS, 0.0) | {part: price}
    assert (found["status"], found["reason"]) == ("ok", None)


def test_an_option_that_still_has_a_price_on_its_last_day_is_explained_by_delta(
    explained: ExplainInputs,
) -> None:
    ends = pl.when(pl.col("instrument_id") == "OPT_B_PUT").then(MONDAY).otherwise("expiry_date")
    terms = explained.risk.option_terms.with_columns(expiry_date=ends)
    ended = replace(
        explained,
        risk=replace(explained.risk, option_terms=terms),
        valuations=without(VALUATIONS, business_date=MONDAY, instrument_id="OPT_B_PUT"),
    )
    found = row(pnl_explains(ended, PREVIOUS), instrument_id="OPT_B_PUT")
    assert (found["delta_pnl"], found["gamma_pnl"], found["unexplained_pnl"]) == (120.0, 0.0, 0.0)
    assert found["status"] == "ok"


@pytest.mark.parametrize("name", ["EQ_A", "OPT_B_PUT", "BOND_10"])
def test_a_position_whose_evening_before_was_not_built_says_so_and_its_parts_are_null(
    explained: ExplainInputs, name: str
) -> None:
    lost = replace(explained, holdings=without(HELD, instrument_id=name))
    found = row(pnl_explains(lost, PREVIOUS), instrument_id=name)
    mart = row(PNL, instrument_id=name)
    assert {each for each in PARTS if found[each] is None} == set(PARTS[:5])
    assert found["unexplained_pnl"] == pytest.approx(mart["price_pnl_base"])
    assert (found["status"], found["reason"]) == ("warning", "no holdings on 2013-02-22")


def test_without_any_holdings_of_the_evening_before_nothing_passes_for_new(explained: ExplainInputs) -> None:
    found = pnl_explains(replace(explained, holdings=HELD.clear()), PREVIOUS)
    assert found["status"].unique().to_list() == ["warning"]
    assert found["reason"].unique().to_list() == ["no holdings on 2013-02-22"]
    assert found.select(pl.col(PARTS[:5]).is_null().all()).row(0) == (True,) * 5


def test_without_a_profit_in_the_mart_all_is_missing_with_its_reason(explained: ExplainInputs) -> None:
    names = [name for name in PNL.columns if name.endswith("_base") or name == "pnl_base"]
    lost = PNL.with_columns(
        *(pl.lit(None, pl.Float64).alias(name) for name in names if name != "base_currency"),
        status=pl.lit("missing"),
        reason=pl.lit("no price of EQ_A on 2013-02-25"),
    )
    found = row(pnl_explains(replace(explained, position_pnl=lost), PREVIOUS), instrument_id="EQ_A")
    assert all(found[name] is None for name in ("pnl", *PARTS))
    assert (found["status"], found["reason"]) == ("missing", "no price of EQ_A on 2013-02-25")
