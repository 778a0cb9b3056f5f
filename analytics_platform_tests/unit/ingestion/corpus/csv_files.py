"""Nasty csv, tsv and gzip files: encodings, line ends, quotes, numbers, dates."""

import gzip
import random

from analytics_platform_tests.unit.ingestion.corpus.case import (
    A_PRICE,
    B_PRICE,
    HEADER,
    Case,
    Told,
    good,
    lines,
    one_bad,
    refused,
    short,
)

TWO = lines(A_PRICE, B_PRICE)
SHORT = short()
GERMAN = short(
    encoding="latin-1",
    delimiter=";",
    decimal_mark=",",
    thousands_mark=".",
    columns={"business_date": "Tag", "instrument_id": "Kürzel", "close_local": "Schluß"},
    date_format="%d.%m.%Y",
)
GERMAN_TEXT = "Tag;Kürzel;Schluß\n28.02.2013;EQ_A;1.010,5\n28.02.2013;EQ_B;20,25\n"
IN_UTF_16 = TWO.decode().encode("utf-16")
BARE_UTF_16 = TWO.decode().encode("utf-16-le")


def encodings() -> list[Case]:
    """Byte-order marks, other encodings, bytes that cannot be."""
    return [
        good("utf-8 with byte-order mark", b"\xef\xbb\xbf" + TWO, "csv", SHORT, "30.75"),
        good("utf-16 as declared", IN_UTF_16, "csv", short(encoding="utf-16"), "30.75"),
        good(
            "big-endian utf-16 as declared",
            b"\xfe\xff" + TWO.decode().encode("utf-16-be"),
            "csv",
            short(encoding="utf-16"),
            "30.75",
        ),
        good("utf-16-le without mark", BARE_UTF_16, "csv", short(encoding="utf-16-le"), "30.75"),
        refused("utf-16 undeclared", IN_UTF_16, "csv", SHORT, Told('encoding = "utf-16"')),
        refused("bare utf-16 undeclared", BARE_UTF_16, "csv", SHORT, Told('encoding = "utf-16-le"')),
        refused(
            "utf-8 declared latin-1", b"\xef\xbb\xbf" + TWO, "csv", short(encoding="latin-1"), Told("utf-8")
        ),
        refused(
            "utf-32",
            TWO.decode().encode("utf-32"),
            "csv",
            short(encoding="utf-16"),
            Told("UTF-32, which is not read"),
        ),
        good("latin-1 as declared", GERMAN_TEXT.encode("latin-1"), "csv", GERMAN, "1030.75"),
        refused(
            "latin-1 undeclared",
            GERMAN_TEXT.encode("latin-1"),
            "csv",
            GERMAN.model_copy(update={"encoding": "utf-8"}),
            Told("not utf-8", row=1),
        ),
        good(
            "cp1252 as declared",
            lines(A_PRICE, B_PRICE, header="business_date,instrument_id,Preis €").decode().encode("cp1252"),
            "csv",
            short(encoding="cp1252", columns={"close_local": "Preis €"}),
            "30.75",
        ),
        refused(
            "a byte that cp1252 lacks",
            TWO + b"2013-02-28,EQ_\x81,1\n",
            "csv",
            short(encoding="cp1252"),
            Told("not cp1252", row=4),
        ),
        refused("a NUL byte", TWO + b"2013-02-28,EQ_\0,1\n", "csv", SHORT, Told("NUL", row=None)),
    ]


def shapes() -> list[Case]:
    """Line ends, quotation marks, headers, widths."""
    return [
        good("CR-only line ends", lines(A_PRICE, B_PRICE, end="\r"), "csv", SHORT, "30.75"),
        good("mixed line ends", TWO.replace(b"\n", b"\r\n", 1), "csv", SHORT, "30.75"),
        good("no line end at the end", TWO.rstrip(), "csv", SHORT, "30.75"),
        good("empty lines between", lines("", A_PRICE, "", ",,", B_PRICE), "csv", SHORT, "30.75", ignored=3),
        good("spaces around cells", lines(A_PRICE.replace(",", " , "), B_PRICE), "csv", SHORT, "30.75"),
        good(
            "line breaks in quotation marks",
            b'business_date,instrument_id,"close\nlocal"\n2013-02-28,EQ_A,"10.5\n"\n' + B_PRICE.encode(),
            "csv",
            short(columns={"close_local": "close\nlocal"}),
            "30.75",
        ),
        refused(
            "a quotation mark that is never closed",
            lines(A_PRICE, '2013-02-28,"EQ_B,20.25'),
            "csv",
            SHORT,
            Told("opened and never closed"),
        ),
        good("commas at the line ends", TWO.replace(b"\n", b",,\n"), "csv", SHORT, "30.75"),
        refused(
            "content without header",
            lines(f"{A_PRICE},x", header=f"{HEADER},"),
            "csv",
            SHORT,
            Told("column 4 has content and no header", row=1),
        ),
        refused(
            "a header twice",
            lines(f"{A_PRICE},1", header=f"{HEADER},close_local"),
            "csv",
            SHORT,
            Told("the header 'close_local' is there more than once", row=1),
        ),
        one_bad("a row too short", lines(A_PRICE, "2013-02-28,EQ_B"), "csv", SHORT, Told("2 cells", row=3)),
        one_bad("a row too long", lines(A_PRICE, f"{B_PRICE},7"), "csv", SHORT, Told("4 cells", row=3)),
        refused("an empty file", b"", "csv", SHORT, Told("the file is empty")),
        good("headers only", lines(), "csv", SHORT, "0", accepted=0),
        refused(
            "wrong delimiter",
            TWO.replace(b",", b";"),
            "csv",
            SHORT,
            Told("there are no columns 'business_date', 'instrument_id', 'close_local'"),
        ),
        refused("another format than declared", TWO, "csv", short(format="xlsx"), Told("delivers xlsx")),
        good("gzip", gzip.compress(TWO), "csv.gz", SHORT, "30.75"),
        refused("gzip that is cut off", gzip.compress(TWO)[:-9], "csv.gz", SHORT, Told("damaged or cut off")),
        refused(
            "a bomb of one line",
            gzip.compress(HEADER.encode() + b"\n" + b"9" * 60_000_000, 1),
            "csv.gz",
            SHORT,
            Told("was refused"),
        ),
        refused(
            "a bomb of many lines",
            gzip.compress(TWO + (b"x" * 999 + b"\n") * 30_000),
            "csv.gz",
            SHORT,
            Told("unpacks to more than"),
        ),
        refused(
            "one line of 40 MB",
            lines(A_PRICE) + random.Random(1).randbytes(20_000_000).hex().encode(),  # noqa: S311 - no secret
            "csv",
            SHORT,
            Told("", row=3),
        ),
        good("tabs", TWO.replace(b",", b"\t"), "tsv", SHORT, "30.75"),
        refused("a web page", b"<!doctype html><table>", "csv", SHORT, Told("it is a web page")),
    ]


