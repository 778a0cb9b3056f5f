"""External tables of the double: what Glue says and S3 holds at the moment of the statement."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import boto3
import polars as pl
import pytest
from redshift_connector.error import ProgrammingError

from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.redshift.conftest import RedshiftServer
from analytics_platform_tests.integration.redshift.staged_files import ROWS, put
from analytics_platform_tests.integration.redshift_double.proxy import Double

pytestmark = pytest.mark.usefixtures("double")

COLUMNS = {
    "known_at": "timestamp",
    "quantity": "decimal(20,8)",
    "instrument_id": "string",
    "row_number": "bigint",
    "is_open": "boolean",
    "price_rate": "double",
    "traded_on": "date",
}


@dataclass(frozen=True)
class Lake:
    """A table of trades in Glue and S3, seen from Redshift as ``lake.trades``."""

    at: RedshiftServer
    s3: EmulatedS3
    bucket: str
    glue: Any

    @property
    def folder(self) -> str:
        """Where the table stands."""
        return f"s3://{self.bucket}/lake/trades/"

    def describe(self, columns: dict[str, str], *, first: bool = False) -> None:
        """Say in Glue what the table's columns are."""
        table = {
            "Name": "trades",
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": "first_date", "Type": "date"}],
            "StorageDescriptor": {
                "Columns": [{"Name": name, "Type": kind} for name, kind in columns.items()],
                "Location": self.folder.rstrip("/"),
            },
        }
        call = self.glue.create_table if first else self.glue.update_table
        call(DatabaseName=self.bucket, TableInput=table)

    def append(self, day: str, rows: pl.DataFrame, name: str = "a.parquet", folder: str | None = None) -> str:
        """Put an object and say in Glue that its partition is there; return the address."""
        place = folder or f"{self.folder}first_date={day}/"
        put(self.s3, f"{place}{name}", rows)
        partition = {"Values": [day], "StorageDescriptor": {"Location": place}}
        self.glue.batch_create_partition(
            DatabaseName=self.bucket, TableName="trades", PartitionInputList=[partition]
        )
        return f"{place}{name}"

    def count(self, relation: str = "lake.trades") -> object:
        """Return how many rows Redshift sees."""
        return self.at.run(f"select count(*) from {relation}")[0][0]  # noqa: S608 - a test's

    @contextmanager
    def objects_read(self) -> Iterator[list[str]]:
        """Collect the keys of the objects that are read."""
        keys: list[str] = []

        def note(params: dict[str, Any], **_: object) -> None:
            keys.append(params["url_path"])

        events = self.s3.client.meta.events
        events.register("before-call.s3.GetObject", note)
        yield keys
        events.unregister("before-call.s3.GetObject", note)


@pytest.fixture
def lake(module_redshift: RedshiftServer, s3: EmulatedS3) -> Lake:
    """Give an empty table."""
    bucket, glue = s3.new_bucket(versioning=None), boto3.client("glue")
    found = Lake(module_redshift, s3, bucket, glue)
    module_redshift.run(
        "drop schema if exists lake cascade",
        "drop schema if exists staging cascade",
        f"create external schema lake from data catalog database '{bucket}' "
        "iam_role default create external database if not exists",
    )
    found.describe(COLUMNS, first=True)
    return found


def test_columns_are_matched_by_name_and_the_folder_gives_the_partition(lake: Lake) -> None:
    lake.append("2024-01-02", ROWS.with_columns(pl.col("known_at").dt.replace_time_zone("UTC")))
    names = ", ".join(ROWS.columns)
    query = f"select {names}, first_date from lake.trades order by row_number"  # noqa: S608 - a test's
    wanted = ROWS.sort("row_number", nulls_last=True).with_columns(
        pl.lit(date(2024, 1, 2)).alias("first_date")
    )
    assert lake.at.run(query) == wanted.rows()
    assert lake.at.run("select * from lake.trades limit 0") == []


def test_views_see_what_came_after_them(lake: Lake) -> None:
    lake.at.run("create schema staging")
    lake.at.run("create view staging.stg_trades as select * from lake.trades with no schema binding")
    lake.at.run("create view staging.twice as select * from staging.stg_trades")
    assert lake.count("staging.twice") == 0
    lake.append("2024-01-02", ROWS)
    assert lake.count("staging.twice") == 4
    put(lake.s3, f"{lake.folder}first_date=2024-01-03/a.parquet", ROWS)
    assert lake.count("staging.twice") == 4, "a folder that Glue does not know is not read"


def test_an_object_is_read_once_and_forgotten_when_it_vanishes(lake: Lake) -> None:
    first = lake.append("2024-01-02", ROWS)
    with lake.objects_read() as keys:
        assert lake.count() == 4
        lake.append("2024-01-03", ROWS)
        assert lake.count() == 8
        assert lake.count() == 8
    assert len(keys) == 2
    lake.s3.client.delete_object(Bucket=lake.bucket, Key=first.split("/", 3)[3])
    assert lake.at.run("select distinct first_date from lake.trades") == [(date(2024, 1, 3),)]


