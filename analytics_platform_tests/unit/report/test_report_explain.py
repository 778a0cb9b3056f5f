"""P&L explain: instruments of a portfolio, and portfolios below a node in its currency, by known numbers."""

from dataclasses import replace

import polars as pl
import pytest

from analytics_platform.report.data import ReportData
from analytics_platform.report.format import DASH, MINUS
from analytics_platform.report.pages import portfolio_page
from analytics_platform_tests.unit.report.demo_frames import demo_data
from analytics_platform_tests.unit.report.demo_holdings import SESSION
from analytics_platform_tests.unit.report.reading import cells_of, text_of

EFFECTS = ("delta", "gamma", "vega", "theta", "rho", "fx", "income", "trading", "unexplained")
NAMES = ("pnl", *(f"{effect}_pnl" for effect in EFFECTS))
US = (100.0, 60.0, 10.0, 5.0, -3.0, 2.0, 4.0, 1.0, 1.0, 20.0)
EUR = (40.0, 30.0, 0.0, 0.0, 0.0, 0.0, 8.0, 2.0, 0.0, 0.0)
EQUITY_PNL = 175.0
NODE = {"EQUITY": EQUITY_PNL, "EQ_US": 100.0, "EQ_EUR": 40.0}


def _data(rows: dict[str, tuple[float | None, ...]], *, rate: float | None = 0.8) -> ReportData:
    """Two portfolios below EQUITY: EQ_US in dollars, EQ_EUR in euros at 1.25 dollars a euro."""
    explained = pl.DataFrame(
        [
            {"business_date": SESSION, "portfolio_id": key, "instrument_id": "EQ_AAPL"}
            | dict(zip(NAMES, values, strict=True))
            | {"status": "ok" if values[1] is not None else "missing", "reason": None}
            for key, values in rows.items()
        ],
        schema_overrides={"reason": pl.String} | dict.fromkeys(NAMES, pl.Float64),
    ).with_columns(
        reason=pl.when(pl.col("status") == "missing").then(pl.lit("no sensitivities")).otherwise(None)
    )
    valued = pl.DataFrame(
        {
            "business_date": [SESSION],
            "portfolio_id": ["EQ_EUR"],
            "instrument_id": ["EQ_AAPL"],
            "currency": ["USD"],
            "base_currency": ["EUR"],
            "quantity": [1.0],
            "multiplier": [1.0],
            "fx_rate": [rate],
        },
        schema_overrides={"fx_rate": pl.Float64},
    )
    data = demo_data()
    pnl = pl.col("portfolio_id").replace_strict(NODE, default=None, return_dtype=pl.Float64)
    risk = data.portfolio_risk.with_columns(
        day_pnl_base=pl.when(pl.col("business_date") == SESSION).then(pnl).otherwise(None)
    )
    return replace(data, portfolio_risk=risk, analyses={"pnl_explains": explained, "position_values": valued})


def _lines(data: ReportData, key: str) -> dict[str, list[str]]:
    part = portfolio_page(data, key).split('id="explain"')[1].split("</section>")[0]
    return {cells[0]: cells[1:] for cells in cells_of(part)[1:]}


def test_a_portfolio_with_positions_is_explained_by_instrument_with_its_unexplained_share() -> None:
    lines = _lines(_data({"EQ_US": US, "EQ_EUR": EUR}), "EQ_US")
    parts = ["+100", "+60", "+10", "+5", f"{MINUS}3", "+2", "+4", "+1", "+1", "+20"]
    assert lines["All"] == [*parts, "20.0%"]


def test_a_node_adds_up_its_portfolios_in_its_own_currency_and_reaches_its_own_pnl() -> None:
    lines = _lines(_data({"EQ_US": US, "EQ_EUR": EUR}), "EQUITY")
    converted = ["+50", "+38", "0", "0", "0", "0", "+10", "+2", "0", "0"]
    euros = next(cells for name, cells in lines.items() if "US" not in name and "ok" in cells)
    assert euros[:10] == converted
    # 175 of the node less 100 and 50 below it: what moved with the value of the euro portfolio.
    assert lines["Translation into USD"][0] == "+25"
    assert lines["Translation into USD"][6] == "+25"
    parts = ["+175", "+98", "+10", "+5", f"{MINUS}3", "+2", "+39", "+4", "+1", "+20"]
    assert lines["All"] == [*parts, "11.4%"]


def test_a_part_that_is_missing_below_is_missing_in_the_node_and_says_why() -> None:
    gap = (40.0, None, *EUR[2:])
    data = _data({"EQ_US": US, "EQ_EUR": gap})
    total = _lines(data, "EQUITY")["All"]
    assert total[:3] == ["+175", DASH, "+10"]
    assert "no sensitivities" in text_of(portfolio_page(data, "EQUITY"))


@pytest.mark.parametrize(
    ("rows", "rate", "reason"),
    [
        ({"EQ_US": US, "EQ_EUR": EUR}, None, "no rate of EUR to USD"),
        ({"EQ_US": US}, 0.8, "no P&L explain of"),
    ],
)
def test_what_cannot_be_added_makes_the_sum_missing_and_never_smaller(
    rows: dict[str, tuple[float | None, ...]], rate: float | None, reason: str
) -> None:
    data = _data(rows, rate=rate)
    assert _lines(data, "EQUITY")["All"][:10] == [DASH] * 10
    assert reason in text_of(portfolio_page(data, "EQUITY"))