def values() -> list[Case]:
    """Numbers, dates and identifiers."""
    return [
        good(
            "leading zeros and 17 digits in identifiers",
            lines("2013-02-28,00123,1", "2013-02-28,12345678901234567,2"),
            "csv",
            SHORT,
            "3",
            ids=("00123", "12345678901234567"),
        ),
        _bad_cell("a day that is no month", "02/28/2013,EQ_B,1", "date", "02/28/2013", day="%d/%m/%Y"),
        one_bad(
            "the year 2112",
            lines(A_PRICE, "2112-02-28,EQ_B,1"),
            "csv",
            SHORT,
            Told("not in what the name", row=3, column="business_date", value="2112-02-28"),
        ),
        one_bad(
            "a date before 1800",
            lines(A_PRICE, "0013-02-28,EQ_B,1"),
            "csv",
            SHORT,
            Told("not a date", row=3, column="business_date", value="0013-02-28"),
        ),
        good(
            "two date formats",
            lines(A_PRICE, "28.02.2013,EQ_B,20.25"),
            "csv",
            short(date_formats=["%Y-%m-%d", "%d.%m.%Y"]),
            "30.75",
        ),
        good(
            "serial numbers as the dialect says",
            lines("41333,EQ_A,10.5", B_PRICE),
            "csv",
            short(date_epoch=1900),
            "30.75",
        ),
        one_bad(
            "serial numbers undeclared",
            lines(A_PRICE, "41333,EQ_B,1"),
            "csv",
            SHORT,
            Told("not a date", row=3, column="business_date", value="41333"),
        ),
        *(
            _bad_cell(f"a cell {text}", f"2013-02-28,EQ_B,{text}", "close_local", text)
            for text in ("#DIV/0!", "(5.5)", "1.5E+05", "100-", "1_000", "1 000", "n/a", "NaN", "1.5.5", "١٢")
        ),
        one_bad(
            "a formula for a spreadsheet",
            lines(A_PRICE, "2013-02-28,=cmd|'/C calc'!A0,1"),
            "csv",
            SHORT,
            Told("not of the form", row=3, column="instrument_id", value="=cmd|'/C calc'!A0"),
        ),
        good(
            "no-break spaces in numbers",
            lines("2013-02-28,EQ_A,1\u202f010.5", "2013-02-28,EQ_B,2\u00a0020.25"),
            "csv",
            short(thousands_mark=" "),
            "3030.75",
        ),
        Case(
            "the same key twice",
            lines(A_PRICE, B_PRICE, B_PRICE),
            "prices/vendor_2013-02-28.csv",
            short(max_rejected_rows=2),
            accepted=1,
            rejected=2,
            sums={"close_local": "10.5"},
            first=Told("is there more than once: rows 3, 4", row=3),
        ),
        good(
            "null words",
            lines(f"{A_PRICE},n/a", f"{B_PRICE},-", header=f"{HEADER},volume"),
            "csv",
            short(null_words=["n/a", "-"]),
            "30.75",
        ),
    ]


def _bad_cell(id_: str, row: str, column: str, value: str, day: str = "%Y-%m-%d") -> Case:
    first = A_PRICE if day == "%Y-%m-%d" else "28/02/2013,EQ_A,10.5"
    where = "business_date" if column == "date" else column
    text = "date" if column == "date" else ("error" if value.startswith("#") else "not a number")
    return one_bad(id_, lines(first, row), "csv", short(date_format=day), Told(text, 3, where, value))
