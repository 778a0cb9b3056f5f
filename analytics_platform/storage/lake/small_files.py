"""Rows of many small immutable files below a folder, read once a process: which deliveries are published."""

import operator
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

_SETTLED_NS = 2_000_000_000
OLD_LAYOUT = "first_date="
"""What the folders begin with that held the rows of all tables, before there was one a table."""


@dataclass
class _Folder:
    """What one folder held when it was last listed.

    Attributes
    ----------
    identity : (int, int)
        Inode and time of the last change of the folder.
    is_settled : bool
        Whether that change was long enough ago: a file that comes later gives another time.
    folders : list of Path
        Folders in it.
    files : frozenset of str
        Paths of the Parquet files in it.
    rows : DataFrame
        Their rows.
    """

    identity: tuple[int, int]
    is_settled: bool
    folders: list[Path] = field(default_factory=list)
    files: frozenset[str] = frozenset()
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)


_known: dict[Path, _Folder] = {}
_together: dict[tuple[Path, str | None], tuple[tuple[pl.DataFrame, ...], pl.DataFrame]] = {}
_lock = threading.Lock()


def small_files(base: Path, schema: pl.Schema, *, only: str | None = None) -> pl.DataFrame:
    """Return the rows of all Parquet files below a folder.

    Files are immutable and never taken away, so each is read once a process; a folder is listed again only
    when its time of change moves.

    Parameters
    ----------
    base : Path
        The folder; it may be missing.
    schema : Schema
        Columns of the files.
    only : str, optional
        Of the folders in `base` only this one, and those of the layout before there was one a table.

    Returns
    -------
    DataFrame
        The same object as before, if nothing has come since.
    """
    with _lock:
        found: list[pl.DataFrame] = []
        folders = [base]
        while folders:
            folder = folders.pop()
            content = _content(folder)
            if content is None:
                continue
            if content.rows.height:
                found.append(content.rows)
            inside = content.folders
            if only is not None and folder == base:
                inside = [each for each in inside if each.name == only or each.name.startswith(OLD_LAYOUT)]
            folders.extend(inside)
        parts = tuple(found)
        same = _together.get((base, only))
        if same is None or len(same[0]) != len(parts) or any(map(operator.is_not, same[0], parts)):
            same = (parts, pl.concat(parts) if parts else pl.DataFrame(schema=schema))
            _together[base, only] = same
        return same[1]


def _content(folder: Path) -> _Folder | None:
    """Return what a folder holds: from memory, if nothing can have come since."""
    try:
        status = folder.stat()
    except FileNotFoundError:
        _known.pop(folder, None)
        return None
    identity = (status.st_ino, status.st_mtime_ns)
    known = _known.get(folder)
    if known is not None and known.identity == identity and known.is_settled:
        return known
    is_settled = time.time_ns() - status.st_mtime_ns > _SETTLED_NS
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if not entry.name.startswith(".")]
    files = frozenset(entry.path for entry in visible if entry.name.endswith(".parquet"))
    if known is None or known.identity[0] != identity[0] or not known.files <= files:
        known = _Folder(identity, is_settled)
    new = sorted(files - known.files)
    rows = pl.read_parquet(new, hive_partitioning=False, glob=False) if new else pl.DataFrame()
    parts = [part for part in (known.rows, rows) if part.height]
    content = _Folder(
        identity,
        is_settled,
        [Path(entry.path) for entry in visible if entry.is_dir()],
        files,
        pl.concat(parts) if parts else pl.DataFrame(),
    )
    _known[folder] = content
    return content
