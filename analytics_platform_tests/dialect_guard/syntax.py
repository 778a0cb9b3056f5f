"""Clauses that Redshift has not."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sqlglot import exp

from analytics_platform_tests.dialect_guard.finding import Finding, line_of

JOINS = {"ANTI", "ASOF", "POSITIONAL", "SEMI"}
NO_SUCH_THINGS = {"INDEX", "SEQUENCE", "TRIGGER", "TYPE"}


class Denied(NamedTuple):
    """A kind of node that Redshift refuses, where `applies` says so."""

    node: type[exp.Expr]
    what: str
    cure: str
    applies: Callable[[exp.Expr], bool] = lambda _: True


def _has(name: str) -> Callable[[exp.Expr], bool]:
    return lambda node: bool(node.args.get(name))


def _is_all(node: exp.Expr) -> bool:
    return node.args.get("distinct") is False


def _is_table(node: exp.Expr) -> bool:
    return node.find_ancestor(exp.From, exp.Join) is not None and not isinstance(node.parent, exp.Insert)


def _is_of_kind(*kinds: str) -> Callable[[exp.Expr], bool]:
    return lambda node: str(node.args.get("kind")).upper() in kinds


def _replaces_table(node: exp.Expr) -> bool:
    return bool(node.args.get("replace")) and _is_of_kind("TABLE")(node)


def _is_partitioned(made: exp.Expr) -> bool:
    return made.find(exp.PartitionedByProperty) is not None and made.find(exp.ExternalProperty) is None


def _joins_by(node: exp.Expr) -> bool:
    return bool({str(node.args.get(word)).upper() for word in ("method", "kind", "side")} & JOINS)


DENIED = (
    Denied(exp.Filter, "FILTER clause", "use sum(case when ... then ... end)"),
    Denied(exp.NullSafeEQ, "IS NOT DISTINCT FROM", "use a = b or (a is null and b is null)"),
    Denied(exp.NullSafeNEQ, "IS DISTINCT FROM", "use a <> b or (a is null) <> (b is null)"),
    Denied(exp.Distinct, "DISTINCT ON", "use row_number() and keep the first", _has("on")),
    Denied(exp.Lateral, "LATERAL", "use a join or a common table expression"),
    Denied(exp.Array, "array", "keep rows instead of a list"),
    Denied(exp.Struct, "struct", "keep columns instead"),
    Denied(exp.Bracket, "subscript in brackets", "keep rows or columns; split_part for parts of a text"),
    Denied(exp.Unnest, "UNNEST", "keep rows instead of a list"),
    Denied(exp.Glob, "GLOB", "use like"),
    Denied(exp.Values, "VALUES as a table", "use selects with union all", _is_table),
    Denied(exp.Group, "GROUP BY ALL", "name the columns", _has("all")),
    Denied(exp.Order, "ORDER BY ALL", "name the columns", lambda node: "ALL" in node.sql().upper().split()),
    Denied(exp.Star, "* with EXCLUDE, which DuckDB writes otherwise", "name the columns", _has("except_")),
    Denied(exp.Star, "* with REPLACE", "name the columns", _has("replace")),
    Denied(exp.Star, "* with RENAME", "name the columns", _has("rename")),
    Denied(exp.Columns, "COLUMNS(...)", "name the columns"),
    Denied(
        exp.Join,
        "join that is none of inner, left, right, full, cross",
        "use exists or conditions",
        _joins_by,
    ),
    Denied(exp.Except, "EXCEPT ALL", "Redshift has EXCEPT only; count rows with row_number()", _is_all),
    Denied(exp.Intersect, "INTERSECT ALL", "Redshift has INTERSECT only; use exists", _is_all),
    Denied(exp.SetOperation, "BY NAME", "name the columns in the same order", _has("by_name")),
    Denied(exp.TableSample, "sample", "use md5 of a key and compare"),
    Denied(exp.Lock, "FOR UPDATE or FOR SHARE", "lock the table"),
    Denied(exp.Fetch, "FETCH", "use limit"),
    Denied(exp.OnConflict, "ON CONFLICT", "delete and insert in one transaction, or merge"),
    Denied(exp.Returning, "RETURNING", "read the rows afterwards"),
    Denied(exp.CheckColumnConstraint, "CHECK constraint", "use a dbt data test"),
    Denied(exp.ComputedColumnConstraint, "generated column", "compute it where rows are inserted"),
    Denied(exp.Create, "PARTITION BY on a table", "use a sort key", _is_partitioned),
    Denied(
        exp.Create,
        "CREATE of an index, sequence, trigger or type",
        "Redshift has none; use sort keys and identity columns",
        _is_of_kind(*NO_SUCH_THINGS),
    ),
    Denied(exp.Create, "CREATE OR REPLACE TABLE", "drop it, or make another and rename", _replaces_table),
)


def denied_syntax(statement: exp.Expr) -> Iterator[Finding]:
    """Find clauses that Redshift has not."""
    for node in statement.walk():
        for rule in DENIED:
            if isinstance(node, rule.node) and rule.applies(node):
                yield Finding(line_of(node), f"Redshift has no {rule.what}", rule.cure)
