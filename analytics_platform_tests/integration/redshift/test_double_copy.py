"""COPY and UNLOAD of the double: what they take, what they refuse, and that nothing is half done."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import polars as pl
import pytest
from redshift_connector.error import ProgrammingError

from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.redshift.conftest import RedshiftServer
from analytics_platform_tests.integration.redshift.staged_files import (
    ROWS,
    TRADES,
    addresses,
    get,
    put,
    put_manifest,
)

Copying = Callable[[pl.DataFrame], str]


@pytest.fixture
def at(module_redshift: RedshiftServer) -> RedshiftServer:
    """Give a database with an empty table of trades, and an empty prefix."""
    module_redshift.run("drop table if exists trades", TRADES)
    return replace(module_redshift, staging=f"{module_redshift.staging}{uuid4().hex}/")


@pytest.fixture
def copying(at: RedshiftServer, redshift_s3: EmulatedS3) -> Copying:
    """Give what puts rows and a manifest and returns the statement that loads them."""

    def statement(rows: pl.DataFrame) -> str:
        one = f"{at.staging}in/1.parquet"
        manifest = put_manifest(redshift_s3, f"{at.staging}in.manifest", {one: put(redshift_s3, one, rows)})
        return f"copy trades from '{manifest}' iam_role {at.role} format as parquet manifest"

    return statement


def unloaded(at: RedshiftServer, redshift_s3: EmulatedS3, prefix: str) -> pl.DataFrame:
    """Return what a manifest of UNLOAD names."""
    entries = json.loads(get(redshift_s3, f"{at.staging}{prefix}manifest"))["entries"]
    return pl.concat(pl.read_parquet(get(redshift_s3, one["url"])) for one in entries)


def unload(at: RedshiftServer, query: str, prefix: str = "out/", options: str = "manifest") -> None:
    """Unload the rows of a query."""
    at.run(f"unload ($${query}$$) to '{at.staging}{prefix}' iam_role {at.role} format as parquet {options}")


def errors_below(at: RedshiftServer) -> str:
    """Return what a query of the errors of this test's own files ends in."""
    return f"from sys_load_error_detail where file_name like '{at.staging}%'"


def test_what_goes_in_by_copy_comes_out_by_unload(
    at: RedshiftServer, redshift_s3: EmulatedS3, copying: Copying
) -> None:
    assert at.run(copying(ROWS), "select pg_last_copy_count()") == [(4,)]
    unload(at, "select * from trades where price_rate is null or instrument_id <> 'x'")
    found = unloaded(at, redshift_s3, "out/")
    assert found.schema == ROWS.schema
    kept = ROWS.filter(pl.col("price_rate").is_null() | (pl.col("instrument_id") != "x"))
    assert found.sort("row_number").equals(kept.sort("row_number"))


def test_the_same_copy_on_one_connection_loads_twice(at: RedshiftServer, copying: Copying) -> None:
    """The connector prepares a text once and executes it again."""
    statement = copying(ROWS)
    assert at.run(statement, statement, "select count(*) from trades") == [(8,)]


