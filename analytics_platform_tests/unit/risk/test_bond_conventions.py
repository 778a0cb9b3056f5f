"""Bonds by convention: first and last periods, ex dividend, day counts; published values and QuantLib."""

from datetime import date, timedelta

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_platform.risk.accruals import BondSchedule, bond_schedule, flows_after, with_ex_dividend
from analytics_platform.risk.bonds import (
    BondTable,
    YieldConvention,
    bond_sensitivities,
    bond_table,
    bond_yield,
    clean_price,
    dirty_price,
)
from analytics_platform.risk.schedules import bond_periods

STREET, US_TREASURY = YieldConvention.STREET, YieldConvention.US_TREASURY
SIMPLE_LAST = YieldConvention.STREET_SIMPLE_LAST
ICMA = "ACT/ACT ICMA"
MONTH_END = True


def schedule(  # noqa: PLR0913, PLR0917 - a bond has this many terms
    dated: date,
    maturity: date,
    coupon: float,
    first_coupon: date | None = None,
    day_count: str = ICMA,
    frequency: int = 2,
) -> BondSchedule:
    periods = bond_periods(
        dated_date=dated,
        maturity_date=maturity,
        coupon_rate=coupon,
        coupon_frequency=frequency,
        day_count=day_count,
        first_coupon_date=first_coupon,
    )
    return bond_schedule(periods, coupon_frequency=frequency, day_count=day_count)


def table(one: BondSchedule, settlement: date) -> BondTable:
    flows = flows_after(one, settlement)
    assert flows is not None
    return bond_table([flows])


@pytest.mark.parametrize(
    ("dated", "maturity", "coupon", "first", "settlement", "rate", "accrued", "price"),
    [
        pytest.param(
            date(1990, 3, 1), date(1995, 5, 15), 0.085, date(1990, 11, 15), date(1990, 3, 1),
            0.0853, 0.0, 99.805118, id="II.C long first period",
        ),
        pytest.param(
            date(1985, 11, 15), date(1995, 11, 15), 0.095, None, date(1985, 11, 29),
            0.0954, 0.367403, 99.730918, id="II.D reopening",
        ),
        pytest.param(
            date(1985, 7, 2), date(2005, 8, 15), 0.1075, date(1986, 2, 15), date(1985, 11, 4),
            0.1047, 3.672798, 102.214586, id="II.E reopening in a long first period",
        ),
    ],
)  # fmt: skip
def test_treasury_prices_are_the_published_ones(  # noqa: PLR0913, PLR0917 - the columns of the table
    dated: date,
    maturity: date,
    coupon: float,
    first: date | None,
    settlement: date,
    rate: float,
    accrued: float,
    price: float,
) -> None:
    """31 CFR 356 Appendix B, section II."""
    bonds = table(schedule(dated, maturity, coupon, first), settlement)
    assert bonds.accrued[0] == pytest.approx(accrued, abs=5e-7)
    assert clean_price(bonds, rate, US_TREASURY)[0] == pytest.approx(price, abs=1e-6)
    assert bond_yield(bonds, price, US_TREASURY).yields[0] == pytest.approx(rate, abs=2e-9)


def test_treasury_and_street_differ_by_the_stub() -> None:
    # RISK.md section 4: 7.65e-3 per 100 on the example with a broken first period (II.D).
    bonds = table(schedule(date(1985, 11, 15), date(1995, 11, 15), 0.095), date(1985, 11, 29))
    gap = clean_price(bonds, 0.0954, STREET) - clean_price(bonds, 0.0954, US_TREASURY)
    assert gap[0] == pytest.approx(7.65e-3, abs=1e-5)


GILT_2015 = with_ex_dividend(schedule(date(1998, 12, 7), date(2015, 12, 7), 0.08), 11)
GILT_2004 = with_ex_dividend(schedule(date(1998, 11, 26), date(2004, 11, 26), 0.0675), 8)


