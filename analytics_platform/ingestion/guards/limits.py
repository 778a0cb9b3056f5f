"""How much a delivered file may ask of the machine. What is refused for it stands in guard."""

from dataclasses import dataclass

_MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much a delivered file may ask of the machine.

    Attributes
    ----------
    max_file_bytes : int
        Size of the file as delivered.
    max_unpacked_bytes : int
        Size of all that is packed in it.
    max_ratio : int
        Unpacked over packed size, looked at from 10 MiB unpacked on.
    max_entries : int
        Entries of a workbook's zip archive.
    max_cells : int
        Cells of a sheet or of a Parquet file, empty ones included.
    memory_bytes : int
        Address space of the process that reads files.
    seconds : float
        Wall-clock time for one file.
    """

    max_file_bytes: int = 512 * _MEBIBYTE
    max_unpacked_bytes: int = 1024 * _MEBIBYTE
    max_ratio: int = 200
    max_entries: int = 2_000
    max_cells: int = 60_000_000
    memory_bytes: int = 4096 * _MEBIBYTE
    seconds: float = 120.0
