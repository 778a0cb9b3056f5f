"""The reader of each format. A reader gives text and never guesses a type."""

from analytics_platform.ingestion.csv_reader import read_csv
from analytics_platform.ingestion.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused, refusal, shown
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guard import Limits
from analytics_platform.ingestion.parquet_reader import read_parquet
from analytics_platform.ingestion.sheet import SheetText
from analytics_platform.ingestion.workbook_reader import read_workbook

_READER_FAULTS = (ValueError, ArithmeticError, LookupError)
"""What readers raise, beside errors of their own, on bytes that nobody foresaw."""


def read(raw: bytes, name: DeliveryName, dialect: Dialect, limits: Limits) -> SheetText:
    """All rows of a file that has passed the guard, every cell as text.

    Parameters
    ----------
    raw : bytes
        The whole file.
    name : DeliveryName
        Its name, which tells the format.
    dialect : Dialect
        How the sender writes.
    limits : Limits
        What is allowed.

    Returns
    -------
    SheetText
        Headers, cells and row numbers.

    Raises
    ------
    DeliveryRefused
        If the file cannot be read as what its name says.
    """
    try:
        if name.extension in {"xlsx", "xls"}:
            return read_workbook(raw, name, dialect)
        if name.extension == "parquet":
            return read_parquet(raw, name, dialect, limits)
        return read_csv(raw, name, dialect, limits)
    except DeliveryRefused:
        raise
    except BaseException as error:
        if type(error).__name__ != "PanicException" and not isinstance(error, _READER_FAULTS):
            raise
        raise refusal(
            str(name),
            f"the reader gave up: {type(error).__name__}: {shown(str(error))}",
            "Open the file in the program that wrote it and save it again",
        ) from error
