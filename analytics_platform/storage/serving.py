"""The published extract: what pages and API read. A pointer names the version that counts and moves last."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from analytics_platform.storage import files

POINTER = "current.json"
KEPT_VERSIONS = 3


@dataclass(frozen=True)
class ServingStore:
    """Extracts in a folder, one folder a version.

    Attributes
    ----------
    root : Path
        The folder.
    """

    root: Path

    def publish(self, version: str, tables: Mapping[str, pl.DataFrame]) -> None:
        """Write all tables of a version, then move the pointer; a reader sees the old or the new version.

        Parameters
        ----------
        version : str
            Name of the version; names sort in the order of publication.
        tables : mapping of str to DataFrame
            Tables by name.
        """
        for name, table in tables.items():
            with files.replacing(self.root / version / f"{name}.parquet") as temporary:
                table.write_parquet(temporary)
        pointer = {"version": version, "tables": sorted(tables)}
        files.write_text(self.root / POINTER, json.dumps(pointer, indent=2))
        for old in sorted(path for path in self.root.iterdir() if path.is_dir())[:-KEPT_VERSIONS]:
            shutil.rmtree(old)

    def version(self) -> str | None:
        """Return the version that counts; None before the first publication."""
        pointer = self.root / POINTER
        return json.loads(pointer.read_text("utf-8"))["version"] if pointer.exists() else None

    def read(self, name: str) -> pl.DataFrame:
        """Return a table of the version that counts.

        Raises
        ------
        FileNotFoundError
            If nothing was published yet, or there is no such table.
        """
        version = self.version()
        if version is None:
            message = f"nothing is published in {self.root} yet: run `make demo` or `analytics backfill`"
            raise FileNotFoundError(message)
        return pl.read_parquet(self.root / version / f"{name}.parquet")
