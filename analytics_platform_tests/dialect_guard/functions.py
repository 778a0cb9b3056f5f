"""Functions: only those are taken that run on the compute nodes of Redshift.

A list of what is allowed, not of what is denied: a function that nobody thought of is found too. The names
are those of Redshift's SQL reference without what runs on the leader node only, where no table may be read.
"""

from collections.abc import Iterator, Sequence

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from analytics_platform_tests.dialect_guard.finding import Finding

AGGREGATES = """
any_value approximate avg bit_and bit_or bool_and bool_or count listagg max median min percentile_cont
percentile_disc stddev stddev_pop stddev_samp sum var_pop var_samp variance
"""
WINDOWS = """
cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank ratio_to_report
row_number
"""
NUMBERS = """
abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees dexp dlog1 dlog10 exp floor ln log mod pi power
pow radians random round sign sin sqrt tan trunc
"""
TEXTS = """
ascii bpcharcmp btrim char_length character_length charindex chr concat crc32 initcap left len length lower
lpad ltrim md5 octet_length octetindex position quote_ident quote_literal regexp_count regexp_instr
regexp_replace regexp_substr repeat replace replicate reverse right rpad rtrim sha sha1 sha2 soundex
split_part strpos strtol substring textlen translate trim upper
"""
DATES = """
add_months convert_timezone date date_cmp date_part date_part_year date_trunc dateadd datediff extract
getdate interval_cmp last_day months_between next_day timeofday timestamp_cmp to_timestamp trunc
"""
CHOICES = "case coalesce decode exists greatest isnull least nullif nvl nvl2"
TYPES = "bigint cast convert to_char to_date to_number try_cast"
JSON = """
can_json_parse get_array_length is_valid_json is_valid_json_array json_extract_array_element_text
json_extract_path_text json_parse json_serialize json_size json_typeof
"""
HASHES = "checksum farmfingerprint64 fnv_hash func_sha1 murmur3_32_hash"

ALLOWED = frozenset(
    f"{AGGREGATES} {WINDOWS} {NUMBERS} {TEXTS} {DATES} {CHOICES} {TYPES} {JSON} {HASHES}".split()
)

CURES = {
    "array_agg": "use listagg, or keep the rows",
    "count_if": "use sum(case when ... then 1 else 0 end)",
    "date_diff": "use datediff(day, first, last), in dbt {{ dbt.datediff(...) }}",
    "epoch": "use date_part(epoch, ...)",
    "generate_series": "it runs on the leader node only; join a calendar instead",
    "if": "use case when",
    "ifnull": "use coalesce",
    "list": "use listagg, or keep the rows",
    "list_aggregate": "use a join and an aggregate",
    "make_date": "use to_date, or dateadd on a date",
    "now": "use {{ dbt.current_timestamp() }}: getdate() on Redshift",
    "string_agg": "use {{ dbt.listagg(...) }}",
    "strftime": "use to_char",
    "strptime": "use to_date or to_timestamp",
    "substr": "use substring: substr runs on the leader node only",
}
_OTHERWISE = "use one of dialect_guard/functions.py; if the SQL reference of Redshift has it, add it there"

_NO_CALLS = """
all and any as between by char character check columns copy cube decimal default distinct distkey else enum
except exclude filter from full group grouping having iam_role identity in include inner insert intersect
interval into is join key lateral left like limit location merge minus not numeric nvarchar offset on or
order outer over partition partitioned precision primary range references right rollup rows select set sets
some sortkey table then time timestamp timestamptz to union unique unload unnest update using values varbyte
varchar when where with within
"""
"""Words before a bracket that are no functions, or that `syntax` finds."""

_WORDS = frozenset(_NO_CALLS.split())

_LEADER_ONLY = {
    "current_time": "use {{ dbt.current_timestamp() }}: getdate() on Redshift",
    "current_timestamp": "use {{ dbt.current_timestamp() }}: getdate() on Redshift",
    "localtime": "use getdate()",
    "localtimestamp": "use getdate()",
}
"""Written without brackets."""

_NO_NAMES = {TokenType.STRING, TokenType.IDENTIFIER, TokenType.NUMBER}


def unknown_functions(tokens: Sequence[Token], statements: Sequence[exp.Expr]) -> Iterator[Finding]:
    """Find calls of what is no function on the compute nodes."""
    defined = _defined(statements)
    for place, token in enumerate(tokens):
        name = token.text.lower()
        if token.token_type in _NO_NAMES or not name.isidentifier():
            continue
        after = tokens[place + 1].text if place + 1 < len(tokens) else ""
        before = tokens[place - 1].text if place else ""
        if name in _LEADER_ONLY and before != "." and after != "(":
            yield Finding(token.line, f"{name} runs on the leader node only", _LEADER_ONLY[name])
        elif after == "(" and not (name in ALLOWED or name in _WORDS or name in defined):
            yield Finding(
                token.line,
                f"{name}() is no function of Redshift's compute nodes",
                CURES.get(name, _OTHERWISE),
            )


def _defined(statements: Sequence[exp.Expr]) -> set[str]:
    """List the names that a statement gives itself: a bracket behind them holds columns."""
    aliases = (alias.this for each in statements for alias in each.find_all(exp.TableAlias))
    filled = [each for each in statements if isinstance(each, exp.Create | exp.Insert | exp.Copy)]
    tables = (table.this for each in filled for table in each.find_all(exp.Table))
    return {name.name.lower() for name in (*aliases, *tables) if isinstance(name, exp.Identifier)}
