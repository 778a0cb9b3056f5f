"""Accrued interest by SQL agrees with the kernel of the risk step, bond by bond and day by day."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from analytics_platform.calendars.sessions import calendar, trading_sessions_frame
from analytics_platform.defs.dbt import parse_project
from analytics_platform.risk.accruals import bond_schedule, flows_after
from analytics_platform.risk.schedules import bond_accruals
from analytics_platform_tests.defs.small_warehouse import FIRST, PROJECT, Warehouse, instrument

CONVENTIONS = ("ACT/ACT ICMA", "ACT/360", "ACT/365F", "30/360", "30/360 US", "30E/360")
DATED = {"MID": date(2011, 8, 15), "END": date(2011, 8, 31), "FEBRUARY": date(2012, 2, 29)}
MATURITY = {"MID": date(2014, 8, 15), "END": date(2014, 8, 31), "FEBRUARY": date(2014, 8, 31)}


def _terms() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "instrument_id": f"{name}_{place}",
                "coupon_rate": 0.045,
                "coupon_frequency": 2,
                "day_count": convention,
                "dated_date": dated,
                "first_coupon_date": None,
                "maturity_date": MATURITY[name],
                "redemption_per_100": 100.0,
                "settlement_days": 1,
            }
            for name, dated in DATED.items()
            for place, convention in enumerate(CONVENTIONS)
        ],
        schema_overrides={"first_coupon_date": pl.Date},
    )


@pytest.fixture(scope="module")
def accrued(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Interest of every bond on every day of a year of sessions, by SQL and by the kernel."""
    folder, target = tmp_path_factory.mktemp("accrued"), tmp_path_factory.mktemp("accrued_target")
    parse_project(PROJECT, target)
    made = Warehouse(folder, target, (target / "partial_parse.msgpack").read_bytes())
    terms, sessions = _terms(), calendar("XNYS").sessions(date(2012, 3, 1), date(2013, 3, 1))
    names = terms["instrument_id"].to_list()
    made.deliver("instruments", [instrument(name, "bond") for name in names], FIRST)
    numbers = {name: pl.col(name).cast(pl.Decimal(20, 8)) for name in ("coupon_rate", "redemption_per_100")}
    made.deliver("bond_terms", terms.with_columns(**numbers).to_dicts(), FIRST)
    periods = bond_accruals(terms)
    made.deliver("bond_accruals", periods.to_dicts(), FIRST)
    quoted = {"price_type": "clean", "close_local": Decimal(100), "currency": "USD"}
    prices = [{"business_date": day, "instrument_id": name, **quoted} for day in sessions for name in names]
    made.deliver("prices", prices, FIRST, sessions[0], sessions[-1])
    made.deliver("trading_sessions", trading_sessions_frame(calendar("XNYS")).to_dicts(), FIRST)
    made.dbt("run", "--select", "+int_unit_values")
    rows = made.read(
        "intermediate.int_unit_values", "business_date", "instrument_id", "accrued_local", "reason"
    )
    by_name = periods.partition_by("instrument_id", as_dict=True)
    schedules = {
        row["instrument_id"]: bond_schedule(
            by_name[row["instrument_id"],], coupon_frequency=2, day_count=row["day_count"]
        )
        for row in terms.iter_rows(named=True)
    }
    found = []
    for day, name, by_sql, reason in rows:
        assert isinstance(day, date)
        assert isinstance(name, str)
        flows = flows_after(schedules[name], day)
        assert flows is not None
        found.append({"day": day, "name": name, "sql": by_sql, "kernel": flows.accrued, "reason": reason})
    return pl.DataFrame(found).with_columns(pl.col("sql").cast(pl.Float64))


def test_sql_and_kernel_agree_on_every_bond_and_day(accrued: pl.DataFrame) -> None:
    assert accrued["reason"].null_count() == accrued.height
    assert accrued.height == 18 * 251  # bonds and sessions
    apart = accrued.filter((pl.col("sql") - pl.col("kernel")).abs() > 1e-8)
    assert apart.is_empty(), apart


def test_conventions_differ_where_they_should(accrued: pl.DataFrame) -> None:
    on = accrued.filter(day=date(2012, 10, 1), name=pl.col("name")).sort("name")
    by_name = dict(zip(on["name"], on["sql"], strict=True))
    # From 31 August to 1 October: 31 days of 181 that are counted, or 31 of 180 from the 30th.
    assert by_name["END_0"] == pytest.approx(2.25 * 31 / 181, abs=1e-10)
    assert by_name["END_3"] == pytest.approx(0.045 * 100 * 31 / 360, abs=1e-8)
    assert by_name["END_1"] == pytest.approx(4.5 * 31 / 360, abs=1e-8)
    assert by_name["END_2"] == pytest.approx(4.5 * 31 / 365, abs=1e-8)
