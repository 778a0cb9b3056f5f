"""A part of a delimited text file whose cells stay where the reader put them, until a text is asked for."""

from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from analytics_platform.ingestion.readers.sheet import CELL_FAULTS, ROW_NUMBER, SheetText, cell

Places = npt.NDArray[np.int64]


class PackedSheet(SheetText):
    """Rows of the right width as Arrow columns, beside the few others as text.

    Parameters
    ----------
    headers : tuple of str
        The sender's headers, trimmed, unique.
    columns : list of StringArray
        Cells below each header, without null.
    numbers : ndarray of int64
        Row number of each row of `columns`, rising.
    ragged : DataFrame
        The rows of another width, in the form of `SheetText.cells`.
    faults : DataFrame
        Faults of the ragged rows, see `CELL_FAULTS`.
    above : tuple of tuple of str
        Cells of the rows above the headers.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a sheet, once each
        self,
        headers: tuple[str, ...],
        columns: list[pa.StringArray],
        numbers: Places,
        ragged: pl.DataFrame,
        faults: pl.DataFrame,
        above: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        own = {"headers": headers, "faults": faults, "sheet": None, "above": above}
        self.__dict__.update(own, columns=columns, numbers=numbers, ragged=ragged)

    columns: list[pa.StringArray]
    numbers: Places
    ragged: pl.DataFrame

    @cached_property
    def cells(self) -> pl.DataFrame:
        """All rows as text, see `SheetText.cells`."""
        return self.text_of(np.arange(len(self.numbers))).cells

    @property
    def height(self) -> int:
        """Number of rows, the ragged ones included."""
        return len(self.numbers) + self.ragged.height

    def text_of(self, places: Places) -> SheetText:
        """Give the rows at these places of the columns, and all ragged ones, in the order of the file."""
        names = [ROW_NUMBER, *(cell(place) for place in range(len(self.columns)))]
        rows = pa.RecordBatch.from_arrays([pa.array(self.numbers), *self.columns], names)
        frame = pl.DataFrame(pl.from_arrow(rows.take(pa.array(places))))
        if self.ragged.height:
            frame = pl.concat([frame, self.ragged]).sort(ROW_NUMBER)
        return SheetText(self.headers, frame, self.faults, None, self.above)


def no_ragged_rows(width: int) -> pl.DataFrame:
    """Empty frame of rows in the form of `SheetText.cells`."""
    return pl.DataFrame(
        schema={ROW_NUMBER: pl.Int64(), **{cell(place): pl.String() for place in range(width)}}
    )


def no_cell_faults() -> pl.DataFrame:
    """Empty frame of cell faults."""
    return CELL_FAULTS.to_frame()