def test_a_copy_is_part_of_the_transaction(at: RedshiftServer, copying: Copying) -> None:
    statement = copying(ROWS)
    with closing(at.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("create temp table stage (like trades)")
        cursor.execute(statement.replace("copy trades", "copy stage"))
        cursor.execute("insert into trades select * from stage")
        assert cursor.execute("select count(*) from trades").fetchall() == ([4],)
        connection.rollback()
    assert at.run("select count(*) from trades") == [(0,)]


WRONG = [
    pytest.param(
        ROWS.drop("is_open"),
        "Unmatched number of columns between table and file. Table columns: 7",
        id="column lacks",
    ),
    pytest.param(
        ROWS.select(*reversed(ROWS.columns)),
        "column 'instrument_id'. Column type: CHARACTER VARYING(64), Parquet schema: known_at timestamp",
        id="order",
    ),
    pytest.param(
        ROWS.with_columns(pl.lit(1, pl.Int32).alias("row_number")),
        "column 'row_number'. Column type: BIGINT, Parquet schema: row_number int32",
        id="narrow integer",
    ),
    pytest.param(
        ROWS.with_columns(pl.lit(Decimal(1)).cast(pl.Decimal(20, 6)).alias("quantity")),
        "column 'quantity'. Column type: NUMERIC(20,8), Parquet schema: quantity decimal128(20, 6)",
        id="scale",
    ),
    pytest.param(
        ROWS.with_columns(pl.lit("é" * 33).alias("instrument_id")),
        "instrument_id is longer than the length defined in the table. Table: 64, Data: 66",
        id="bytes",
    ),
]


@pytest.mark.parametrize(("rows", "told"), WRONG)
def test_a_file_that_does_not_fit_is_refused_and_told(
    at: RedshiftServer, copying: Copying, rows: pl.DataFrame, told: str
) -> None:
    with pytest.raises(ProgrammingError) as refused:
        at.run(copying(rows))
    assert refused.value.args[0]["M"] == "Spectrum Scan Error"
    assert told in refused.value.args[0]["D"]
    assert at.run("select count(*) from trades") == [(0,)]
    ((name, message),) = at.run(f"select file_name, error_message {errors_below(at)}")
    assert name == f"{at.staging}in/1.parquet"
    assert told in str(message)


def test_one_object_that_does_not_fit_keeps_out_all(at: RedshiftServer, redshift_s3: EmulatedS3) -> None:
    put(redshift_s3, f"{at.staging}in/1.parquet", ROWS)
    put(redshift_s3, f"{at.staging}in/2.parquet", ROWS.drop("is_open"))
    with pytest.raises(ProgrammingError, match="Spectrum Scan Error"):
        at.run(f"copy trades from '{at.staging}in/' iam_role {at.role} parquet")
    assert at.run("select count(*) from trades") == [(0,)]


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (None, "Manifest entry without meta.content_length, which columnar formats need"),
        (1, "Manifest says 1 bytes, S3 holds"),
    ],
    ids=["no size", "wrong size"],
)
def test_a_manifest_with_wrong_sizes(
    at: RedshiftServer, redshift_s3: EmulatedS3, size: int | None, told: str
) -> None:
    one = f"{at.staging}in/1.parquet"
    put(redshift_s3, one, ROWS)
    manifest = put_manifest(redshift_s3, f"{at.staging}in.manifest", {one: size})
    with pytest.raises(ProgrammingError, match=told):
        at.run(f"copy trades from '{manifest}' iam_role {at.role} parquet manifest")


def test_an_object_that_vanished_after_the_manifest(at: RedshiftServer, redshift_s3: EmulatedS3) -> None:
    manifest = put_manifest(redshift_s3, f"{at.staging}in.manifest", {f"{at.staging}in/2.parquet": 1})
    with pytest.raises(
        ProgrammingError, match=f"Mandatory url is not present in S3: {at.staging}in/2.parquet"
    ):
        at.run(f"copy trades from '{manifest}' iam_role {at.role} parquet manifest")


def test_what_is_not_there_or_not_parquet(at: RedshiftServer, redshift_s3: EmulatedS3) -> None:
    with pytest.raises(ProgrammingError, match=f"The specified S3 prefix '{at.staging}none' does not exist"):
        at.run(f"copy trades from '{at.staging}none' iam_role {at.role} parquet")
    with pytest.raises(ProgrammingError, match="The specified key does not exist"):
        at.run(f"copy trades from '{at.staging}none' iam_role {at.role} parquet manifest")
    put(redshift_s3, f"{at.staging}text", "a,b")
    with pytest.raises(ProgrammingError, match="is not a Parquet file"):
        at.run(f"copy trades from '{at.staging}text' iam_role {at.role} parquet")


def test_a_file_that_is_damaged_inside(at: RedshiftServer, redshift_s3: EmulatedS3) -> None:
    address = f"{at.staging}in/1.parquet"
    put(redshift_s3, address, ROWS)
    content = bytearray(get(redshift_s3, address))
    content[4:200] = bytes(196)
    put(redshift_s3, address, bytes(content))
    with pytest.raises(ProgrammingError, match=r"1\.parquet' cannot be read"):
        at.run(f"copy trades from '{address}' iam_role {at.role} parquet")
    assert at.run("select count(*) from trades") == [(0,)]


