"""What must be done so that the catalogue says what the lake holds."""

from dataclasses import replace

import polars as pl
import pytest

from analytics_platform.storage.catalog.definitions import Column, external_table, hive_type
from analytics_platform.storage.catalog.differences import Content, Step, differences
from analytics_platform.storage.catalog.documents import is_ours, partition_of, table_input, table_of
from analytics_platform.storage.catalog.faults import CatalogError
from analytics_platform.storage.catalog.inventory import content_of
from analytics_platform.tables.market import PRICES
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.registry import TABLES

LAKE = "s3://bank/lake"
PRICES_TABLE = external_table(PRICES, LAKE)
DAY = ("2013-03-01", "2013-03-01")
WEEK = ("2013-03-01", "2013-03-08")
FOLDER = f"{LAKE}/prices/first_date=2013-03-01/last_date="


def _content(table: object = PRICES_TABLE, **partitions: str) -> Content:
    assert isinstance(table, type(PRICES_TABLE))
    days = {"day": DAY, "week": WEEK}
    return Content(
        {table.name: table}, {table.name: {days[name]: place for name, place in partitions.items()}}
    )


def _told(steps: list[Step]) -> list[tuple[str, str, str, int]]:
    return [(step.action, step.table.name, step.why, len(step.partitions)) for step in steps]


def test_every_contract_is_a_table_that_glue_takes() -> None:
    for table in TABLES.values():
        made = external_table(table, LAKE)
        names = [column.name for column in (*made.columns, *made.keys)]
        assert len(set(names)) == len(names), table.name
        assert table_of(table_input(made)) == made
        assert is_ours(table_input(made))
        lists = [name for name, dtype in table.lake_columns.items() if isinstance(dtype, pl.List)]
        assert {column.name for column in made.columns} == set(table.lake_columns) - set(lists)


def test_what_has_columns_of_the_names_of_the_keys_has_no_keys() -> None:
    bare = [name for name, table in TABLES.items() if not external_table(table, LAKE).keys]
    assert bare == ["deliveries", "run_manifests"]


def test_a_type_that_external_tables_lack_is_refused() -> None:
    with pytest.raises(TypeError, match="external tables have no type for Struct"):
        hive_type(pl.Struct({"a": pl.Int64}))


def test_objects_are_partitions_of_their_tables() -> None:
    deliveries = external_table(DELIVERIES, LAKE)
    keys = [
        "prices/first_date=2013-03-01/last_date=2013-03-01/a.parquet",
        "prices/first_date=2013-03-01/last_date=2013-03-01/b.parquet",
        "prices/first_date=2013-03-01/last_date=2013-03-08/c.parquet",
        "prices/first_date=2013-03-01/last_date=2013-03-09/.d.parquet",
        "prices/first_date=2013-03-01/last_date=2013-03-10/",
        "deliveries/prices/2013-03/e.parquet",
        ".by_instrument/prices/x.parquet",
        "notes/first_date=2013-03-01/last_date=2013-03-08/c.parquet",
    ]
    found = content_of({"prices": PRICES_TABLE, "deliveries": deliveries}, keys)
    assert found.partitions == {"prices": {DAY: f"{FOLDER}2013-03-01/", WEEK: f"{FOLDER}2013-03-08/"}}


def test_equal_contents_need_nothing() -> None:
    same = _content(day=f"{FOLDER}2013-03-01/")
    other_order = replace(PRICES_TABLE, columns=PRICES_TABLE.columns[::-1])
    assert differences(same, same) == []
    assert differences(_content(other_order, day=f"{FOLDER}2013-03-01/"), same) == []


def test_a_new_table_comes_before_its_partitions() -> None:
    steps = differences(Content({}), _content(day="a", week="b"))
    assert _told(steps) == [
        ("add", "prices", f"{len(PRICES_TABLE.columns)} columns", 0),
        ("add", "prices", "deliveries that it does not show", 2),
    ]


def test_a_new_column_comes_last_and_a_dropped_one_goes() -> None:
    first, *others = PRICES_TABLE.columns
    old = replace(PRICES_TABLE, columns=(*others, Column("lot", "bigint")))
    (step,) = differences(_content(old), _content())
    assert step.why == f"column {first.name} is new; column lot is no longer there"
    assert step.table.columns == (*others, first)


def test_partitions_are_added_moved_and_removed() -> None:
    steps = differences(_content(day="old", week="gone"), _content(day="new"))
    assert _told(steps) == [
        ("change", "prices", "the lake stands elsewhere", 1),
        ("remove", "prices", "the lake has no objects there", 1),
    ]


def test_another_type_changes_all_partitions() -> None:
    name, *others = PRICES_TABLE.columns
    old = replace(PRICES_TABLE, columns=(replace(name, kind="int"), *others))
    steps = differences(_content(old, day="a"), _content(day="a"))
    assert _told(steps) == [
        ("change", "prices", f"column {name.name} is {name.kind}, not int", 0),
        ("change", "prices", "types of columns have changed", 1),
    ]


def test_a_table_with_other_keys_gets_all_its_partitions_anew() -> None:
    steps = differences(_content(replace(PRICES_TABLE, keys=()), day="a"), _content(day="a"))
    assert _told(steps) == [
        ("change", "prices", "its keys are first_date, last_date, not none", 0),
        ("add", "prices", "deliveries that it does not show", 1),
    ]


def test_a_table_of_no_contract_is_removed_without_its_partitions() -> None:
    steps = differences(_content(replace(PRICES_TABLE, name="old"), day="a"), Content({}))
    assert _told(steps) == [("remove", "old", "the lake has no such table of files", 0)]


def test_what_others_keep_is_left_alone_unless_it_stands_in_the_way() -> None:
    assert differences(Content({}, others=frozenset({"notes"})), Content({})) == []
    told = "keeps prices as no table of files: name it in ANALYTICS_ICEBERG_TABLES"
    with pytest.raises(CatalogError, match=told):
        differences(Content({}, others=frozenset({"prices"})), _content())


def test_a_partition_of_glue_is_read_back() -> None:
    told = {"Values": list(DAY), "StorageDescriptor": {"Location": "s3://bank/x/"}}
    assert (partition_of(told).values, partition_of(told).location) == (DAY, "s3://bank/x/")
