"""Text of a sender in a form that is safe to show. Only the standard library: Lambda functions use it too."""

SHOWN_CHARACTERS = 80
_LAST_BYTE = 0xFF


def shown(text: str, longest: int = SHOWN_CHARACTERS) -> str:
    r"""Text of a sender in a form that is safe to show: control characters escaped, length limited.

    Examples
    --------
    >>> shown("a\nb")
    'a\\x0ab'
    >>> len(shown("x" * 1_000_000))
    80
    """
    escaped = "".join(letter if letter.isprintable() else _escape(letter) for letter in text[: longest + 1])
    return escaped if len(escaped) <= longest else escaped[: longest - 3] + "..."


def _escape(letter: str) -> str:
    code = ord(letter)
    return f"\\x{code:02x}" if code <= _LAST_BYTE else f"\\u{code:04x}"
