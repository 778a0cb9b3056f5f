"""Frames of the invented firm of demo_holdings.py, as the marts would give them, over 61 sessions."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl

from analytics_platform.report.data import ReportData
from analytics_platform_tests.unit.report.demo_holdings import (
    NO_PRICE,
    REFUSED,
    REFUSED_MESSAGE,
    SESSION,
    STRESSES,
    TREE,
    Holding,
    holdings,
    is_incomplete,
    swing,
    to_base,
)


def demo_data() -> ReportData:
    """Frames for a whole site."""
    returns = _returns()
    risk = _portfolio_risk(returns)
    return ReportData(
        portfolio_risk=risk,
        positions=_positions(risk),
        returns=returns,
        exposures=_exposures(risk),
        stress=_stress(risk),
        risk_metrics=_risk_metrics(risk),
        deliveries=_deliveries(),
        rejections=pl.DataFrame(
            {
                "key": ["fx_rates/ecb_2013-02-28.xlsx", REFUSED],
                "version_id": ["1", "1"],
                "state": ["quarantined", "quarantined"],
                "message": [
                    "sheet Rates, row 14, column USD: '1,31O2' is no number; correct it and deliver again",
                    REFUSED_MESSAGE,
                ],
            }
        ),
        generated_at=datetime(2013, 3, 1, 22, 41, tzinfo=UTC),
        version="0.1.0, run 5f2c",
    )


def sessions() -> list[date]:
    """Trading sessions of the demo."""
    days = [date(2012, 12, 3) + timedelta(days=n) for n in range(89)]
    closed = {date(2012, 12, 25), date(2013, 1, 1), date(2013, 1, 21), date(2013, 2, 18)}
    return [day for day in days if day.weekday() < 5 and day not in closed]


def _returns() -> pl.DataFrame:
    days = sessions()
    frames = []
    for number, (portfolio_id, _, _, currency, _) in enumerate(TREE):
        random = np.random.default_rng(number)
        rates = swing(portfolio_id) * (random.standard_t(4, len(days)) * 0.75 + 0.09)
        benchmark = 0.82 * rates + 0.3 * swing(portfolio_id) * random.standard_normal(len(days))
        end = sum(holding.value or 0.0 for holding in holdings(portfolio_id)) * to_base(portfolio_id)
        nav = end * np.cumprod(1 + rates) / np.prod(1 + rates)
        frame = pl.DataFrame(
            {
                "business_date": days,
                "portfolio_id": portfolio_id,
                "base_currency": currency,
                "nav_base": nav,
                "pnl_base": nav - nav / (1 + rates),
                "return_rate": rates,
                "benchmark_return_rate": benchmark if portfolio_id != "OPT_OVERLAY" else [None] * len(days),
                "status": "ok",
                "reason": pl.Series([None] * len(days), dtype=pl.String),
            },
            schema_overrides={"benchmark_return_rate": pl.Float64},
        )
        is_gap = pl.lit(is_incomplete(portfolio_id)) & (pl.col("business_date") == SESSION)
        is_first = pl.col("business_date") == days[0]
        frames.append(
            frame.with_columns(
                pl.when(is_gap).then(None).otherwise(pl.col("nav_base")).alias("nav_base"),
                pl.when(is_gap | is_first)
                .then(None)
                .otherwise(pl.col("pnl_base", "return_rate"))
                .name.keep(),
                pl.when(is_gap).then(pl.lit("missing")).otherwise(pl.col("status")).alias("status"),
                pl.when(is_gap).then(pl.lit(NO_PRICE)).otherwise(pl.col("reason")).alias("reason"),
            )
        )
    decimal = pl.col("nav_base", "pnl_base").cast(pl.Decimal(38, 8))
    return pl.concat(frames).with_columns(decimal)


def _portfolio_risk(returns: pl.DataFrame) -> pl.DataFrame:
    tree = pl.DataFrame(
        [{"portfolio_id": i, "parent_portfolio_id": p, "name": n, "depth": d} for i, p, n, _, d in TREE]
    )
    rows: list[dict[str, object]] = []
    for day in sessions():
        today = returns.filter(pl.col("business_date") == day)
        rows.extend(_risk_row(row, returns) for row in today.iter_rows(named=True))
    return pl.DataFrame(rows, infer_schema_length=None).join(tree, on="portfolio_id")


def _risk_row(row: dict[str, object], returns: pl.DataFrame) -> dict[str, object]:
    key, day, nav = str(row["portfolio_id"]), row["business_date"], row["nav_base"]
    assert isinstance(day, date)
    own = returns.filter(pl.col("portfolio_id") == key, pl.col("business_date") <= day)
    month = own.filter(pl.col("business_date") >= day.replace(day=1))
    year = own.filter(pl.col("business_date") >= date(day.year, 1, 1))
    level = (
        None
        if not isinstance(nav, Decimal)
        else float(nav) * swing(key) * (1 + 0.08 * np.sin(day.toordinal() / 9))
    )
    scale = {"var_95": 1.25, "var_975": 1.62, "var_99": 2.1, "es_95": 1.75, "es_975": 2.2, "es_99": 2.75}
    worst_name, shocks = STRESSES["rates_up_100" if key == "UST_LADDER" else "october_1987"]
    worst = sum((h.value or 0.0) * shocks[h.kind] for h in holdings(key)) * to_base(key)
    return {
        "business_date": day,
        "portfolio_id": key,
        "base_currency": row["base_currency"],
        "nav_base": nav,
        "day_pnl_base": row["pnl_base"],
        "day_return_rate": row["return_rate"],
        "mtd_return_rate": _chained(month["return_rate"]),
        "ytd_return_rate": _chained(year["return_rate"]),
        "benchmark_ytd_return_rate": _chained(year["benchmark_return_rate"]),
        **{f"{name}_base": None if level is None else level * factor for name, factor in scale.items()},
        "worst_stress_name": None if level is None else worst_name,
        "worst_stress_pnl_base": None if level is None else worst,
        "status": row["status"],
        "reason": row["reason"],
    }


def _chained(rates: pl.Series) -> float | None:
    return None if rates.null_count() else float(np.prod(1 + rates.to_numpy()) - 1)


def _today(risk: pl.DataFrame) -> list[dict[str, object]]:
    return risk.filter(pl.col("business_date") == SESSION).to_dicts()


def _positions(risk: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for node in _today(risk):
        key = str(node["portfolio_id"])
        held = holdings(key)
        total = sum(h.value or 0.0 for h in held)
        weights = {"equity": 1.0, "bond": 0.12, "option": -6.0, "cash": 0.0}
        swings = {h.instrument_id: (h.value or 0.0) * weights[h.kind] for h in held}
        shortfall = node["es_975_base"] if isinstance(node["es_975_base"], float) else 0.021 * total
        day_pnl = float(node["day_pnl_base"]) if isinstance(node["day_pnl_base"], Decimal) else 0.003 * total
        moves = _moves(held, day_pnl)
        for h in held:
            is_known = h.value is not None
            value = None if h.value is None else h.value * to_base(key)
            pnl = moves[h.instrument_id] if is_known else None
            share = swings[h.instrument_id] / sum(swings.values())
            rows.append(
                {
                    "business_date": SESSION,
                    "portfolio_id": key,
                    "instrument_id": h.instrument_id,
                    "instrument_name": h.name,
                    "instrument_type": h.kind,
                    "currency": h.currency,
                    "quantity": Decimal(str(h.quantity)),
                    "price_local": None if h.price is None else Decimal(str(h.price)),
                    "market_value_base": None if value is None else Decimal(f"{value:.8f}"),
                    "weight_rate": None if h.value is None else h.value / total,
                    "day_pnl_base": pnl,
                    "es_975_contribution_base": shortfall * share if is_known else None,
                    "status": "ok" if is_known else "missing",
                    "reason": None if is_known else NO_PRICE,
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def _moves(held: list[Holding], day_pnl: float) -> dict[str, float]:
    """P&L of each holding; they add up to that of the day."""
    size = {h.instrument_id: abs(h.value or 0.0) * (h.kind != "cash") for h in held}
    noise = {key: 0.007 * value * float(np.sin(n * 2.3 + 1)) for n, (key, value) in enumerate(size.items())}
    rest = day_pnl - sum(noise.values())
    return {key: noise[key] + rest * value / sum(size.values()) for key, value in size.items()}


def _exposures(risk: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for node in _today(risk):
        key = str(node["portfolio_id"])
        held = [h for h in holdings(key) if h.value is not None]
        nav = sum(h.value or 0.0 for h in held)
        for dimension in ("asset_class", "sector", "country", "currency"):
            buckets: dict[str, list[float]] = {}
            for h in held:
                country = "EU" if h.currency == "EUR" else "US"
                bucket = {"asset_class": h.kind, "sector": h.sector, "country": country}.get(
                    dimension, h.currency
                )
                buckets.setdefault(bucket, []).append(h.value or 0.0)
            for bucket, values in buckets.items():
                base = [value * to_base(key) for value in values]
                rows.append(
                    {
                        "business_date": SESSION,
                        "portfolio_id": key,
                        "dimension": dimension,
                        "bucket": bucket,
                        "long_base": sum(v for v in base if v > 0),
                        "short_base": float(sum(v for v in base if v < 0)),
                        "gross_base": sum(abs(v) for v in base),
                        "net_base": sum(base),
                        "weight_rate": sum(values) / nav,
                        "status": "ok",
                        "reason": None,
                    }
                )
    return pl.DataFrame(rows, schema_overrides={"reason": pl.String})


def _stress(risk: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for node in _today(risk):
        key = str(node["portfolio_id"])
        for scenario_id, (name, shocks) in STRESSES.items():
            pnl = sum((h.value or 0.0) * shocks[h.kind] for h in holdings(key)) * to_base(key)
            is_open = is_incomplete(key) and scenario_id == "volatility_up"
            rows.append(
                {
                    "business_date": SESSION,
                    "portfolio_id": key,
                    "scenario_id": scenario_id,
                    "scenario_name": name,
                    "currency": node["base_currency"],
                    "pnl": None if is_open else pnl,
                    "status": "missing" if is_open else "ok",
                    "reason": NO_PRICE if is_open else None,
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def _risk_metrics(risk: pl.DataFrame) -> pl.DataFrame:
    columns = {
        f"{name}_{label}_base": (metric, confidence)
        for name, metric in (("var", "value_at_risk"), ("es", "expected_shortfall"))
        for label, confidence in (("95", 0.95), ("975", 0.975), ("99", 0.99))
    }
    keys = ["business_date", "portfolio_id", "base_currency", "status", "reason"]
    names = pl.DataFrame([{"variable": c, "metric": m, "confidence": f} for c, (m, f) in columns.items()])
    return (
        risk.unpivot(list(columns), index=keys)
        .join(names, on="variable")
        .rename({"base_currency": "currency"})
        .with_columns(
            method=pl.lit("historical"), horizon_days=1, n_scenarios=500, model_version=pl.lit("historical-1")
        )
    )


def _deliveries() -> pl.DataFrame:
    parts = (
        ("prices", "prices/exchange_2013-03-01.csv", None, 24, 24, 0, 0),
        ("prices", "prices/history_2000-01-03_2013-02-28.parquet", None, 14_382, 14_382, 0, 0),
        ("fx_rates", "fx_rates/ecb_2013-03-01.xlsx", "Rates", 128, 121, 3, 4),
        ("curve_quotes", "curve_quotes/treasury_2013-03-01.csv", None, 11, 11, 0, 0),
        ("positions", "positions/custodian_2013-03-01.csv", None, 26, 21, 0, 5),
    )
    return pl.DataFrame(
        [
            {
                "table_name": table,
                "first_date": date(2000, 1, 3) if "history" in uri else SESSION,
                "last_date": date(2013, 2, 28) if "history" in uri else SESSION,
                "uri": uri,
                "version_id": "1",
                "sheet": sheet,
                "sha256": "0" * 64,
                "rows_read": read,
                "rows_accepted": accepted,
                "rows_rejected": rejected,
                "rows_ignored": ignored,
                "run_id": "5f2c",
                "source": "demo",
                "delivery_id": f"d{number}",
                "known_at": datetime(2013, 3, 1, 22, 5, number, tzinfo=UTC),
                "row_number": 1,
            }
            for number, (table, uri, sheet, read, accepted, rejected, ignored) in enumerate(parts)
        ]
    )
