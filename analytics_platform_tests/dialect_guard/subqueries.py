"""Correlated subqueries that Redshift cannot take apart; the patterns are named in its SQL reference."""

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.scope import Scope, traverse_scope

from analytics_platform_tests.dialect_guard.finding import Finding, line_of


def faulty_subqueries(statement: exp.Expr) -> Iterator[Finding]:
    """Find subqueries that refer to a query further out than the next, or stand in the ON of an outer join.

    Only columns that name their table count: without the schema nobody knows where another belongs.
    """
    try:
        scopes = traverse_scope(statement)
    except OptimizeError:
        return
    for scope in scopes:
        if not scope.is_subquery or scope.parent is None:
            continue
        outer = [
            column for column in _own_columns(scope) if column.table and column.table not in scope.sources
        ]
        for column in outer:
            if column.table not in scope.parent.sources:
                yield Finding(
                    line_of(column),
                    f"{column.sql()} is of a query further out than the next, which Redshift refuses",
                    "join in a common table expression instead",
                )
        if outer and _in_outer_join(scope.expression):
            yield Finding(
                line_of(outer[0]),
                "a correlated subquery in the ON of an outer join, which Redshift refuses",
                "join in a common table expression first",
            )


def _own_columns(scope: Scope) -> list[exp.Column]:
    return [column for column in scope.find_all(exp.Column) if isinstance(column, exp.Column)]


def _in_outer_join(query: exp.Expr) -> bool:
    join = query.find_ancestor(exp.Join, exp.Select)
    return isinstance(join, exp.Join) and join.side in {"LEFT", "RIGHT", "FULL"} and _under_on(query, join)


def _under_on(query: exp.Expr, join: exp.Join) -> bool:
    on = join.args.get("on")
    return on is not None and any(each is query for each in on.walk())