@pytest.mark.parametrize(
    ("gilt", "rate", "settlement", "expected"),
    [
        pytest.param(GILT_2015, 0.04445, date(1999, 5, 24), 145.012268, id="1.1 before"),
        pytest.param(GILT_2015, 0.04445, date(1999, 5, 26), 145.047301, id="1.2 last day with coupon"),
        pytest.param(GILT_2015, 0.04445, date(1999, 5, 27), 141.070132, id="1.3 ex dividend"),
        pytest.param(GILT_2015, 0.04445, date(1999, 6, 7), 141.257676, id="1.4 coupon date"),
        pytest.param(GILT_2004, 0.04634, date(1999, 5, 10), 113.315543, id="2.1 before"),
        pytest.param(GILT_2004, 0.04634, date(1999, 5, 17), 113.415969, id="2.2 last day with coupon"),
        pytest.param(GILT_2004, 0.04634, date(1999, 5, 18), 110.058738, id="2.3 ex dividend"),
        pytest.param(GILT_2004, 0.04634, date(1999, 5, 26), 110.170218, id="2.4 coupon date"),
    ],
)
def test_gilts_ex_dividend_are_the_published_ones(
    gilt: BondSchedule, rate: float, settlement: date, expected: float
) -> None:
    """UK Debt Management Office, "Formulae for calculating gilt prices from yields", worked examples."""
    bonds = table(gilt, settlement)
    assert dirty_price(bonds, rate)[0] == pytest.approx(expected, abs=5e-7)
    found = bond_yield(bonds, dirty_price(bonds, rate) - bonds.accrued)
    assert found.yields[0] == pytest.approx(rate, abs=1e-12)


def test_accrued_interest_is_negative_ex_dividend_by_hand() -> None:
    # 27 May to 7 June: 11 of the 182 days of the half year are not the buyer's.
    assert table(GILT_2015, date(1999, 5, 27)).accrued[0] == pytest.approx(-4.0 * 11 / 182, abs=1e-12)
    assert table(GILT_2015, date(1999, 5, 26)).accrued[0] == pytest.approx(4.0 * 170 / 182, abs=1e-12)
    first = flows_after(GILT_2015, date(2014, 12, 10))
    assert first is not None
    assert first.periods == pytest.approx([179 / 182, 179 / 182 + 1.0], abs=1e-15)
    last = flows_after(GILT_2015, date(2015, 12, 1))
    assert last is not None
    assert last.amounts.tolist() == [100.0]


@pytest.mark.parametrize("days", [100, 169, 170, 175, 183])
def test_ex_dividend_prices_agree_with_quantlib(days: int) -> None:
    dated, maturity = date(2010, 5, 15), date(2016, 5, 15)
    settlement = dated + timedelta(days=days)
    bonds = table(with_ex_dividend(schedule(dated, maturity, 0.06), 14), settlement)
    start, end, today = (ql.Date.from_date(day) for day in (dated, maturity, settlement))
    dates = ql.Schedule(
        start, end, ql.Period(6, ql.Months), ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted,
        ql.DateGeneration.Backward, not MONTH_END,
    )  # fmt: skip
    counter = ql.ActualActual(ql.ActualActual.ISMA, dates)
    theirs = ql.FixedRateBond(
        0, 100.0, dates, [0.06], counter, ql.Unadjusted, 100.0, start, ql.NullCalendar(),
        ql.Period(14, ql.Days), ql.NullCalendar(), ql.Unadjusted, not MONTH_END,
    )  # fmt: skip
    ql.Settings.instance().evaluationDate = today
    assert bonds.accrued[0] == pytest.approx(theirs.accruedAmount(today), abs=1e-12)
    expected = ql.BondFunctions.cleanPrice(theirs, 0.05, counter, ql.Compounded, ql.Semiannual, today)
    assert clean_price(bonds, 0.05)[0] == pytest.approx(expected, abs=1e-10)


def test_only_the_last_period_is_simple_on_request() -> None:
    one = schedule(date(2010, 5, 15), date(2013, 5, 15), 0.06)
    last, before = table(one, date(2013, 1, 15)), table(one, date(2012, 11, 14))
    share = 120 / 181
    assert dirty_price(last, 0.05, SIMPLE_LAST)[0] == pytest.approx(103.0 / (1.0 + share * 0.025), abs=1e-11)
    assert dirty_price(last, 0.05, STREET)[0] == pytest.approx(103.0 / 1.025**share, abs=1e-11)
    assert dirty_price(before, 0.05, SIMPLE_LAST)[0] == dirty_price(before, 0.05, STREET)[0]
    found = bond_sensitivities(last, 0.05, SIMPLE_LAST)
    assert found.modified_duration[0] == pytest.approx(share / 2 / (1.0 + share * 0.025), abs=1e-13)
    assert found.convexity[0] == pytest.approx(2.0 * found.modified_duration[0] ** 2, abs=1e-13)


