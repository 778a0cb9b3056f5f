"""Whether the first bytes of a text can be in the encoding that the dialect declares."""

import codecs

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import refusal
from analytics_platform.ingestion.file_name import DeliveryName

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8"),
)
_MOST_NULS = 0.2
"""Share of NUL bytes at odd or even places from which on a text without mark is taken for UTF-16."""


def check_encoding(start: bytes, name: DeliveryName, declared: str) -> None:
    """Refuse a text whose byte-order mark or NUL bytes tell another encoding than the declared one.

    Parameters
    ----------
    start : bytes
        First bytes of the text, unpacked.
    name : DeliveryName
        The file, for messages.
    declared : str
        Encoding of the dialect.

    Raises
    ------
    DeliveryRefused
        With the encoding that the text seems to be in.
    """
    found = guessed_encoding(start)
    if found is None or _is(found, declared):
        return
    if found == "utf-32":
        raise refusal(str(name), "the text is UTF-32, which is not read", "Save it as UTF-8")
    raise refusal(
        str(name),
        f"the text is {found} and the dialect says {declared}",
        f'Save it as {declared.upper()}, or write encoding = "{found}" in the dialect',
    )


def guessed_encoding(start: bytes) -> str | None:
    """Give the encoding that a byte-order mark or NUL bytes tell; None if neither is there.

    Examples
    --------
    >>> guessed_encoding("a,b".encode("utf-16-le")), guessed_encoding(b"a,b")
    ('utf-16-le', None)
    """
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    half = max(len(start) // 2, 1)
    if start[1::2].count(0) / half > _MOST_NULS and start[::2].count(0) / half < _MOST_NULS / 10:
        return "utf-16-le"
    if start[::2].count(0) / half > _MOST_NULS and start[1::2].count(0) / half < _MOST_NULS / 10:
        return "utf-16-be"
    return None


def _is(found: str, declared: str) -> bool:
    return found == declared or (found == "utf-16" and declared.startswith("utf-16"))


def declared_encoding(dialect: Dialect, name: DeliveryName) -> str:
    """Give the encoding of a text file: JSON lines are UTF-8, all others as the dialect says."""
    return "utf-8" if name.extension.startswith("jsonl") else dialect.encoding
