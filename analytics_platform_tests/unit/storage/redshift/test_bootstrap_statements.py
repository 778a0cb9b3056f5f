"""What the bootstrap of Redshift runs, from what stands there."""

import pytest

from analytics_platform.storage.redshift.bootstrap import Found, Plan, statements
from analytics_platform.storage.redshift.faults import RedshiftError

PLAN = Plan("market", "analysts", schemas=("marts",))
GRANTS = [
    'grant usage on schema "marts" to group "analysts"',
    'grant select on all tables in schema "marts" to group "analysts"',
    'alter default privileges in schema "marts" grant select on tables to group "analysts"',
    'grant usage on schema "lake" to group "analysts"',
]


def test_an_empty_database_gets_all() -> None:
    assert statements(PLAN, Found()) == [
        'create group "analysts"',
        'create schema "marts"',
        "create external schema \"lake\" from data catalog database 'market' iam_role default",
        *GRANTS,
    ]


def test_what_stands_is_only_granted() -> None:
    found = Found(frozenset({"analysts"}), frozenset({"marts", "lake"}), {"lake": "market"})
    assert statements(PLAN, found) == GRANTS


def test_a_native_schema_of_the_name_is_refused() -> None:
    with pytest.raises(RedshiftError, match="schema lake is a native one: it must show the lake; rename it"):
        statements(PLAN, Found(schemas=frozenset({"lake"})))


def test_another_catalogue_database_is_refused_with_the_cure() -> None:
    found = Found(schemas=frozenset({"lake"}), external={"lake": "old"})
    told = "shows the catalogue database old, not market: run `drop schema lake`.*CATALOG_DATABASE=old"
    with pytest.raises(RedshiftError, match=told):
        statements(PLAN, found)


@pytest.mark.parametrize("role", ["arn:aws:iam::1:role/x", "default; drop", ""])
def test_a_role_that_is_none_is_refused(role: str) -> None:
    with pytest.raises(ValueError, match="ANALYTICS_REDSHIFT_COPY_ROLE is"):
        statements(Plan("market", "analysts", role), Found())


def test_a_group_that_is_no_name_is_refused() -> None:
    with pytest.raises(ValueError, match="is no name of a schema, table or column"):
        statements(Plan("market", 'a"; drop'), Found())
