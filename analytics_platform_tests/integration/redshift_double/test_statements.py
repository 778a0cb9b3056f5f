"""Statements that PostgreSQL does not have, taken apart."""

import pytest

from analytics_platform_tests.integration.redshift_double.errors import RedshiftError
from analytics_platform_tests.integration.redshift_double.statements import (
    LARGEST_FILE,
    Append,
    Copy,
    CreateExternalSchema,
    Truncate,
    Unload,
    special,
)


def test_copy_of_a_manifest() -> None:
    found = special(
        '/* dbt */ -- and this\ncopy s."T" (a, "B") from \'s3://b/k\' '
        "iam_role 'arn:aws:iam::1:role/r' parquet manifest;"
    )
    assert found == Copy(
        's."T"',
        ("a", "b"),
        "s3://b/k",
        is_manifest=True,
        is_parquet=True,
        is_compressed=False,
        delimiter="|",
        null="",
        header_lines=0,
    )


def test_copy_of_text() -> None:
    found = special("COPY t FROM 's3://b/k' IAM_ROLE DEFAULT DELIMITER ';' NULL AS 'NA' IGNOREHEADER 2 GZIP")
    assert found == Copy(
        "t",
        (),
        "s3://b/k",
        is_manifest=False,
        is_parquet=False,
        is_compressed=True,
        delimiter=";",
        null="NA",
        header_lines=2,
    )


def test_unload_with_quotes_in_its_query() -> None:
    found = special("unload ('select ''a'' as x') to 's3://b/k_' iam_role default format parquet")
    assert found == Unload(
        "select 'a' as x",
        "s3://b/k_",
        has_manifest=False,
        is_verbose=False,
        overwrites=False,
        cleans=False,
        is_parallel=True,
        largest_file=LARGEST_FILE,
    )


def test_unload_with_options() -> None:
    found = special(
        "unload ($$select 'a'$$) to 's3://b/k' iam_role default format as parquet manifest verbose "
        "allowoverwrite cleanpath parallel off maxfilesize as 10 mb"
    )
    assert found == Unload(
        "select 'a'",
        "s3://b/k",
        has_manifest=True,
        is_verbose=True,
        overwrites=True,
        cleans=True,
        is_parallel=False,
        largest_file=10 * 1024**2,
    )


def test_external_schema() -> None:
    found = special(
        "create external schema if not exists lake from data catalog database 'd' region 'eu-central-1' "
        "iam_role default create external database if not exists"
    )
    assert found == CreateExternalSchema("lake", "d", may_exist=True, makes_database=True)


@pytest.mark.parametrize(
    "sql", ["select 1", "", "-- copy t from 's3://'", "copying", "create table copy (a int)"]
)
def test_everything_else_is_for_postgresql(sql: str) -> None:
    assert special(sql) is None


def test_append_and_truncate() -> None:
    assert special("alter table a append from s.b;") == Append("a", "s.b")
    assert special("truncate table a") == Truncate()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("copy t from 's3://b/k' parquet", "COPY needs an authorization: IAM_ROLE default or an ARN"),
        (
            "copy t from 's3://b/k' iam_role default parquet region 'x'",
            "REGION argument is not supported for PARQUET",
        ),
        ("copy t from 's3://b/k' iam_role default csv maxerror 3", "does not know COPY ... MAXERROR"),
        ("copy t from stdin", "the double understands COPY <table>"),
        ("unload ('select 1') to 's3://b/k' iam_role default", "does not know UNLOAD without FORMAT PARQUET"),
        (
            "unload ('select 1') to 's3://b/k' iam_role default parquet maxfilesize 1 mb",
            "between 5 MB and 6.2 GB",
        ),
        ("create external table x.y (a int)", "make tables in Glue"),
    ],
    ids=["no role", "region", "errors allowed", "not from S3", "text", "small files", "external table"],
)
def test_what_is_refused(sql: str, told: str) -> None:
    with pytest.raises(RedshiftError, match=told):
        special(sql)
