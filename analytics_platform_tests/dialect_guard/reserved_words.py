"""Words that Redshift keeps for itself: as a name they need double quotes. PostgreSQL knows fewer of them."""

from collections.abc import Iterator

from sqlglot import exp

from analytics_platform_tests.dialect_guard.finding import Finding, line_of

_LISTED = """
aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between
binary blanksasnull both bytedict bzip2 case cast check collate column constraint create credentials cross
current_date current_time current_timestamp current_user current_user_id default deferrable deflate defrag
delta delta32k desc disable distinct do else emptyasnull enable encode encrypt encryption end except
explicit false for foreign freeze from full globaldict256 globaldict64k grant group gzip having identity
ignore ilike in initially inner intersect interval into is isnull join leading left like limit localtime
localtimestamp lun luns lzo lzop minus mostly16 mostly32 mostly8 natural new not notnull null nulls off
offline offset oid old on only open or order outer overlaps parallel partition percent permissions pivot
placing primary raw readratio recover references rejectlog resort respect restore right select session_user
similar snapshot some sysdate system table tag tdes text255 text32k then timestamp to top trailing true
truncatecolumns union unique unnest unpivot user using verbose wallet when where with without
"""

RESERVED = frozenset(_LISTED.split())
"""The reserved words of the SQL reference of Redshift."""

LONGEST_NAME = 127


def reserved_names(statement: exp.Expr) -> Iterator[Finding]:
    """Find names without quotes that are reserved words, and names that are too long."""
    for name in statement.find_all(exp.Identifier):
        word = name.name
        if not name.quoted and word.lower() in RESERVED:
            yield Finding(
                line_of(name), f"{word} is a reserved word of Redshift", f'quote it: "{word.lower()}"'
            )
        if len(word.encode()) > LONGEST_NAME:
            yield Finding(
                line_of(name), f"a name of {len(word.encode())} bytes: {word[:40]}...", "at most 127 bytes"
            )
