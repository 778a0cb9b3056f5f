"""One file from bytes to accepted and rejected rows: guard, then read, then parse."""

from analytics_platform.ingestion.dialect import Dialect
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guard import Limits, guard
from analytics_platform.ingestion.parse import ParseResult, parse
from analytics_platform.ingestion.readers import read
from analytics_platform.tables.registry import DELIVERED


def ingest(raw: bytes, name: DeliveryName, dialect: Dialect, limits: Limits) -> ParseResult:
    """Sort all records of one delivered file into accepted, rejected and ignored ones.

    This runs third-party readers on bytes that nobody vouches for: outside of tests, call it through
    `ParsingChild`.

    Parameters
    ----------
    raw : bytes
        The whole file.
    name : DeliveryName
        What its name declares.
    dialect : Dialect
        How the sender writes. `max_rejected_rows` is left to `ParseResult.refuse_above`.
    limits : Limits
        What is allowed.

    Returns
    -------
    ParseResult
        The records and the account.

    Raises
    ------
    DeliveryRefused
        If the file as a whole cannot be loaded.
    """
    guard(raw, name, limits)
    return parse(read(raw, name, dialect, limits), DELIVERED[name.dataset], dialect, name)
