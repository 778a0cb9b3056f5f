"""Parts of a history as files that the same dialect reads: text as the sender writes it, or Parquet."""

import gzip
import io
from pathlib import Path
from typing import Protocol

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.readers.sheet import SheetText

_EXTENSIONS = {"csv": "csv.gz", "csv.gz": "csv.gz", "tsv": "tsv", "parquet": "parquet"}
_LEVEL = 3
"""Of gzip: the parts are read once, soon."""


def part_extension(name: DeliveryName) -> str:
    """Return the extension of the parts of a history; empty if its format is not read row by row.

    Examples
    --------
    >>> from analytics_platform.ingestion.file_name import parse_file_name
    >>> part_extension(parse_file_name("prices/vendor_1990-01-02_2013-03-01.csv"))
    'csv.gz'
    """
    return _EXTENSIONS.get(name.extension, "")


class PartFile(Protocol):
    """A part that is being written.

    Attributes
    ----------
    path : Path
        Its file.
    rows : int
        Rows written so far.
    """

    path: Path
    rows: int

    def write(self, rows: pl.DataFrame) -> None:
        """Take further rows: one String column for each header."""

    def close(self) -> None:
        """End the file."""


class TextPart:
    """Delimited text with a row of headers.

    Parameters
    ----------
    path : Path
        The file, written anew.
    headers : tuple of str
        The sender's.
    dialect : Dialect
        Its encoding and delimiter.
    name : DeliveryName
        Name of the part, which tells whether it is packed.
    """

    def __init__(self, path: Path, headers: tuple[str, ...], dialect: Dialect, name: DeliveryName) -> None:
        self.path, self.rows = path, 0
        self._delimiter = dialect.delimiter or ("\t" if name.extension == "tsv" else ",")
        self._raw = path.open("wb")
        self._packed = (
            # Neither name nor time stand in it: the same rows are the same file.
            gzip.GzipFile("", "wb", _LEVEL, self._raw, mtime=0)
            if name.extension.endswith(".gz")
            else self._raw
        )
        self._text = io.TextIOWrapper(self._packed, dialect.encoding, newline="")
        row = pl.DataFrame(
            [[header] for header in headers], schema=[str(place) for place in range(len(headers))]
        )
        self._put(row)

    def write(self, rows: pl.DataFrame) -> None:
        """Take further rows."""
        self._put(rows)
        self.rows += rows.height

    def _put(self, rows: pl.DataFrame) -> None:
        self._text.write(rows.write_csv(include_header=False, separator=self._delimiter))

    def close(self) -> None:
        """End the file."""
        self._text.close()
        self._raw.close()


class ParquetPart:
    """Parquet with a column of text for each header.

    Parameters
    ----------
    path : Path
        The file, written anew.
    headers : tuple of str
        The sender's.
    """

    def __init__(self, path: Path, headers: tuple[str, ...]) -> None:
        self.path, self.rows = path, 0
        self._schema = pa.schema([(header, pa.string()) for header in headers])
        self._file = parquet.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: pl.DataFrame) -> None:
        """Take further rows."""
        columns = rows.to_arrow(compat_level=pl.CompatLevel.oldest()).columns
        texts = [column.cast(pa.string()) for column in columns]
        self._file.write_table(pa.Table.from_arrays(texts, schema=self._schema))
        self.rows += rows.height

    def close(self) -> None:
        """End the file."""
        self._file.close()


def part_file(stem: Path, sheet: SheetText, dialect: Dialect, name: DeliveryName) -> PartFile:
    """Open the file of a part.

    Parameters
    ----------
    stem : Path
        The file, without extension.
    sheet : SheetText
        A batch of the history, for its headers.
    dialect : Dialect
        How the sender writes.
    name : DeliveryName
        Name of the part.
    """
    path = stem.with_name(f"{stem.name}.{name.extension}")
    if name.extension == "parquet":
        return ParquetPart(path, sheet.headers)
    return TextPart(path, sheet.headers, dialect, name)
