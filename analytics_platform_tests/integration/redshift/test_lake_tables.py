"""The lake as Redshift sees it: what is registered while it is put is read through an external schema."""

import uuid
from datetime import date
from decimal import Decimal

from analytics_platform.storage.catalog.glue import GlueCatalog
from analytics_platform.storage.catalog.sync import sync
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform_tests.integration.redshift.conftest import RedshiftServer
from analytics_platform_tests.unit.api.exports.lakes import FIRST, MONDAY, RESTATED, TUESDAY, deliver


def test_deliveries_are_rows_of_external_tables_as_soon_as_they_are_put(
    empty_redshift: RedshiftServer,
) -> None:
    database, lake_url = f"lake_{uuid.uuid4().hex}", f"{empty_redshift.staging}lake"
    lake = open_lake(lake_url, catalog_database=database)
    deliver(lake, [(day, "EQ_A", "10.5") for day in (MONDAY, TUESDAY)], FIRST, "desk", (MONDAY, TUESDAY))
    role = "default" if empty_redshift.role == "default" else f"'{empty_redshift.role}'"
    empty_redshift.run(f"create external schema lake from data catalog database '{database}' iam_role {role}")
    assert _prices(empty_redshift) == [
        ("EQ_A", MONDAY, Decimal("10.50000000"), MONDAY, TUESDAY),
        ("EQ_A", TUESDAY, Decimal("10.50000000"), MONDAY, TUESDAY),
    ]
    deliver(lake, [(TUESDAY, "EQ_A", "11")], RESTATED, "desk", (TUESDAY, TUESDAY))
    assert _prices(empty_redshift)[1:] == [
        ("EQ_A", TUESDAY, Decimal("10.50000000"), MONDAY, TUESDAY),
        ("EQ_A", TUESDAY, Decimal("11.00000000"), TUESDAY, TUESDAY),
    ]
    sql = "select table_name, last_date, known_at from lake.deliveries order by known_at"
    found = [("prices", TUESDAY, moment.replace(tzinfo=None)) for moment in (FIRST, RESTATED)]
    assert empty_redshift.run(sql) == found
    sync(GlueCatalog(database, lake_url))
    assert empty_redshift.run("select count(*) from lake.positions") == [(0,)]
    told = empty_redshift.run(
        "select count(*) from svv_external_partitions where schemaname = 'lake' and tablename = 'prices'"
    )
    assert told == [(2,)]


def _prices(redshift: RedshiftServer) -> list[tuple[object, ...]]:
    return [
        (name, _day(day), close, _day(first), _day(last))
        for name, day, close, first, last in redshift.run(
            "select instrument_id, business_date, close_local, first_date, last_date from lake.prices "
            "order by business_date, known_at"
        )
    ]


def _day(told: object) -> date:
    assert isinstance(told, date)
    return told
