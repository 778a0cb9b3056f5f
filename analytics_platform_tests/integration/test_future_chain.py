"""A listed future from the files to the report: margin in cash, profit once, risk; figures by hand."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import pytest

from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.integration.conftest import Installation, installation
from analytics_platform_tests.integration.future_book import (
    CONTRACTS,
    DOLLARS,
    DOLLARS_A_EURO,
    HISTORY,
    MONDAY,
    MULTIPLIER,
    SETTLES,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    deliveries,
)

pytestmark = pytest.mark.slow

N_SCENARIOS = 500
PARTS = ("price_pnl_base", "cross_pnl_base", "fx_pnl_base", "trading_pnl_base", "pnl_base")


@dataclass(frozen=True)
class Published:
    """What a run over four sessions published."""

    at: Installation

    def rows(self, name: str, *columns: str, **key: object) -> list[tuple[object, ...]]:
        """Return the rows of a table with a key, sorted by session."""
        store = ServingStore(self.at.settings.serving)
        found = store.table(store.at(), name).filter(**key).sort("business_date")
        return found.select(columns).rows()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Land the files and build the four sessions that have positions."""
    folder = tmp_path_factory.mktemp("future")
    at = installation(folder / "home")
    assert at.run("land", *map(str, deliveries(folder / "files"))).returncode == 0
    done = at.run("backfill", "--from", MONDAY.isoformat(), "--to", THURSDAY.isoformat())
    assert done.returncode == 0, done.stdout + done.stderr
    return Published(at)


def decimals(*values: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(value) for value in values)


def test_a_future_shows_its_price_and_is_worth_nothing(published: Published) -> None:
    columns = ("business_date", "price_local", "market_value_base", "status", "reason")
    assert published.rows("position_values", *columns, instrument_id="FUT") == [
        (TUESDAY, Decimal(1504), Decimal(0), "ok", None),
        (WEDNESDAY, Decimal(1510), Decimal(0), "ok", None),
    ]


def test_the_margin_is_profit_of_the_future_and_money_in_cash(published: Published) -> None:
    """A dollar is 0.80 euros, on Wednesday 0.78125. All in euros.

    Tuesday: 3 contracts of 50 bought at 1,500, settled at 1,504: 600 dollars, fees 6: 594 x 0.8 = 475.2.
    Wednesday: 3 x 50 x 6 = 900 dollars, 900 x 0.78125 = 703.125: price 720 at the rate of the evening
    before, cross 900 x -0.01875. Thursday: sold at 1,495, so 3 x 50 x -15 = -2,250 dollars and 6 of fees,
    x 0.8 = -1,804.8: settlement to settlement 3 x 50 x -12 x 0.78125 = -1,406.25, cross -1,800 x 0.01875 =
    -33.75, and the 3 points that it was sold lower, with the fees, 456 x 0.8 = 364.8.
    """
    assert published.rows("position_pnl", *PARTS, instrument_id="FUT") == [
        decimals("0", "0", "0", "475.2", "475.2"),
        decimals("720", "-16.875", "0", "0", "703.125"),
        decimals("-1406.25", "-33.75", "0", "-364.8", "-1804.8"),
    ]
    # Dollars earn the exchange rate on what was there the evening before, and nothing else.
    assert published.rows("position_pnl", *PARTS, instrument_id="CASH_USD")[1:] == [
        decimals("0", "0", "0", "0", "0"),
        decimals("0", "0", "-1886.1375", "0", "-1886.1375"),
        decimals("0", "0", "1903.0125", "0", "1903.0125"),
    ]


def test_the_portfolio_counts_it_once(published: Published) -> None:
    columns = ("nav_base", "pnl_base")
    # 50,000 euros and the dollars of the evening at its rate; the change of that is the profit.
    assert published.rows("returns", *columns, portfolio_id="BOOK")[1:] == [
        decimals("130475.2", "475.2"),
        decimals("129292.1875", "-1183.0125"),
        decimals("129390.4", "98.2125"),
    ]
    # The top is measured in dollars: the margin itself, and what 50,000 euros gained and lost.
    assert published.rows("returns", *columns, portfolio_id="TOP")[1:] == [
        decimals("163094", "594"),
        decimals("165494", "2400"),
        decimals("161738", "-3756"),
    ]
    rates = published.rows("returns", "return_rate", portfolio_id="BOOK")[1:]
    assert [round(float(str(rate)), 9) for (rate,) in rates] == [0.003655385, -0.009066953, 0.000759617]
    of_future = published.rows("contributions", "contribution_rate", portfolio_id="BOOK", instrument_id="FUT")
    assert [round(float(str(rate)), 9) for (rate,) in of_future] == [0.003655385, 0.005388955, -0.013959080]


