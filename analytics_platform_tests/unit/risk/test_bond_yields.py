"""Bond prices, yields and sensitivities: published values, QuantLib, round trips."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.risk.accruals import bond_schedule, flows_after
from analytics_platform.risk.bonds import (
    BondTable,
    YieldConvention,
    bond_sensitivities,
    bond_table,
    bond_yield,
    clean_price,
    dirty_price,
)
from analytics_platform.risk.schedules import bond_accruals, bond_periods

STREET, US_TREASURY = YieldConvention.STREET, YieldConvention.US_TREASURY


@dataclass(frozen=True)
class Bond:
    """Terms of a bond with a day of settlement."""

    settlement: date
    dated: date
    maturity: date
    coupon: float
    first_coupon: date | None = None
    frequency: int = 2
    day_count: str = "ACT/ACT ICMA"


def table(bond: Bond) -> BondTable:
    periods = bond_periods(
        dated_date=bond.dated,
        maturity_date=bond.maturity,
        coupon_rate=bond.coupon,
        coupon_frequency=bond.frequency,
        day_count=bond.day_count,
        first_coupon_date=bond.first_coupon,
    )
    schedule = bond_schedule(periods, coupon_frequency=bond.frequency, day_count=bond.day_count)
    flows = flows_after(schedule, bond.settlement)
    assert flows is not None
    return bond_table([flows])


CFR_A = Bond(date(1990, 5, 15), date(1990, 5, 15), date(2020, 5, 15), 0.0875)
CFR_B = Bond(date(1990, 4, 2), date(1990, 4, 2), date(1992, 3, 31), 0.085, first_coupon=date(1990, 9, 30))
CACHED_1 = Bond(date(2004, 11, 23), date(2004, 10, 31), date(2006, 10, 31), 0.025)
CACHED_2 = Bond(date(2004, 11, 23), date(2004, 11, 15), date(2009, 11, 15), 0.035)


@pytest.mark.parametrize(
    ("bond", "bond_yield_rate", "convention", "expected", "tolerance"),
    [
        pytest.param(CFR_A, 0.0884, US_TREASURY, 99.057893, 5e-7, id="31 CFR 356 App. B II.A"),
        pytest.param(CFR_B, 0.0859, US_TREASURY, 99.838183, 5e-7, id="31 CFR 356 App. B II.B"),
        pytest.param(CACHED_1, 0.02925, STREET, 99.204505, 1e-6, id="QuantLib bonds.cpp testCached 1"),
        pytest.param(CACHED_2, 0.03569, STREET, 99.687192, 1e-6, id="QuantLib bonds.cpp testCached 2"),
    ],
)
def test_clean_prices_are_the_published_ones(
    bond: Bond,
    bond_yield_rate: float,
    convention: YieldConvention,
    expected: float,
    tolerance: float,
) -> None:
    bonds = table(bond)
    assert clean_price(bonds, bond_yield_rate, convention)[0] == pytest.approx(expected, abs=tolerance)
    found = bond_yield(bonds, clean_price(bonds, bond_yield_rate, convention), convention)
    assert found.yields[0] == pytest.approx(bond_yield_rate, abs=1e-12)


def test_a_long_first_period_by_hand() -> None:
    # Dated 1 March 1990, first coupon 15 November: a half year from 15 May (184 days) and 75 of the 181
    # days before it. Redemption at par with the first coupon; 31 CFR 356 App. B II.C puts the yield's
    # broken part at simple and the whole half year at compound interest.
    coupon_day = date(1990, 11, 15)
    bond = Bond(date(1990, 3, 1), date(1990, 3, 1), coupon_day, 0.08, first_coupon=coupon_day)
    bonds = table(bond)
    amount = 100.0 + 4.0 * (1.0 + 75 / 181)
    treasury = amount / ((1.0 + 75 / 181 * 0.045) * 1.045)
    street = amount / 1.045 ** (1.0 + 75 / 181)
    assert dirty_price(bonds, 0.09, US_TREASURY)[0] == pytest.approx(treasury, abs=1e-11)
    assert dirty_price(bonds, 0.09, STREET)[0] == pytest.approx(street, abs=1e-11)
    # On 1 June the whole 75 days and 17 of 184 have accrued.
    later = table(replace(bond, settlement=date(1990, 6, 1)))
    assert later.accrued[0] == pytest.approx(4.0 * (75 / 181 + 17 / 184), abs=1e-12)


@pytest.mark.parametrize("bond", [CFR_A, CFR_B, CACHED_1], ids=["regular", "short first", "month end"])
@pytest.mark.parametrize("days", [0, 1, 100, 250])
def test_prices_and_accrued_interest_agree_with_quantlib(bond: Bond, days: int) -> None:
    settlement = bond.dated + timedelta(days=days)
    bonds = table(replace(bond, settlement=settlement))
    start, end, today = (ql.Date(d.day, d.month, d.year) for d in (bond.dated, bond.maturity, settlement))
    first = bond.first_coupon
    schedule = ql.Schedule(
        start, end, ql.Period(6, ql.Months), ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted,
        ql.DateGeneration.Backward, ql.Date.isEndOfMonth(end),
        ql.Date(first.day, first.month, first.year) if first else ql.Date(),
    )  # fmt: skip
    counter = ql.ActualActual(ql.ActualActual.ISMA, schedule)
    theirs = ql.FixedRateBond(0, 100.0, schedule, [bond.coupon], counter, ql.Unadjusted)
    ql.Settings.instance().evaluationDate = today
    assert bonds.accrued[0] == pytest.approx(theirs.accruedAmount(today), abs=1e-12)
    expected = ql.BondFunctions.cleanPrice(theirs, 0.07, counter, ql.Compounded, ql.Semiannual, today)
    assert clean_price(bonds, 0.07)[0] == pytest.approx(expected, abs=1e-10)


@given(
    coupon=st.floats(0.0, 0.15),
    rate=st.floats(-0.02, 0.4),
    years=st.integers(1, 40),
    day=st.integers(0, 360),
    convention=st.sampled_from(YieldConvention),
)
def test_yields_come_back_from_prices(
    coupon: float, rate: float, years: int, day: int, convention: YieldConvention
) -> None:
    dated, maturity = date(2012, 5, 15), date(2012 + years, 5, 15)
    bonds = table(Bond(dated + timedelta(days=day), dated, maturity, coupon))
    found = bond_yield(bonds, clean_price(bonds, rate, convention), convention)
    assert found.is_ok.all()
    assert clean_price(bonds, found.yields, convention) == pytest.approx(
        clean_price(bonds, rate, convention), rel=1e-12, abs=1e-12
    )
    assert found.yields[0] == pytest.approx(rate, abs=1e-9)


@pytest.mark.parametrize("convention", YieldConvention)
def test_duration_and_convexity_are_slopes_and_dv01_is_positive(convention: YieldConvention) -> None:
    bonds = table(replace(CFR_B, settlement=date(1990, 6, 20)))
    price = dirty_price(bonds, 0.08, convention)[0]
    up, down = (dirty_price(bonds, 0.08 + h, convention)[0] for h in (1e-4, -1e-4))
    found = bond_sensitivities(bonds, 0.08, convention)
    assert found.modified_duration[0] == pytest.approx(-(up - down) / 2e-4 / price, rel=1e-7)
    assert found.convexity[0] == pytest.approx((up + down - 2 * price) / 1e-8 / price, rel=1e-5)
    assert found.dv01[0] == pytest.approx((down - up) / 2, abs=1e-13)
    assert found.dv01[0] > 0


def test_a_zero_coupon_bond_compounds_twice_a_year() -> None:
    bonds = table(Bond(date(2013, 2, 15), date(2010, 2, 15), date(2023, 2, 15), 0.0, frequency=0))
    assert dirty_price(bonds, 0.04)[0] == pytest.approx(100 * 1.02**-20, abs=1e-11)
    assert bonds.accrued[0] == 0.0
    # Duration of a single payment: its years over one period's growth.
    assert bond_sensitivities(bonds, 0.04).modified_duration[0] == pytest.approx(10 / 1.02, abs=1e-12)


@pytest.mark.parametrize(
    ("day_count", "expected"),
    [
        # 31 January to 15 April: 74 actual days, 75 days of 30/360 (SIFMA).
        ("30/360", 6.0 * 75 / 360),
        ("ACT/360", 6.0 * 74 / 360),
        ("ACT/365F", 6.0 * 74 / 365),
        ("ACT/ACT ICMA", 3.0 * 74 / 181),
    ],
)
def test_interest_accrues_by_the_day_count(day_count: str, expected: float) -> None:
    bonds = table(Bond(date(2013, 4, 15), date(2013, 1, 31), date(2018, 7, 31), 0.06, day_count=day_count))
    assert bonds.accrued[0] == pytest.approx(expected, abs=1e-12)


def test_a_coupon_day_starts_a_new_period_and_maturity_leaves_nothing() -> None:
    periods = bond_periods(
        dated_date=date(2010, 5, 15),
        maturity_date=date(2013, 5, 15),
        coupon_rate=0.04,
        coupon_frequency=2,
        day_count="ACT/ACT ICMA",
    )
    schedule = bond_schedule(periods, coupon_frequency=2, day_count="ACT/ACT ICMA")
    flows = flows_after(schedule, date(2012, 11, 15))
    assert flows is not None
    assert flows.accrued == 0.0
    assert flows.amounts.tolist() == [102.0]
    assert flows.periods.tolist() == [1.0]
    assert flows_after(schedule, date(2013, 5, 15)) is None
    with pytest.raises(ValueError, match="before the dated date 2010-05-15"):
        flows_after(schedule, date(2010, 5, 14))


def test_a_coupon_that_a_holiday_delays_belongs_to_the_holder_of_the_coupon_date() -> None:
    # 15 October 2011 is a Saturday, paid on Monday 17th; on that Monday nothing of it is left.
    periods = bond_periods(
        dated_date=date(2010, 10, 15),
        maturity_date=date(2014, 10, 15),
        coupon_rate=0.04,
        coupon_frequency=2,
        day_count="ACT/ACT ICMA",
    )
    assert periods.filter(pl.col("accrual_end") == date(2011, 10, 15))["pay_date"].item() == date(
        2011, 10, 17
    )
    schedule = bond_schedule(periods, coupon_frequency=2, day_count="ACT/ACT ICMA")
    friday, monday = (flows_after(schedule, date(2011, 10, day)) for day in (14, 17))
    assert friday is not None
    assert monday is not None
    assert (friday.amounts.size, monday.amounts.size) == (7, 6)
    assert friday.days[0] == 3
    assert monday.accrued == pytest.approx(2.0 * 2 / 183, abs=1e-12)


def test_bonds_without_a_yield_are_marked() -> None:
    bonds = table(CFR_A)
    for price in (-5.0, 0.0, float("nan")):
        found = bond_yield(bonds, price)
        assert not found.is_ok[0]
        assert np.isnan(found.yields[0])
    with pytest.raises(ValueError, match="yield"):
        clean_price(bonds, float("nan"))


def test_schedules_of_many_bonds_are_one_sorted_frame() -> None:
    terms = pl.DataFrame(
        {
            "instrument_id": ["B", "A"],
            "coupon_rate": [0.02, 0.0],
            "coupon_frequency": [2, 0],
            "day_count": ["ACT/ACT ICMA"] * 2,
            "dated_date": [date(2013, 1, 31), date(2013, 1, 31)],
            "first_coupon_date": pl.Series([None, None], dtype=pl.Date),
            "maturity_date": [date(2014, 1, 31), date(2015, 1, 31)],
            "redemption_per_100": [100.0, 100.0],
        }
    )
    frame = bond_accruals(terms)
    assert frame.select("instrument_id", "accrual_end", "coupon_per_100", "redemption_per_100").rows() == [
        ("A", date(2015, 1, 31), 0.0, 100.0),
        ("B", date(2013, 7, 31), pytest.approx(1.0, abs=1e-12), 0.0),
        ("B", date(2014, 1, 31), pytest.approx(1.0, abs=1e-12), 100.0),
    ]
    assert bond_accruals(terms.clear()).is_empty()
    with pytest.raises(ValueError, match="bond B: dates out of order"):
        bond_accruals(terms.with_columns(maturity_date=pl.lit(date(2012, 1, 1))).filter(instrument_id="B"))
    with pytest.raises(ValueError, match="bond B: 5 coupons a year"):
        bond_accruals(terms.with_columns(coupon_frequency=pl.lit(5)).filter(instrument_id="B"))


def test_coupon_dates_run_back_from_maturity() -> None:
    periods = bond_periods(
        dated_date=date(2012, 12, 3),
        maturity_date=date(2014, 2, 28),
        coupon_rate=0.04,
        coupon_frequency=2,
        day_count="ACT/ACT ICMA",
    )
    # The maturity is a month's end, so all coupons are; the first period is short: 87 of 181 days.
    assert periods["accrual_end"].to_list() == [date(2013, 2, 28), date(2013, 8, 31), date(2014, 2, 28)]
    assert periods["coupon_per_100"].to_list() == pytest.approx([2.0 * 87 / 181, 2.0, 2.0], abs=1e-12)