@pytest.mark.parametrize(
    ("day_count", "counter"),
    [
        ("ACT/ACT ISDA", ql.ActualActual(ql.ActualActual.ISDA)),
        ("30/360", ql.Thirty360(ql.Thirty360.BondBasis)),
        ("30/360 US", ql.Thirty360(ql.Thirty360.USA)),
        ("30E/360", ql.Thirty360(ql.Thirty360.European)),
        ("ACT/360", ql.Actual360()),
        ("ACT/365F", ql.Actual365Fixed()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_accrued_interest_agrees_with_quantlib_by_day_count(day_count: str, counter: ql.DayCounter) -> None:
    dated, maturity = date(2006, 8, 31), date(2012, 2, 29)
    dates = ql.Schedule(
        ql.Date.from_date(dated), ql.Date.from_date(maturity), ql.Period(6, ql.Months), ql.NullCalendar(),
        ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.Backward, MONTH_END,
    )  # fmt: skip
    theirs = ql.FixedRateBond(0, 100.0, dates, [0.06], counter, ql.Unadjusted)
    one = schedule(dated, maturity, 0.06, day_count=day_count)
    for days in (0, 17, 123, 181, 300, 545, 700):
        settlement = dated + timedelta(days=days)
        expected = theirs.accruedAmount(ql.Date.from_date(settlement))
        assert table(one, settlement).accrued[0] == pytest.approx(expected, abs=1e-11), settlement


COUPONS = [schedule(date(2000, 2, 29), date(2014, 2, 28), coupon) for coupon in (0.0, 0.04, 0.12)]


@settings(max_examples=60)
@given(
    one=st.sampled_from(COUPONS),
    rates=st.tuples(st.floats(-0.05, 0.5), st.floats(-0.05, 0.5)),
    days=st.integers(0, 5_000),
    convention=st.sampled_from(YieldConvention),
)
def test_prices_fall_as_yields_rise(
    one: BondSchedule, rates: tuple[float, float], days: int, convention: YieldConvention
) -> None:
    bonds = table(one, date(2000, 2, 29) + timedelta(days))
    low, high = sorted(rates)
    cheap, dear = (dirty_price(bonds, rate, convention)[0] for rate in (high, low))
    assert cheap < dear or high - low < 1e-9
    found = bond_sensitivities(bonds, low, convention)
    assert found.dv01[0] > 0.0
    assert found.modified_duration[0] > 0.0
    assert found.convexity[0] > 0.0


def test_yields_of_many_bonds_do_not_depend_on_their_company() -> None:
    chance = np.random.default_rng(5)
    flows = []
    for _ in range(60):
        maturity = date(int(chance.integers(2014, 2043)), int(chance.integers(1, 13)), 15)
        one = schedule(date(2012, 1, 15), maturity, float(chance.uniform(0.0, 0.1)))
        found = flows_after(one, date(2013, 3, 1))
        assert found is not None
        flows.append(found)
    prices = chance.uniform(60.0, 140.0, 60)
    together = bond_yield(bond_table(flows), prices)
    apart = [bond_yield(bond_table([f]), p).yields[0] for f, p in zip(flows, prices, strict=True)]
    assert together.is_ok.all()
    assert together.yields == pytest.approx(np.array(apart), abs=1e-13)
    assert clean_price(bond_table(flows), together.yields) == pytest.approx(prices, rel=1e-13)


@pytest.mark.parametrize("clean", [1e-6, 0.5, 400.0, 5e4])
def test_absurd_prices_still_have_a_yield(clean: float) -> None:
    bonds = table(schedule(date(2010, 5, 15), date(2040, 5, 15), 0.05), date(2010, 5, 15))
    found = bond_yield(bonds, clean)
    assert found.is_ok.all()
    assert dirty_price(bonds, found.yields)[0] == pytest.approx(clean, rel=1e-10)
