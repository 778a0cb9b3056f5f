"""Persisting what Python assets return, and handing it to the next asset."""

from datetime import UTC, date, datetime

import dagster as dg
import polars as pl
from pydantic import Field

from analytics_platform.defs.partitions import session_range
from analytics_platform.storage.lake.lake import Delivery, Lake
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.registry import TABLES

SOURCE = "analytics_platform"
"""Name under which the platform delivers its own results."""


class LakeIOManager(dg.ConfigurableIOManager):
    """Results are deliveries of the run: immutable, with a known-at, resolved like any other delivery.

    Attributes
    ----------
    root : str
        Folder of the lake, or ``s3://bucket/prefix``.
    catalog_database : str or None
        Database of the Glue catalog that a lake on S3 registers its objects in.
    iceberg_tables : list of str
        Tables that are kept as Apache Iceberg tables of that database.
    """

    root: str
    catalog_database: str | None = None
    iceberg_tables: list[str] = Field(default=[])

    def handle_output(self, context: dg.OutputContext, obj: pl.DataFrame) -> None:
        """Append the frame as one delivery, then publish it.

        A repeated step of the same run writes the same object again, which changes nothing.
        """
        table = _table(context.asset_key)
        lake = self._lake()
        delivery = _delivery(context, lake)
        if table.kind == "reference" and lake.read(table).select(table.columns.names()).equals(obj):
            context.add_output_metadata({"rows": obj.height, "unchanged": True})
            return
        path = lake.append(table, obj, delivery)
        lake.publish(table, delivery, _facts(table, obj, delivery, lake.digest(table, delivery)))
        context.add_output_metadata({"rows": obj.height, "path": dg.MetadataValue.path(path)})

    def load_input(self, context: dg.InputContext) -> pl.DataFrame:
        """Return the current rows of the sessions that the run asks for; its own where it wrote them."""
        table = _table(context.asset_key)
        lake = self._lake()
        if table.date_column is None:
            return lake.read(table)
        days = [date.fromisoformat(key) for key in context.asset_partition_keys]
        return lake.read(table, days, preferred=context.step_context.run_id)

    def _lake(self) -> Lake:
        return open_lake(
            self.root, catalog_database=self.catalog_database, iceberg_tables=self.iceberg_tables
        )


def _table(key: dg.AssetKey) -> Table:
    return TABLES[key.path[-1]]


def _delivery(context: dg.OutputContext, lake: Lake) -> Delivery:
    """Name the delivery after the run; it is known no earlier than the newest file that the run could see."""
    record = context.step_context.instance.get_run_record_by_id(context.run_id)
    created = record.create_timestamp if record else datetime.now(UTC)
    senders = lake.deliveries().filter(pl.col("source") != SOURCE)
    known_at = max(created, *senders["known_at"]) if senders.height else created
    if context.has_asset_partitions:
        first, last = session_range(context.asset_partition_keys)
    else:
        first = last = known_at.date()
    return Delivery(context.run_id, SOURCE, first, last, known_at.astimezone(UTC))


def _facts(table: Table, rows: pl.DataFrame, delivery: Delivery, sha256: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "table_name": table.name,
            "first_date": delivery.first_date,
            "last_date": delivery.last_date,
            "uri": f"run/{delivery.delivery_id}",
            "version_id": delivery.delivery_id,
            "sheet": None,
            "sha256": sha256,
            "rows_read": rows.height,
            "rows_accepted": rows.height,
            "rows_rejected": 0,
            "rows_ignored": 0,
            "run_id": delivery.delivery_id,
        },
        schema=DELIVERIES.columns,
    )
