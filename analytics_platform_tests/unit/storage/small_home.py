"""A small installation without a run: deliveries in a real lake, and versions published as a run would."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from analytics_platform.calendars.sessions import calendar
from analytics_platform.storage.lake.lake import Delivery, DiskLake
from analytics_platform.storage.lineage.chain import Book
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.storage.published.versions import Version
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.registry import TABLES
from analytics_platform.tables.risk import RISK_METRICS, STRESS_RESULTS

MONDAY, TUESDAY = date(2013, 2, 25), date(2013, 2, 26)
MONEY = pl.Decimal(38, 8)
RATE = pl.Decimal(20, 12)
DOLLARS_A_EURO = Decimal("1.25")

Row = dict[str, object]

PORTFOLIOS: list[Row] = [
    {"portfolio_id": "TOP", "name": "Top", "base_currency": "USD"},
    {"portfolio_id": "BOOK", "parent_portfolio_id": "TOP", "name": "Book", "base_currency": "USD"},
    {"portfolio_id": "EURO", "parent_portfolio_id": "TOP", "name": "Euro", "base_currency": "EUR"},
]
INSTRUMENTS: list[Row] = [
    {"instrument_id": "STOCK", "name": "Stock", "instrument_type": "equity", "currency": "USD"},
    {"instrument_id": "CASH_EUR", "name": "Euro", "instrument_type": "cash", "currency": "EUR"},
]


def position(day: date, portfolio_id: str, instrument_id: str, quantity: str) -> Row:
    """Return a row of `positions`."""
    return {
        "business_date": day,
        "portfolio_id": portfolio_id,
        "instrument_id": instrument_id,
        "book": "ibor",
        "quantity": Decimal(quantity),
    }


def price(day: date, close: str) -> Row:
    """Return a row of `prices`."""
    return {
        "business_date": day,
        "instrument_id": "STOCK",
        "price_type": "close",
        "close_local": Decimal(close),
        "currency": "USD",
    }


def fixing(day: date) -> Row:
    """Return a row of `fx_rates`."""
    return {
        "business_date": day,
        "base_currency": "EUR",
        "quote_currency": "USD",
        "rate": DOLLARS_A_EURO,
    }


@dataclass
class SmallHome:
    """Lake and published versions in a folder."""

    root: Path
    lake: DiskLake = field(init=False)
    store: ServingStore = field(init=False)

    def __post_init__(self) -> None:
        """Open the stores."""
        self.lake = DiskLake(self.root / "lake")
        self.store = ServingStore(self.root / "serving")

    def deliver(
        self, name: str, uri: str, rows: list[Row], known_at: datetime, days: tuple[date, date]
    ) -> None:
        """Put and publish a delivery; its rows start in row 2 of their file."""
        table = TABLES[name]
        delivery = Delivery(f"{uri}_{known_at:%H%M}", "admin", *days, known_at)
        complete = [{"multiplier": Decimal(1), **row} if name == "instruments" else row for row in rows]
        frame = pl.DataFrame(complete, schema=table.columns).with_columns(
            row_number=pl.int_range(2, pl.len() + 2, dtype=pl.Int64)
        )
        facts = {
            **dict.fromkeys(("version_id", "sha256", "run_id"), "x"),
            **dict.fromkeys(("rows_rejected", "rows_ignored"), 0),
            **dict.fromkeys(("rows_read", "rows_accepted"), len(rows)),
            "table_name": name,
            "uri": uri,
            "first_date": days[0],
            "last_date": days[1],
        }
        self.lake.append(table, frame, delivery)
        self.lake.publish(table, delivery, pl.DataFrame([facts], schema=DELIVERIES.columns))

    def first_deliveries(self, known_at: datetime) -> None:
        """Deliver two sessions of two books."""
        days = MONDAY, TUESDAY
        self.deliver("portfolios", "portfolios/office.csv", PORTFOLIOS, known_at, days)
        self.deliver("instruments", "instruments/office.csv", INSTRUMENTS, known_at, days)
        held = [position(day, name, "STOCK", "100") for day in days for name in ("BOOK", "EURO")]
        held += [position(day, "EURO", "CASH_EUR", "40") for day in days]
        self.deliver("positions", "positions/admin.xlsx", held, known_at, days)
        self.deliver(
            "prices", "prices/vendor.csv", [price(MONDAY, "10"), price(TUESDAY, "11")], known_at, days
        )
        self.deliver("fx_rates", "fx_rates/ecb.csv", [fixing(day) for day in days], known_at, days)

    def publish(self, known_at: datetime, run_id: str, code_version: str = "0.1.0/1") -> Version:
        """Publish what a run that knew everything up to a moment would publish."""
        values = self._values(known_at)
        totals = values.group_by("business_date", "portfolio_id").agg(pl.col("market_value_base").sum())
        top = values.with_columns(
            market_value_base=pl.col("market_value_local")
            * pl.when(pl.col("currency") == "EUR").then(DOLLARS_A_EURO).otherwise(Decimal(1))
        ).group_by("business_date", portfolio_id=pl.lit("TOP"))
        navs = pl.concat([totals, top.agg(pl.col("market_value_base").sum())]).rename(
            {"market_value_base": "nav_base"}
        )
        base = pl.when(pl.col("portfolio_id") == "EURO").then(pl.lit("EUR")).otherwise(pl.lit("USD"))
        risk = navs.with_columns(base_currency=base, status=pl.lit("ok"), reason=pl.lit(None, pl.String))
        runs = {"run_id": run_id, "code_version": code_version, "config_sha256": "c", "n_scenarios": 20}
        return self.store.publish(
            {
                "portfolio_risk": risk,
                "position_values": values,
                "positions": values.select("business_date", "portfolio_id", "instrument_id", "quantity"),
                "stress": pl.DataFrame(schema=STRESS_RESULTS.columns),
                "risk_metrics": pl.DataFrame(schema=RISK_METRICS.columns),
                "deliveries": self.lake.deliveries().filter(pl.col("known_at") <= known_at),
                "runs": navs.select("business_date")
                .unique()
                .with_columns(
                    known_at=pl.lit(known_at),
                    inputs_sha256=pl.lit("i"),
                    n_input_deliveries=pl.lit(5),
                    **{name: pl.lit(value) for name, value in runs.items()},
                ),
            },
            run_id=run_id,
            known_at=known_at,
            code_version=code_version,
        )

    def book(self, version: Version, portfolio_id: str, day: date = TUESDAY) -> Book:
        """Return a portfolio on a session in a version."""
        return Book(self.store, self.lake, calendar("XNYS"), version, portfolio_id, day)

    def _values(self, known_at: datetime) -> pl.DataFrame:
        """Value positions as `fct_position_values` does."""
        held = self.lake.read(TABLES["positions"], as_known_at=known_at)
        prices = self.lake.read(TABLES["prices"], as_known_at=known_at)
        cash = pl.col("instrument_type") == "cash"
        rate = pl.when(pl.col("portfolio_id") == "EURO").then(Decimal(1) / DOLLARS_A_EURO)
        keys = ["business_date", "instrument_id"]
        return (
            held.join(prices.select(*keys, "close_local", "delivery_id", "row_number"), on=keys, how="left")
            .join(
                pl.DataFrame(INSTRUMENTS).select("instrument_id", "instrument_type", "currency"),
                on="instrument_id",
            )
            .with_columns(
                local=pl.when(cash).then("quantity").otherwise(pl.col("quantity") * pl.col("close_local"))
            )
            .select(
                *keys,
                "portfolio_id",
                "instrument_type",
                "currency",
                "quantity",
                price_local=pl.when(cash).then(Decimal(1)).otherwise("close_local").cast(pl.Decimal(20, 8)),
                accrued_local=pl.lit(None, RATE),
                multiplier=pl.lit(Decimal(1)).cast(pl.Decimal(20, 8)),
                market_value_local=pl.col("local").cast(MONEY),
                market_value_base=(
                    pl.col("local") * pl.when(cash).then(Decimal(1)).otherwise(rate.otherwise(Decimal(1)))
                ).cast(MONEY),
                status=pl.lit("ok"),
                reason=pl.lit(None, pl.String),
                position_delivery_id="delivery_id",
                position_row_number="row_number",
                price_delivery_id="delivery_id_right",
                price_row_number="row_number_right",
            )
        )
