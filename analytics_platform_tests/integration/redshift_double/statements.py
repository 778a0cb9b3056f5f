"""Statements of Redshift that PostgreSQL does not have, taken apart. Not what they do."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from analytics_platform_tests.integration.redshift_double.dialect import words_of
from analytics_platform_tests.integration.redshift_double.errors import (
    NOT_SUPPORTED,
    SYNTAX,
    RedshiftError,
    refuse_unknown,
    refuse_without_role,
)

SMALLEST_FILE = 5 * 1024**2
LARGEST_FILE = int(6.2 * 1024**3)

_COMMENTS = re.compile(r"\A(\s+|/\*.*?\*/|--[^\n]*(\n|\Z))*", re.DOTALL)
_TEXT = r"'((?:[^']|'')*)'"
_NAME = r'(?:"[^"]+"|\w+)'
_COPY = re.compile(
    rf"copy\s+({_NAME}(?:\.{_NAME})*)\s*(?:\(([^)]*)\))?\s+from\s+{_TEXT}(.*)\Z", re.IGNORECASE | re.DOTALL
)
_UNLOAD = re.compile(
    rf"unload\s*\(\s*(?:{_TEXT}|\$\$(.*?)\$\$)\s*\)\s*to\s+{_TEXT}(.*)\Z", re.IGNORECASE | re.DOTALL
)
_EXTERNAL_SCHEMA = re.compile(
    rf"create\s+external\s+schema\s+(if\s+not\s+exists\s+)?({_NAME})\s+from\s+data\s+catalog\s+database\s+"
    rf"{_TEXT}(.*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_APPEND = re.compile(r"alter\s+table\s+(\S+)\s+append\s+from\s+(\S+)\s*\Z", re.IGNORECASE)
_ROLE = re.compile(r"\biam_role\s+(?:as\s+)?(?:default|'(?:default|arn:aws[^']*)')", re.IGNORECASE)
_SIZE = re.compile(r"\bmaxfilesize\s+(?:as\s+)?([\d.]+)\s*(mb|gb)?", re.IGNORECASE)
_DELIMITER = re.compile(r"\bdelimiter\s+(?:as\s+)?'([^']+)'", re.IGNORECASE)
_NULL = re.compile(r"\bnull\s+(?:as\s+)?'([^']*)'", re.IGNORECASE)
_HEADER = re.compile(r"\bignoreheader\s+(?:as\s+)?(\d+)", re.IGNORECASE)
_NOT_FOR_PARQUET = frozenset(
    {
        "acceptanydate",
        "acceptinvchars",
        "blanksasnull",
        "csv",
        "dateformat",
        "delimiter",
        "emptyasnull",
        "encoding",
    }
    | {
        "escape",
        "gzip",
        "ignoreheader",
        "maxerror",
        "noload",
        "region",
        "removequotes",
        "timeformat",
        "trimblanks",
    }
    | {"truncatecolumns"}
)
_NOT_HERE = frozenset(
    {
        "avro",
        "bzip2",
        "escape",
        "fixedwidth",
        "json",
        "lzop",
        "maxerror",
        "noload",
        "orc",
        "shapefile",
        "ssh",
        "zstd",
    }
)


@dataclass(frozen=True)
class Copy:
    """COPY of objects into a table.

    Attributes
    ----------
    table : str
        As written.
    columns : tuple of str
        Empty for all.
    address : str
        ``s3://bucket/key``: a manifest, or what the keys begin with.
    is_manifest, is_parquet, is_compressed : bool
        Which of both it is, which of Parquet and text, and whether text is gzipped.
    delimiter, null : str
        Of text.
    header_lines : int
        Of text; not read.
    """

    table: str
    columns: tuple[str, ...]
    address: str
    is_manifest: bool
    is_parquet: bool
    is_compressed: bool
    delimiter: str
    null: str
    header_lines: int


@dataclass(frozen=True)
class Unload:
    """UNLOAD of a query to Parquet.

    Attributes
    ----------
    query : str
        Redshift's SQL.
    address : str
        What the names of the objects begin with.
    has_manifest, is_verbose : bool
        Whether a manifest is written, and whether with columns and row counts.
    overwrites, cleans : bool
        ALLOWOVERWRITE and CLEANPATH.
    is_parallel : bool
        One file at least for each slice.
    largest_file : int
        Bytes.
    """

    query: str
    address: str
    has_manifest: bool
    is_verbose: bool
    overwrites: bool
    cleans: bool
    is_parallel: bool
    largest_file: int


@dataclass(frozen=True)
class CreateExternalSchema:
    """CREATE EXTERNAL SCHEMA on a database of Glue."""

    schema: str
    database: str
    may_exist: bool
    makes_database: bool


@dataclass(frozen=True)
class Append:
    """ALTER TABLE APPEND: moves all rows."""

    table: str
    source: str


@dataclass(frozen=True)
class Truncate:
    """TRUNCATE, which commits in Redshift."""


Special = Copy | Unload | CreateExternalSchema | Append | Truncate


def special(sql: str) -> Special | None:
    """Return what a statement is that PostgreSQL does not have or does otherwise; None for the others.

    Raises
    ------
    RedshiftError
        If it is no right statement of its kind.
    """
    text = _COMMENTS.sub("", sql).strip().rstrip(";").rstrip()
    for start, taken_apart in _KINDS.items():
        if re.match(start, text, re.IGNORECASE):
            return taken_apart(text)
    return None


def _copy(text: str) -> Copy:
    found = _COPY.match(text)
    if found is None:
        message = f"the double understands COPY <table> [(columns)] FROM 's3://...' ..., not: {text[:200]}"
        raise RedshiftError(message, SYNTAX)
    table, columns, address, options = found.groups()
    words = set(words_of(options))
    if not _ROLE.search(options):
        refuse_without_role("COPY")
    is_parquet = "parquet" in words
    if is_parquet and (refused := sorted(words & _NOT_FOR_PARQUET)):
        message = f"{refused[0].upper()} argument is not supported for PARQUET based COPY"
        raise RedshiftError(message, NOT_SUPPORTED)
    if other := sorted(words & _NOT_HERE):
        refuse_unknown(f"COPY ... {other[0].upper()}")
    delimiter, null, header = _DELIMITER.search(options), _NULL.search(options), _HEADER.search(options)
    return Copy(
        table,
        tuple(name.strip().strip('"').lower() for name in columns.split(",")) if columns else (),
        address.replace("''", "'"),
        is_manifest="manifest" in words,
        is_parquet=is_parquet,
        is_compressed="gzip" in words,
        delimiter=delimiter[1] if delimiter else "," if "csv" in words else "|",
        null=null[1] if null else "",
        header_lines=int(header[1]) if header else 0,
    )


def _unload(text: str) -> Unload:
    found = _UNLOAD.match(text)
    if found is None:
        message = f"the double understands UNLOAD ('...') TO 's3://...' ..., not: {text[:200]}"
        raise RedshiftError(message, SYNTAX)
    quoted, dollars, address, options = found.groups()
    words = words_of(options)
    if not _ROLE.search(options):
        refuse_without_role("UNLOAD")
    if "parquet" not in words:
        refuse_unknown("UNLOAD without FORMAT PARQUET")
    if "partition" in words:
        refuse_unknown("UNLOAD ... PARTITION BY")
    query = dollars if dollars is not None else quoted.replace("''", "'").replace("\\'", "'")
    parallel = words.index("parallel") if "parallel" in words else -1
    return Unload(
        query,
        address,
        has_manifest="manifest" in words,
        is_verbose="verbose" in words,
        overwrites="allowoverwrite" in words,
        cleans="cleanpath" in words,
        is_parallel=parallel < 0 or words[parallel + 1 : parallel + 2] not in (["off"], ["false"]),
        largest_file=_largest_file(options),
    )


def _largest_file(options: str) -> int:
    found = _SIZE.search(options)
    if found is None:
        return LARGEST_FILE
    size = int(float(found[1]) * (1024**3 if (found[2] or "mb").lower() == "gb" else 1024**2))
    if not SMALLEST_FILE <= size <= LARGEST_FILE:
        message = "MAXFILESIZE must be between 5 MB and 6.2 GB"
        raise RedshiftError(message, SYNTAX)
    return size


def _append(text: str) -> Append:
    found = _APPEND.match(text)
    if found is None:
        refuse_unknown("ALTER TABLE ... APPEND with options")
    return Append(found[1], found[2])


def _external_schema(text: str) -> CreateExternalSchema:
    found = _EXTERNAL_SCHEMA.match(text)
    if found is None:
        refuse_unknown("CREATE EXTERNAL ... but schemas FROM DATA CATALOG; make tables in Glue")
    if not _ROLE.search(found[4]):
        refuse_without_role("CREATE EXTERNAL SCHEMA")
    makes = re.search(r"create\s+external\s+database\s+if\s+not\s+exists", found[4], re.IGNORECASE)
    return CreateExternalSchema(
        found[2].strip('"').lower(), found[3], may_exist=bool(found[1]), makes_database=makes is not None
    )


_KINDS: dict[str, Callable[[str], Special]] = {
    r"copy\s": _copy,
    r"unload\s*\(": _unload,
    r"create\s+external\s": _external_schema,
    r"alter\s+table\s+\S+\s+append\s": _append,
    r"truncate\s": lambda _: Truncate(),
}