def test_nothing_is_left_unexplained_or_broken(published: Published) -> None:
    """The cash of each evening is that of the evening before with margin and fees: no break to the cent."""
    assert published.rows("reconciliation_breaks", "check_name") == []
    findings = published.rows("data_quality_findings", "business_date", "check_name", severity="error")
    assert findings == []
    columns = ("delta_pnl", "fx_pnl", "trading_pnl", "unexplained_pnl", "status")
    explained = published.rows("pnl_explains", *columns, instrument_id="FUT")
    assert explained == [
        (pytest.approx(0.0), pytest.approx(0.0), pytest.approx(475.2), pytest.approx(0.0, abs=1e-9), "ok"),
        (pytest.approx(720.0), pytest.approx(-16.875), 0.0, pytest.approx(0.0, abs=1e-9), "ok"),
        (
            pytest.approx(-1406.25),
            pytest.approx(-33.75),
            pytest.approx(-364.8),
            pytest.approx(0.0, abs=1e-9),
            "ok",
        ),
    ]


@pytest.mark.parametrize(
    ("table", "weight"), [("exposures", 0.0), ("delta_exposures", 176_953.125 / 129_292.1875)]
)
def test_exposure_is_the_contract_and_weight_of_value_nothing(
    published: Published, table: str, weight: float
) -> None:
    """3 x 50 x 1,510 dollars are 176,953.125 euros, of a net asset value of 129,292.1875."""
    columns = ("long_base", "gross_base", "net_base", "weight_rate")
    key = {"portfolio_id": "BOOK", "dimension": "asset_class", "bucket": "future"}
    (found,) = published.rows(table, *columns, business_date=WEDNESDAY, **key)
    assert found[:3] == decimals("176953.125", "176953.125", "176953.125")
    assert float(str(found[3])) == pytest.approx(weight, abs=1e-9)


def test_value_at_risk_is_the_fifth_worst_of_500_moves_of_margin_and_cash(published: Published) -> None:
    contract, cash = CONTRACTS * MULTIPLIER * SETTLES[WEDNESDAY], float(DOLLARS[WEDNESDAY])
    days = HISTORY[: HISTORY.index(WEDNESDAY) + 1][-N_SCENARIOS - 1 :]
    losses = []
    for before, day in pairwise(days):
        move = SETTLES[day] / SETTLES[before] - 1.0
        euros = 1.0 / (DOLLARS_A_EURO[WEDNESDAY] * DOLLARS_A_EURO[day] / DOLLARS_A_EURO[before])
        losses.append(-(contract * move * euros + cash * (euros - 1.0 / DOLLARS_A_EURO[WEDNESDAY])))
    worst = sorted(losses, reverse=True)
    columns = ("var_99_base", "es_99_base", "day_pnl_base")
    (found,) = published.rows("portfolio_risk", *columns, portfolio_id="BOOK", business_date=WEDNESDAY)
    assert float(str(found[0])) == pytest.approx(worst[4], abs=1e-6)
    assert float(str(found[1])) == pytest.approx(sum(worst[:5]) / 5.0, abs=1e-6)
    assert found[2] == Decimal("-1183.0125")


def test_stress_moves_the_contract_as_the_share_that_it_follows(published: Published) -> None:
    key = {"scenario_id": "crash", "portfolio_id": "BOOK", "business_date": WEDNESDAY}
    ((pnl, status),) = published.rows("stress", "pnl", "status", **key)
    assert (pnl, status) == (pytest.approx(-0.2 * 176_953.125), "ok")


def test_the_lineage_reaches_the_files_and_adds_up(published: Published) -> None:
    for metric in ("nav", "day_pnl"):
        command = ("explain", "--portfolio", "TOP", "--date", WEDNESDAY.isoformat(), "--metric", metric)
        done = published.at.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "worth nothing after its variation margin" in done.stdout
        assert "prices/desk_2011-01-03_2013-02-28.csv" in done.stdout