def test_a_statement_that_is_prepared_once_sees_what_came_since(lake: Lake) -> None:
    with closing(lake.at.connect()) as connection, connection.cursor() as cursor:
        for seen in range(3):
            assert cursor.execute("select count(*) from lake.trades").fetchall() == ([4 * seen],)
            lake.append("2024-01-02", ROWS, f"{seen}.parquet")


def test_names_that_spectrum_does_not_read(lake: Lake) -> None:
    for name in ("_SUCCESS", ".hidden", "old~"):
        lake.append("2024-01-02", ROWS, name)
    assert lake.count() == 0


def test_a_partition_may_stand_elsewhere(lake: Lake) -> None:
    lake.append("2024-01-02", ROWS, folder=f"s3://{lake.bucket}/elsewhere/")
    assert lake.count() == 4


def test_a_column_that_was_added_is_null_where_it_lacks(lake: Lake) -> None:
    lake.describe({name: kind for name, kind in COLUMNS.items() if name != "is_open"})
    lake.append("2024-01-02", ROWS.drop("is_open"))
    lake.at.run("create view seen as select * from lake.trades with no schema binding")
    assert lake.count("seen") == 4
    lake.describe(COLUMNS)
    lake.append("2024-01-03", ROWS)
    told = lake.at.run("select first_date, count(is_open) from lake.trades group by 1 order by 1")
    assert told == [(date(2024, 1, 2), 0), (date(2024, 1, 3), 3)]
    assert lake.count("seen") == 8


def test_a_column_of_another_type_is_refused(lake: Lake) -> None:
    lake.append("2024-01-02", ROWS.with_columns(pl.lit(1.5).alias("row_number")))
    with pytest.raises(ProgrammingError) as refused:
        lake.count()
    told = refused.value.args[0]["D"]
    assert "column 'row_number'. Column type: BIGINT, Parquet schema: row_number double" in told


def test_a_table_that_glue_lost_is_gone(lake: Lake) -> None:
    assert lake.count() == 0
    lake.glue.delete_table(DatabaseName=lake.bucket, Name="trades")
    with pytest.raises(ProgrammingError, match=r'relation "lake\.trades" does not exist'):
        lake.count()


def test_the_schema_can_be_made_once_and_anew(lake: Lake) -> None:
    make = f"create external schema lake from data catalog database '{lake.bucket}' iam_role default"
    lake.append("2024-01-02", ROWS)
    assert lake.count() == 4
    with pytest.raises(ProgrammingError, match='schema "lake" already exists'):
        lake.at.run(make)
    lake.at.run(make.replace("schema lake", "schema if not exists lake"))
    lake.at.run("drop schema lake cascade")
    assert lake.at.run("select * from svv_external_schemas") == []
    lake.at.run(make)
    assert lake.count() == 4


def test_the_catalogue_is_told_in_system_views(lake: Lake) -> None:
    lake.append("2024-01-02", ROWS)
    assert lake.at.run("select schemaname, databasename from svv_external_schemas") == [("lake", lake.bucket)]
    assert lake.at.run("select schemaname, tablename from svv_external_tables") == [("lake", "trades")]
    columns = lake.at.run(
        "select columnname, external_type, columnnum, part_key from svv_external_columns order by columnnum"
    )
    assert columns[1] == ("quantity", "decimal(20,8)", 2, 0)
    assert columns[-1] == ("first_date", "date", 8, 1)
    assert lake.at.run('select "values", location from svv_external_partitions') == [
        ('["2024-01-02"]', f"{lake.folder}first_date=2024-01-02/")
    ]


def test_only_who_may_use_the_schema_reads_it(lake: Lake) -> None:
    lake.append("2024-01-02", ROWS)
    user, password = f"reader_{lake.at.database}", "Reading1"
    lake.at.run(f"create user {user} password '{password}'")
    reader = lake.at.connect(user=user, password=password)
    with pytest.raises(ProgrammingError, match="permission denied for schema lake"):
        reader.cursor().execute("select count(*) from lake.trades")
    reader.rollback()
    lake.at.run(f"grant usage on schema lake to {user}")
    assert reader.cursor().execute("select count(*) from lake.trades").fetchall() == ([4],)
    reader.close()


def test_at_rest_nothing_is_asked_twice(lake: Lake, double: Double) -> None:
    lake.append("2024-01-02", ROWS)
    with double.database(lake.at.database).external.at_rest():
        assert lake.count() == 4
        lake.append("2024-01-03", ROWS)
        assert lake.count() == 4
    assert lake.count() == 8