def test_a_null_where_none_may_be(at: RedshiftServer, redshift_s3: EmulatedS3) -> None:
    at.run("create table keys (instrument_id varchar(64) not null)")
    put(redshift_s3, f"{at.staging}keys", ROWS.select("instrument_id"))
    with closing(at.connect()) as connection, connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="Load into table 'keys' failed"):
            cursor.execute(f"copy keys from '{at.staging}keys' iam_role {at.role} parquet")
        connection.rollback()
        cursor.execute("select error_message from sys_load_error_detail where query_id = pg_last_query_id()")
        ((message,),) = cursor.fetchall()
    assert 'null value in column "instrument_id"' in str(message)


def test_text_goes_in_and_a_bad_line_is_told(at: RedshiftServer, redshift_s3: EmulatedS3) -> None:
    at.run("create table ages (name varchar(9), age_years int)")
    copy = f"copy ages (age_years, name) from '{at.staging}ages' iam_role {at.role} csv ignoreheader 1"
    put(redshift_s3, f"{at.staging}ages", 'age,name\n1,"a,b"\n,c\n')
    assert at.run(copy, "select name, age_years from ages order by 1") == [("a,b", 1), ("c", None)]
    put(redshift_s3, f"{at.staging}ages", "age,name\n1,a\nold,b\n")
    with pytest.raises(ProgrammingError, match="Check 'sys_load_error_detail' system table for details"):
        at.run(copy)
    told = at.run(f"select line_number, column_name, error_message {errors_below(at)}")
    assert told == [(2, "age_years", 'invalid input syntax for type integer: "old"')]
    assert at.run("select count(*) from ages") == [(2,)]


def test_unload_writes_files_of_a_size(at: RedshiftServer, redshift_s3: EmulatedS3) -> None:
    rows = "select random() as a, random() as b from generate_series(1, 500000)"
    unload(at, rows, options="manifest verbose maxfilesize 5 mb")
    manifest = json.loads(get(redshift_s3, f"{at.staging}out/manifest"))
    sizes = [one["meta"]["content_length"] for one in manifest["entries"]]
    assert len(sizes) > 2
    assert max(sizes) < 6 * 1024**2
    assert manifest["meta"]["record_count"] == 500_000
    assert unloaded(at, redshift_s3, "out/").height == 500_000


def test_unload_keeps_the_order_in_one_file(at: RedshiftServer, redshift_s3: EmulatedS3) -> None:
    rows = "select n::bigint as n from generate_series(1, 200000) as n order by n desc"
    unload(at, rows, "out_", "manifest parallel off")
    assert addresses(redshift_s3, f"{at.staging}out_") == ["000.parquet", "manifest"]
    assert unloaded(at, redshift_s3, "out_")["n"].equals(pl.int_range(200_000, 0, -1, eager=True).alias("n"))


def test_unload_in_quotes(at: RedshiftServer, redshift_s3: EmulatedS3) -> None:
    query = "select ''it''''s'' as word"
    at.run(f"unload ('{query}') to '{at.staging}out/' iam_role {at.role} parquet manifest")
    assert unloaded(at, redshift_s3, "out/")["word"].to_list() == ["it's"]


def test_unload_leaves_what_stands_there(at: RedshiftServer, redshift_s3: EmulatedS3) -> None:
    one = "select 1 as one"
    unload(at, one, options="")
    put(redshift_s3, f"{at.staging}out/other", "old")
    with pytest.raises(ProgrammingError, match="Specified unload destination on S3 is not empty"):
        unload(at, one)
    unload(at, one, options="allowoverwrite")
    assert addresses(redshift_s3, f"{at.staging}out/") == ["0000_part_00.parquet", "other"]
    unload(at, one, options="cleanpath")
    assert addresses(redshift_s3, f"{at.staging}out/") == ["0000_part_00.parquet"]


def test_unload_of_nothing(at: RedshiftServer, redshift_s3: EmulatedS3) -> None:
    unload(at, "select * from trades")
    assert json.loads(get(redshift_s3, f"{at.staging}out/manifest")) == {"entries": []}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("select * from trades limit 1", "Limit clause is not supported"),
        ("select 1.0 / 3 as third", "a decimal without a declared scale is cast first"),
        ("select * from nothing", 'relation "nothing" does not exist'),
    ],
    ids=["limit", "digits", "relation"],
)
def test_unload_refuses(at: RedshiftServer, redshift_s3: EmulatedS3, query: str, told: str) -> None:
    with pytest.raises(ProgrammingError, match=told):
        unload(at, query)
    assert addresses(redshift_s3, f"{at.staging}out/") == []
