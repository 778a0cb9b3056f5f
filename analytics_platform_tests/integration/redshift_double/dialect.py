"""Redshift's SQL rewritten for PostgreSQL, token by token, so that texts and comments stay.

Only what Redshift allows and PostgreSQL does not. What PostgreSQL allows and Redshift does not passes: the
dialect guard finds that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token

_PARTS = frozenset(
    {"year", "years", "y", "yr", "quarter", "quarters", "qtr", "month", "months", "mon", "week", "weeks", "w"}
    | {"day", "days", "d", "hour", "hours", "h", "hr", "minute", "minutes", "min", "m"}
    | {
        "second",
        "seconds",
        "sec",
        "s",
        "millisecond",
        "milliseconds",
        "ms",
        "microsecond",
        "microseconds",
        "us",
    }
)
_DATE_FUNCTIONS = frozenset({"datediff", "dateadd", "date_diff", "date_add"})
_SETTINGS = frozenset({"query_group", "enable_result_cache_for_session", "wlm_query_slot_count"})
_KEYWORDS_AS_FUNCTIONS = {"sysdate": "redshift_double.sysdate()"}
_FUNCTIONS = {"version": "redshift_double.version", "json_extract_path_text": "redshift_double.json_text"}
_QUOTED = frozenset({"STRING", "IDENTIFIER"})


@dataclass(frozen=True)
class Rewritten:
    """What PostgreSQL is asked.

    Attributes
    ----------
    sql : str
        Its text.
    words : frozenset of str
        Every name in it, in small letters.
    named : frozenset of (str, str)
        Every two names with a dot between: schema and relation, or alias and column.
    """

    sql: str
    words: frozenset[str]
    named: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    text: str


class _Tokens:
    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens: list[Token] = Redshift.Tokenizer().tokenize(sql)
        self.words = [self._word(token) for token in self.tokens]

    @staticmethod
    def _word(token: Token) -> str:
        return "" if token.token_type.name in _QUOTED else token.text.lower()

    def closing(self, opened: int) -> int:
        """Return where the parenthesis closes that opens at a token."""
        depth = 0
        for position in range(opened, len(self.words)):
            depth += {"(": 1, ")": -1}.get(self.words[position], 0)
            if depth == 0:
                return position
        return len(self.words) - 1

    def at(self, position: int, *words: str) -> bool:
        """Return whether words stand at a position."""
        return self.words[position : position + len(words)] == list(words)

    def cut(self, first: int, last: int, text: str = "") -> _Edit:
        """Return the edit that puts a text in the place of tokens."""
        return _Edit(self.tokens[first].start, self.tokens[last].end + 1, text)


def rewrite(sql: str) -> Rewritten:
    """Return a statement as PostgreSQL understands it; unchanged where it has no tokens."""
    try:
        tokens = _Tokens(sql)
    except TokenError:
        return Rewritten(sql, frozenset(), frozenset())
    edits = [*_table_attributes(tokens), *_functions(tokens), *_settings(tokens)]
    text = sql
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    names = [token.text.lower() for token in tokens.tokens]
    dotted = {
        (names[place - 1], names[place + 1]) for place in range(1, len(names) - 1) if names[place] == "."
    }
    return Rewritten(text, frozenset(names), frozenset(dotted))


def words_of(sql: str) -> list[str]:
    """Return what stands in a statement outside of texts and quoted names, in small letters."""
    try:
        return _Tokens(sql).words
    except TokenError:
        return []


def outermost(sql: str) -> list[str]:
    """Return the words of a query that stand outside of every parenthesis."""
    depth, found = 0, []
    for word in words_of(sql):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0:
            found.append(word)
    return found


def _table_attributes(tokens: _Tokens) -> Iterator[_Edit]:
    if not tokens.words or tokens.words[0] not in {"create", "alter"}:
        return
    place = 0
    while place < len(tokens.words):
        last = _attribute_end(tokens, place)
        if last is not None:
            yield tokens.cut(place, last)
            place = last
        place += 1


def _attribute_end(tokens: _Tokens, place: int) -> int | None:
    """Return the last token of a table attribute that PostgreSQL does not know; None if there is none."""
    has_list = place + 1 < len(tokens.words) and tokens.words[place + 1] == "("
    if tokens.at(place, "with", "no", "schema", "binding"):
        return place + 3
    if tokens.words[place] in {"diststyle", "backup", "encode"}:
        return place + 1
    if tokens.words[place] in {"distkey", "sortkey"}:
        if has_list:
            return tokens.closing(place + 1)
        return place + 1 if tokens.at(place + 1, "auto") or tokens.at(place + 1, "none") else place
    if tokens.words[place] in {"compound", "interleaved"} and tokens.at(place + 1, "sortkey"):
        return tokens.closing(place + 2)
    return None


def _functions(tokens: _Tokens) -> Iterator[_Edit]:
    for place, word in enumerate(tokens.words):
        if word in _KEYWORDS_AS_FUNCTIONS:
            yield tokens.cut(place, place, _KEYWORDS_AS_FUNCTIONS[word])
        if not tokens.at(place + 1, "(") or (place and tokens.words[place - 1] == "."):
            continue
        if word in _FUNCTIONS:
            yield tokens.cut(place, place, _FUNCTIONS[word])
        elif word in _DATE_FUNCTIONS and place + 2 < len(tokens.words) and tokens.words[place + 2] in _PARTS:
            yield tokens.cut(place + 2, place + 2, f"'{tokens.words[place + 2]}'")
        elif word == "listagg":
            yield from _text_aggregate(tokens, place)


def _text_aggregate(tokens: _Tokens, place: int) -> Iterator[_Edit]:
    end = tokens.closing(place + 1)
    yield tokens.cut(place, place, "string_agg")
    if tokens.at(end + 1, "within", "group"):
        last = tokens.closing(end + 3)
        order = tokens.sql[tokens.tokens[end + 3].start + 1 : tokens.tokens[last].start]
        yield tokens.cut(end, last, f" {order})")


def _settings(tokens: _Tokens) -> Iterator[_Edit]:
    """PostgreSQL keeps settings that it does not know only with a dot in their name."""
    if not tokens.words or tokens.words[0] not in {"set", "reset", "show"}:
        return
    for place, word in enumerate(tokens.words):
        if word in _SETTINGS:
            yield tokens.cut(place, place, f"redshift.{word}")
            return
