"""Instruments that cannot be valued, and what the risk step says of them."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from analytics_platform.risk.run import RiskInputs, revalue
from analytics_platform_tests.unit.risk.risk_results import N, row, without


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"exercise_style": "bermudan"}, "bermudan exercise: not supported yet"),
        ({"expiry_date": date(2013, 2, 25)}, "expired on 2013-02-25 but is still held"),
        ({"strike_local": 300.0}, "the option price is not above its discounted intrinsic value"),
        ({"underlying_instrument_id": "BOND_2"}, "option on BOND_2, bond: not supported yet"),
        ({"underlying_instrument_id": "GONE"}, "option on GONE, unknown instrument: not supported yet"),
    ],
    ids=["bermudan", "expired", "below intrinsic", "on a bond", "on nothing"],
)
def test_options_that_cannot_be_valued_say_why(
    inputs: RiskInputs, dates: list[date], change: dict[str, object], reason: str
) -> None:
    is_it = pl.col("instrument_id") == "OPT_A_CALL"
    terms = inputs.option_terms.with_columns(
        pl.when(is_it).then(pl.lit(value)).otherwise(name).alias(name) for name, value in change.items()
    )
    found, vectors = revalue(replace(inputs, option_terms=terms), [dates[-1]], n_scenarios=N)
    one = row(found, instrument_id="OPT_A_CALL")
    assert (one["status"], one["reason"], one["model"]) == ("missing", reason, "black_scholes_merton")
    assert row(vectors, instrument_id="OPT_A_CALL", currency="EUR")["unit_pnl"] is None
    assert row(found, instrument_id="OPT_A_PUT")["status"] == "ok"


def test_an_option_on_its_day_of_expiry_is_worth_its_intrinsic_value(
    inputs: RiskInputs, dates: list[date]
) -> None:
    day = dates[-1]
    terms = inputs.option_terms.with_columns(expiry_date=pl.lit(day))
    today = replace(
        inputs,
        option_terms=terms,
        prices=without(inputs.prices, instrument_id="OPT_A_CALL", business_date=day),
    )
    found, vectors = revalue(today, [day], n_scenarios=N)
    spot = row(inputs.prices, instrument_id="EQ_B", business_date=day)["close_local"]
    assert isinstance(spot, float)
    put = row(found, instrument_id="OPT_B_PUT")
    assert (put["status"], put["reason"]) == ("warning", "expires on this session: intrinsic value")
    assert put["model_price_local"] == pytest.approx(210.0 - spot, rel=1e-12)
    assert put["implied_volatility"] is None
    vector = row(vectors, instrument_id="OPT_B_PUT", currency="USD")
    assert vector["unit_value"] == pytest.approx(100.0 * (210.0 - spot), rel=1e-12)
    # Out of the money, and no price needed: it expires worthless in most scenarios.
    call = row(vectors, instrument_id="OPT_A_CALL", currency="USD")
    assert (call["status"], call["unit_value"]) == ("warning", 0.0)


def test_what_is_not_supported_or_unknown_is_missing_with_a_reason(
    inputs: RiskInputs, dates: list[date]
) -> None:
    day = dates[-1]
    kinds = inputs.instruments.with_columns(
        instrument_type=pl.when(pl.col("instrument_id") == "EQ_C")
        .then(pl.lit("warrant"))
        .otherwise("instrument_type")
    )
    changed = replace(
        inputs,
        instruments=without(kinds, instrument_id="EQ_B"),
        bond_terms=without(inputs.bond_terms, instrument_id="BOND_2"),
        bond_accruals=without(inputs.bond_accruals, instrument_id="BOND_10"),
        option_terms=without(inputs.option_terms, instrument_id="OPT_A_PUT"),
    )
    found, _vectors = revalue(changed, [day], n_scenarios=N)
    reasons = dict(found.filter(status="missing").select("instrument_id", "reason").iter_rows())
    assert reasons == {
        "EQ_C": "warrant: not supported yet",
        "EQ_B": "not among the instruments",
        "BOND_2": "no bond terms",
        "BOND_10": "no coupon schedule",
        "OPT_A_PUT": "no option terms",
        "OPT_B_PUT": "option on EQ_B, unknown instrument: not supported yet",
    }


def test_a_matured_bond_and_a_currency_without_a_curve_are_missing(
    inputs: RiskInputs, dates: list[date]
) -> None:
    old = inputs.bond_accruals.with_columns(
        pl.when(pl.col("instrument_id") == "BOND_2")
        .then(pl.col(name).dt.offset_by("-2y"))
        .otherwise(name)
        .alias(name)
        for name in ("accrual_start", "accrual_end", "pay_date")
    )
    found, _vectors = revalue(replace(inputs, bond_accruals=old), [dates[-1]], n_scenarios=N)
    assert row(found, instrument_id="BOND_2")["reason"] == "matured but is still held"
    found, _vectors = revalue(replace(inputs, discount_curves={}), [dates[-1]], n_scenarios=N)
    assert row(found, instrument_id="BOND_10")["reason"] == "no discount curve for USD"
    assert row(found, instrument_id="OPT_A_PUT")["reason"] == "no discount curve for USD"


def test_a_session_without_a_curve_has_no_bonds_and_options(inputs: RiskInputs, dates: list[date]) -> None:
    quotes = inputs.curve_quotes.with_columns(
        rate=pl.when(pl.col("business_date") == dates[-1]).then(-3.0).otherwise("rate")
    )
    for broken in (quotes, quotes.filter(pl.col("rate") > -3.0)):
        found, _vectors = revalue(replace(inputs, curve_quotes=broken), [dates[-1]], n_scenarios=N)
        lost = found.filter(status="missing")
        assert lost["reason"].unique().to_list() == ["no discount curve for USD"]
        assert lost["model"].n_unique() == 2
        assert len(lost) == 6
