"""All rules over one text of SQL: tokens for what the parser renames, the tree for the rest."""

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ErrorLevel, ParseError, TokenError
from sqlglot.tokenizer_core import Token

from analytics_platform_tests.dialect_guard.differences import different_answers
from analytics_platform_tests.dialect_guard.finding import Finding
from analytics_platform_tests.dialect_guard.functions import unknown_functions
from analytics_platform_tests.dialect_guard.operators import unknown_operators
from analytics_platform_tests.dialect_guard.reserved_words import reserved_names
from analytics_platform_tests.dialect_guard.subqueries import faulty_subqueries
from analytics_platform_tests.dialect_guard.syntax import denied_syntax
from analytics_platform_tests.dialect_guard.types import unknown_type_names, unknown_types
from analytics_platform_tests.dialect_guard.windows import faulty_windows

RULES = (denied_syntax, faulty_windows, faulty_subqueries, unknown_types, reserved_names, different_answers)


def findings(sql: str) -> list[Finding]:
    """Return what Redshift would refuse or answer otherwise than DuckDB.

    Parameters
    ----------
    sql : str
        One or more statements, without templates.

    Returns
    -------
    list of Finding
        Sorted by line, each once; empty when nothing was found.

    Examples
    --------
    >>> findings("select sum(quantity) from positions")
    []
    >>> findings("select string_agg(name, ',') from portfolios")[0].what
    "string_agg() is no function of Redshift's compute nodes"
    """
    try:
        tokens = Redshift.Tokenizer().tokenize(sql)
        parsed = sqlglot.parse(sql, read="redshift", error_level=ErrorLevel.RAISE)
    except (ParseError, TokenError) as error:
        return [_unreadable(error)]
    statements = [statement for statement in parsed if statement is not None]
    return sorted(set(_all(tokens, statements)))


def _all(tokens: list[Token], statements: list[exp.Expr]) -> Iterator[Finding]:
    yield from unknown_functions(tokens, statements)
    yield from unknown_operators(tokens)
    yield from unknown_type_names(tokens)
    for statement in statements:
        for rule in RULES:
            yield from rule(statement)


def _unreadable(error: ParseError | TokenError) -> Finding:
    details = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    line = details.get("line") or 1
    told = str(details.get("description") or error).splitlines()[0]
    return Finding(int(line), f"this is no SQL of Redshift: {told}", "write it in the portable subset")
