"""What can go wrong with Redshift, what of it passes by itself, and how it is told."""

import errno
import ssl
import struct
from collections.abc import Mapping

from redshift_connector.error import Error

_SERIALIZABLE = "1023"
_PASSING_CODES = frozenset(
    {
        "40001",  # serialization failure
        "40P01",  # deadlock detected
        "57P01",  # the server shuts down
        "57P03",  # the server cannot take connections now
    }
)
_PASSING_WORDS = (
    "serializable isolation violation",
    "could not serialize",
    "conflict with concurrent transaction",
    "dropped by concurrent transaction",
    "deadlock detected",
)
_LOST = (ConnectionError, TimeoutError, ssl.SSLEOFError, ssl.SSLZeroReturnError, struct.error)
"""What a cut connection raises; the last where it is cut within a message."""

_NO_ROUTE = {errno.EHOSTUNREACH, errno.ENETUNREACH}
_LOST_WORDS = ("server socket closed", "brokenpipe", "connection time out", "connection is closed")


class RedshiftError(RuntimeError):
    """Redshift cannot do what it was asked for; the message says what, where and what to do."""


class RedshiftLoginError(RedshiftError):
    """Nobody answers there, or the credentials open nothing."""


class SchemaMismatchError(RedshiftError):
    """A relation has other columns than the rows that it is to take."""


class LoadError(RedshiftError):
    """Rows cannot be loaded; the target is as it was."""


def told(error: BaseException) -> str:
    """Return the words of the server without its codes, or what the connector says.

    Examples
    --------
    >>> told(RuntimeError({"M": "Spectrum Scan Error", "D": "context:  column x", "C": "XX000"}))
    'Spectrum Scan Error: context: column x'
    """
    fields = _fields(error)
    if not fields:
        return " ".join(str(error).split())
    parts = [fields[name] for name in ("M", "D") if fields.get(name)]
    return " ".join(": ".join(parts).split())


def passes_by(error: BaseException) -> bool:
    """Tell whether the same unit of work may succeed when it is done again as a whole.

    Bad data, wrong names and missing rights stay what they are; a conflict with another transaction, a
    deadlock and a lost connection do not.
    """
    if isinstance(error, _LOST) or (isinstance(error, OSError) and error.errno in _NO_ROUTE):
        return True
    if not isinstance(error, Error):
        return False
    fields = _fields(error)
    words = told(error).lower()
    if fields:
        is_conflict = fields.get("M") == _SERIALIZABLE or fields.get("C") in _PASSING_CODES
        return is_conflict or any(each in words for each in _PASSING_WORDS)
    return any(each in words for each in _LOST_WORDS)


def _fields(error: BaseException) -> Mapping[str, str]:
    first = error.args[0] if error.args else None
    return first if isinstance(first, Mapping) else {}
