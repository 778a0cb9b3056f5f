"""Errors as Redshift words them. Not where they are raised."""

from itertools import count
from typing import NoReturn

INTERNAL = "XX000"
NOT_SUPPORTED = "0A000"
SYNTAX = "42601"
NOT_FOUND = "42P01"

_transactions = count(45_730_000, 17)


class RedshiftError(Exception):
    """An error that is answered to the client.

    Parameters
    ----------
    message : str
        What stands in field M of the answer.
    code : str
        SQLSTATE; Redshift says XX000 for most of its own.
    detail : str, optional
        Field D.
    """

    def __init__(self, message: str, code: str = INTERNAL, detail: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.detail = detail


def serializable_violation() -> RedshiftError:
    """Return error 1023: two transactions depend on one another."""
    first, second = next(_transactions), next(_transactions)
    detail = (
        "Serializable isolation violation on table - 119371, transactions forming the cycle are: "
        f"{first}, {second} (pid:15021)"
    )
    return RedshiftError("1023", detail=detail)


def spectrum_error(told: str) -> RedshiftError:
    """Return what the reader of Parquet answers, for COPY and for external tables alike."""
    detail = f"error:  Spectrum Scan Error\n  code:      15001\n  context:   {told}\n"
    return RedshiftError("Spectrum Scan Error", detail=detail)


def load_failed(table: str) -> RedshiftError:
    """Return what COPY answers when a row or a file does not fit."""
    return RedshiftError(
        f"Load into table '{table}' failed.  Check 'sys_load_error_detail' system table for details."
    )


def refuse_without_role(verb: str) -> NoReturn:
    """Answer that nothing says on whose behalf S3 or Glue is to be asked."""
    message = f"{verb} needs an authorization: IAM_ROLE default or an ARN"
    raise RedshiftError(message, NOT_SUPPORTED)


def refuse_unknown(what: str) -> NoReturn:
    """Answer that Redshift may know this and the double does not."""
    message = f"the double of Redshift does not know {what}"
    raise RedshiftError(message, NOT_SUPPORTED)
