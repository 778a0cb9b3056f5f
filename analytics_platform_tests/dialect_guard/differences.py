"""What both engines take and answer differently, as far as the text alone shows it."""

from collections.abc import Iterator

from sqlglot import exp

from analytics_platform_tests.dialect_guard.finding import Finding, line_of

_WHOLE = (
    exp.Count,
    exp.RowNumber,
    exp.Rank,
    exp.DenseRank,
    exp.Extract,
    exp.DateDiff,
    exp.TsOrDsDiff,
    exp.Length,
)
_FLOATS = {exp.DType.DOUBLE, exp.DType.FLOAT}


def different_answers(statement: exp.Expr) -> Iterator[Finding]:
    """Find quotients, means and texts that differ between DuckDB and Redshift."""
    for quotient in statement.find_all(exp.Div):
        if _is_whole(quotient.left) and _is_whole(quotient.right):
            yield Finding(
                line_of(quotient),
                "a quotient of whole numbers is cut to a whole number on Redshift",
                "use {{ safe_divide(...) }}",
            )
    for mean in statement.find_all(exp.Avg):
        if not any(cast.to.this in _FLOATS for cast in mean.find_all(exp.Cast)):
            yield Finding(
                line_of(mean),
                "avg keeps the type on Redshift: whole numbers and decimals are cut",
                "use avg(cast(... as double precision))",
            )
    for joined in statement.find_all(exp.Concat):
        if len(joined.expressions) != _TWO or not _is_text(joined):
            yield Finding(
                line_of(joined),
                "concat takes two texts on Redshift and is null when one is",
                "use a || b, with coalesce where null may come",
            )


_TWO = 2


def _is_text(joined: exp.Concat) -> bool:
    return all(isinstance(part, exp.Literal) for part in joined.expressions)


def _is_whole(node: exp.Expr) -> bool:
    match node:
        case exp.Paren():
            return _is_whole(node.this)
        case exp.Literal():
            return node.is_int
        case exp.Cast():
            return node.to.this in exp.DataType.INTEGER_TYPES
        case exp.Add() | exp.Sub() | exp.Mul():
            return _is_whole(node.left) and _is_whole(node.right)
        case exp.Window():
            return _is_whole(node.this)
    return isinstance(node, _WHOLE)
