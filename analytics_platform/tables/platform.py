"""Tables that the platform itself writes beside the senders' data: deliveries, sessions, coupon schedules."""

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


DELIVERIES = Table("deliveries", Deliveries, "One row per loaded delivery", "fact")
TRADING_SESSIONS = Table(
    "trading_sessions",
    TradingSessions,
    "One row per exchange calendar and session",
    "reference",
)
BOND_ACCRUALS = Table("bond_accruals", BondAccruals, "One row per bond and coupon period", "reference")
