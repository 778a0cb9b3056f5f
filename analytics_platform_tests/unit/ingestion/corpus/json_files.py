"""Nasty JSON lines."""

import gzip

from analytics_platform_tests.unit.ingestion.corpus.case import Case, Told, good, one_bad, refused, short

SHORT = short()


def _line(close: str, name: str = "EQ_A", more: str = "") -> str:
    return f'{{"business_date": "2013-02-28", "instrument_id": "{name}", "close_local": {close}{more}}}\n'


def json_lines() -> list[Case]:
    """JSON lines: exact numbers, keys, what is no flat object."""
    two = _line("10.5") + _line("2.025e1", "EQ_B")
    return [
        good("json lines", b"\xef\xbb\xbf" + two.encode(), "jsonl", SHORT, "30.75"),
        good("packed json lines", gzip.compress(two.encode()), "jsonl.gz", SHORT, "30.75"),
        good(
            "an exact number",
            _line("123456789012.12345678").encode(),
            "jsonl",
            SHORT,
            "123456789012.12345678",
            accepted=1,
        ),
        good(
            "keys in another order, null, empty line",
            (
                '{"volume": null, "close_local": "20.25", "instrument_id": "EQ_B", '
                f'"business_date": "2013-02-28"}}\n\n{_line("10.5")}'
            ).encode(),
            "jsonl",
            SHORT,
            "30.75",
            ignored=1,
            ids=("EQ_B", "EQ_A"),
        ),
        one_bad(
            "a key that is missing",
            (_line("10.5") + '{"instrument_id": "B", "close_local": 1}\n').encode(),
            "jsonl",
            SHORT,
            Told("the cell is empty", 2, "business_date"),
        ),
        refused(
            "a nested value",
            (two + _line('{"a": 1}')).encode(),
            "jsonl",
            SHORT,
            Told("no plain value", 3, "close_local"),
        ),
        refused(
            "a key twice",
            (two + _line("1", more=', "close_local": 2')).encode(),
            "jsonl",
            SHORT,
            Told("twice in one object", 3, "close_local", "2"),
        ),
        refused(
            "NaN", (two + _line("NaN")).encode(), "jsonl", SHORT, Told("no JSON numbers", 3, None, "NaN")
        ),
        refused("one list", b"[1, 2]\n", "jsonl", SHORT, Told("no object with keys", 1)),
        refused(
            "a line that is cut off",
            (two + '{"business_date": "2013-').encode(),
            "jsonl",
            SHORT,
            Told("the line is no JSON", 3),
        ),
        one_bad(
            "a number with a huge exponent",
            (_line("10.5") + _line("1e999999999", "B")).encode(),
            "jsonl",
            SHORT,
            Told("not a number", 2, "close_local", "1e999999999"),
        ),
        refused("deep brackets", b"[" * 100_000 + b"\n", "jsonl", SHORT, Told("the line is no JSON", 1)),
        refused("json lines in UTF-16", two.encode("utf-16"), "jsonl", SHORT, Told("the text is utf-16")),
        refused(
            "json lines in latin-1",
            (two + _line("1", "\xe9")).encode("latin-1"),
            "jsonl",
            SHORT,
            Told("not utf-8", 3),
        ),
        refused("a line of 2 MB", b'{"a": "' + b"x" * 2_000_000, "jsonl", SHORT, Told("longer than", 1)),
    ]
