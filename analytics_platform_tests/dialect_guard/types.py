"""Types that Redshift has not, and limits of those that it has."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from analytics_platform_tests.dialect_guard.finding import Finding, line_of

MOST_DIGITS = 38
MOST_PLACES = 37
LONGEST_VARCHAR = 65535
LONGEST_CHAR = 4096

_NONE_SUCH = {
    "array": "keep rows, or super",
    "bigserial": "use identity(1, 1)",
    "bit": "use boolean or varbyte",
    "enum": "use varchar with a data test",
    "hstore": "use super",
    "inet": "use varchar(45)",
    "int128": "use decimal(38, 0)",
    "int256": "use decimal(38, 0)",
    "int4range": "use two columns",
    "json": "use super or varchar",
    "jsonb": "use super or varchar",
    "list": "keep rows, or super",
    "map": "use super",
    "money": "use decimal(38, 8)",
    "serial": "use identity(1, 1)",
    "smallserial": "use identity(1, 1)",
    "struct": "use super",
    "tinyint": "use smallint",
    "uint128": "use decimal(38, 0)",
    "uuid": "use varchar(36)",
    "xml": "use varchar",
}
"""Type as the parser calls it, and what to use instead."""

_MISNAMED = {
    "blob": "use varbyte",
    "bytea": "use varbyte",
    "datetime": "use timestamp",
    "double": "use double precision: Redshift does not know the short name",
    "string": "use varchar with a length",
}
"""Names of types that the parser takes for others."""


def unknown_types(statement: exp.Expr) -> Iterator[Finding]:
    """Find types that Redshift has not, and lengths and digits beyond its limits."""
    for kind in statement.find_all(exp.DataType):
        name = kind.this.name.lower() if isinstance(kind.this, exp.DType) else str(kind.this).lower()
        if name in _NONE_SUCH:
            yield Finding(line_of(kind), f"type {name} is none of Redshift's", _NONE_SUCH[name])
        yield from (
            Finding(line_of(kind), *told) for told in _beyond(name, _sizes(kind)) if not _of_null(kind)
        )


def unknown_type_names(tokens: Sequence[Token]) -> Iterator[Finding]:
    """Find names of types that Redshift does not know, in casts."""
    for place, (before, token) in enumerate(pairwise(tokens), start=1):
        name = token.text.lower()
        last = place + 1 == len(tokens) or tokens[place + 1].text in {")", "("}
        in_cast = before.token_type is TokenType.DCOLON or (before.text.lower() == "as" and last)
        if in_cast and name in _MISNAMED and token.token_type is not TokenType.IDENTIFIER:
            yield Finding(token.line, f"type {name} is none of Redshift's", _MISNAMED[name])


def _of_null(kind: exp.DataType) -> bool:
    """Say whether the type is that of a null: there is nothing to cut."""
    return isinstance(kind.parent, exp.Cast) and isinstance(kind.parent.this, exp.Null)


def _sizes(kind: exp.DataType) -> list[int]:
    given = [part.this for part in kind.expressions if isinstance(part, exp.DataTypeParam)]
    return [int(size.name) for size in given if size.name.isdigit()]


def _beyond(name: str, sizes: list[int]) -> Iterator[tuple[str, str]]:
    match name, sizes:
        case "decimal", []:
            yield (
                "decimal without digits is decimal(18, 0) on Redshift and decimal(18, 3) in DuckDB",
                "write both",
            )
        case "decimal", [digits, *_] if digits > MOST_DIGITS:
            yield f"decimal with {digits} digits", f"at most {MOST_DIGITS}"
        case "decimal", [_, places] if places > MOST_PLACES:
            yield f"decimal with {places} places", f"at most {MOST_PLACES}"
        case (("varchar" | "nvarchar" | "text"), []):
            yield (
                f"{name} without a length holds 256 bytes on Redshift, longer text is cut",
                "give a length in bytes",
            )
        case (("varchar" | "nvarchar"), [length]) if length > LONGEST_VARCHAR:
            yield f"varchar of {length} bytes", f"at most {LONGEST_VARCHAR}"
        case (("char" | "nchar"), [length]) if length > LONGEST_CHAR:
            yield f"char of {length} bytes", f"at most {LONGEST_CHAR}; use varchar"
