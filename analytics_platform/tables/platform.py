"""Tables that the platform writes beside what is delivered: deliveries, sessions, schedules, curves."""

import dataframely as dy

from analytics_platform.tables.contract import Table, date, identifier, integer, number, text


class Deliveries(dy.Schema):
    """Columns of `deliveries`."""

    table_name = identifier("Table that the delivery fills", key=True)
    first_date = date("First date that the delivery declares")
    last_date = date("Last date that the delivery declares")
    uri = text("File that was delivered; the run for results")
    version_id = text("Version of the file in the landing zone")
    sheet = text("Sheet of the workbook", nullable=True)
    sha256 = text("Digest of the file")
    rows_read = integer("Rows in the file", min_=0)
    rows_accepted = integer("Rows loaded", min_=0)
    rows_rejected = integer("Rows kept in quarantine with a reason", min_=0)
    rows_ignored = integer("Rows that the source dialect says to ignore, such as totals", min_=0)
    run_id = identifier("Dagster run that loaded it")


class TradingSessions(dy.Schema):
    """Columns of `trading_sessions`."""

    calendar = identifier("ISO 10383 code of the exchange", key=True)
    business_date = date("Session", key=True)
    previous_business_date = date("Session before it", nullable=True)
    session_number = integer("Running number of the session within its calendar", min_=0)


class BondAccruals(dy.Schema):
    """Columns of `bond_accruals`."""

    instrument_id = identifier("Bond", key=True)
    accrual_start = date("First day of the coupon period", key=True)
    accrual_end = date("Last day of the coupon period: the unadjusted coupon date")
    pay_date = date("Coupon date, moved to a business day")
    coupon_per_100 = number("Coupon of the period for 100 of face value")
    redemption_per_100 = number("Redemption at the end of the period for 100 of face value")


class CurveSegments(dy.Schema):
    """Columns of `curve_segments`."""

    curve_id = identifier("Curve", key=True)
    quote_date = date("Date of the quotes", key=True)
    quotes_known_at = dy.Datetime(
        time_unit="us", time_zone="UTC", primary_key=True, description="When the newest quote was put"
    )
    from_years = dy.Float64(primary_key=True, min=0.0, description="Start of the piece, years of 365 days")
    until_years = number("Start of the next piece; empty for the last", nullable=True)
    from_log = number("Minus the logarithm of the discount factor at the start")
    slope_rate = number("Its slope, a continuous forward rate")


DELIVERIES = Table("deliveries", Deliveries, "One row per loaded delivery", "fact")
TRADING_SESSIONS = Table(
    "trading_sessions",
    TradingSessions,
    "One row per exchange calendar and session",
    "reference",
)
BOND_ACCRUALS = Table("bond_accruals", BondAccruals, "One row per bond and coupon period", "reference")
CURVE_SEGMENTS = Table(
    "curve_segments",
    CurveSegments,
    "One row per curve of an FX forward, date and state of its quotes, and piece of its discount factors",
    "reference",
)
