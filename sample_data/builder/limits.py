"""Limits of the sample's portfolios. All of it is ours; on its last session some warn and one is breached."""

from decimal import Decimal

import polars as pl

from analytics_platform.tables.reference import LIMITS

VAR, SHORTFALL = "value_at_risk_rate", "expected_shortfall_rate"

LIMIT_ROWS = [
    ("GLOBAL_VAR_99", "GLOBAL", VAR, "0.99", None, None, None, "0.03", "0.8"),
    ("EQ_US_VAR_99", "EQ_US", VAR, "0.99", None, None, None, "0.03", "0.8"),
    ("EQ_EUR_VAR_99", "EQ_EUR", VAR, "0.99", None, None, None, "0.03", "0.8"),
    ("UST_LADDER_VAR_99", "UST_LADDER", VAR, "0.99", None, None, None, "0.01", "0.8"),
    ("GLOBAL_ES_975", "GLOBAL", SHORTFALL, "0.975", None, None, None, "0.04", "0.8"),
    ("GLOBAL_GROSS", "GLOBAL", "gross_exposure_rate", None, None, None, None, "1.5", "0.9"),
    ("OVERLAY_NET", "OPT_OVERLAY", "net_exposure_rate", None, None, None, "-1", "1", "0.8"),
    ("GLOBAL_LARGEST", "GLOBAL", "weight_rate", None, "instrument", None, None, "0.15", "0.9"),
    ("EQUITY_LARGEST", "EQUITY", "weight_rate", None, "instrument", None, None, "0.35", "0.9"),
    ("GLOBAL_SECTOR", "GLOBAL", "weight_rate", None, "sector", None, None, "0.6", "0.9"),
    ("EQUITY_INTERNET", "EQUITY", "weight_rate", None, "sector", "Internet", None, "0.2", "0.9"),
    ("GLOBAL_CASH", "GLOBAL", "weight_rate", None, "asset_class", "cash", "0.05", None, "0.9"),
    ("GLOBAL_STRESS", "GLOBAL", "stress_loss_rate", None, None, None, None, "0.2", "0.8"),
    ("UST_LADDER_STRESS", "UST_LADDER", "stress_loss_rate", None, None, None, None, "0.05", "0.8"),
    ("GLOBAL_DRAWDOWN", "GLOBAL", "drawdown_rate", None, None, None, None, "0.1", "0.8"),
    ("EQUITY_DRAWDOWN", "EQUITY", "drawdown_rate", None, None, None, None, "0.15", "0.8"),
]


def limits() -> pl.DataFrame:
    """Return the limits that the risk office has set."""
    rows = [
        (*row[:-3], *(None if bound is None else Decimal(bound) for bound in row[-3:])) for row in LIMIT_ROWS
    ]
    return pl.DataFrame(rows, schema=LIMITS.columns, orient="row")
