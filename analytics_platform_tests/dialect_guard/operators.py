"""Operators that Redshift has not. The parser makes functions of some, so they are read from the tokens."""

from collections.abc import Iterator, Sequence

from sqlglot.tokenizer_core import Token, TokenType

from analytics_platform_tests.dialect_guard.finding import Finding

_NONE_SUCH = {
    "&&": "use exists or a join",
    "->": "use json_extract_path_text; keep rows instead of a list",
    "->>": "use json_extract_path_text",
    "<@": "use exists or a join",
    "==": "use =",
    "@>": "use exists or a join",
    "^@": "use like",
    "~*": "use lower(...) ~ '...'",
}


def unknown_operators(tokens: Sequence[Token]) -> Iterator[Finding]:
    """Find operators that Redshift has not."""
    for token in tokens:
        if token.token_type is not TokenType.STRING and token.text in _NONE_SUCH:
            yield Finding(token.line, f"Redshift has no operator {token.text}", _NONE_SUCH[token.text])
