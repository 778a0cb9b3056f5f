"""What of Redshift's SQL is rewritten, and what is left alone."""

import pytest

from analytics_platform_tests.integration.redshift_double.dialect import outermost, rewrite


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        pytest.param(
            "create view v as select 1 with no schema binding", "create view v as select 1 ", id="late view"
        ),
        pytest.param(
            "create or replace view v as (select 1) with no schema binding",
            "create or replace view v as (select 1) ",
            id="late view replaced",
        ),
        pytest.param(
            "create table t (a int encode zstd distkey sortkey) backup no diststyle key distkey (a)",
            "create table t (a int   )   ",
            id="table attributes",
        ),
        pytest.param(
            "create table t compound sortkey(a, b) as select 1", "create table t  as select 1", id="sort key"
        ),
        pytest.param(
            "create table t sortkey auto as select 1", "create table t  as select 1", id="automatic key"
        ),
        pytest.param("select distkey from t", "select distkey from t", id="a column called so"),
        pytest.param("select dateadd(day, 1, d)", "select dateadd('day', 1, d)", id="date part"),
        pytest.param("select datediff('day', a, b)", "select datediff('day', a, b)", id="quoted date part"),
        pytest.param("select day, month from t", "select day, month from t", id="columns called as parts"),
        pytest.param(
            "select listagg(a, ',') within group (order by b desc)",
            "select string_agg(a, ',' order by b desc)",
            id="listagg",
        ),
        pytest.param(
            "select listagg(distinct a)", "select string_agg(distinct a)", id="listagg without order"
        ),
        pytest.param("set query_group to 'run'", "set redshift.query_group to 'run'", id="setting"),
        pytest.param(
            "select query_group from t", "select query_group from t", id="a column called as a setting"
        ),
        pytest.param(
            "select 'with no schema binding' -- sysdate",
            "select 'with no schema binding' -- sysdate",
            id="text",
        ),
        pytest.param("select 'an open text", "select 'an open text", id="no tokens"),
        pytest.param("select sysdate", "select redshift_double.sysdate()", id="keyword"),
    ],
)
def test_rewriting(asked: str, answered: str) -> None:
    assert rewrite(asked).sql == answered


def test_names_are_found_with_their_schemas() -> None:
    found = rewrite('with x as (select * from Lake."Prices" p) select p.a from x')
    assert {("lake", "prices"), ("p", "a")} == found.named
    assert "prices" in found.words


def test_outermost_words_leave_out_what_stands_in_parentheses() -> None:
    assert outermost("select (select 1 limit 1) from x") == ["select", ")", "from", "x"]
