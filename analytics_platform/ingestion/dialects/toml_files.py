"""The files of dialects, ``sources/<source>.toml``: one a source, one section a dataset."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from analytics_platform.ingestion.dialects.dialect import CANONICAL, Dialect
from analytics_platform.ingestion.dialects.table_match import explained
from analytics_platform.tables.registry import DELIVERED


class DialectError(ValueError):
    """A source dialect that cannot be used; the text names file, section and key."""


@dataclass(frozen=True)
class Dialects:
    """The dialects of all sources.

    Attributes
    ----------
    by_source : mapping of str to mapping of str to Dialect
        Source, dataset, dialect.
    """

    by_source: Mapping[str, Mapping[str, Dialect]] = field(default_factory=dict)

    def find(self, source: str, dataset: str) -> Dialect:
        """Dialect of a source for a dataset; the canonical form if none was written."""
        return self.by_source.get(source, {}).get(dataset, CANONICAL)


def parse_dialects(source: str, toml: str) -> dict[str, Dialect]:
    """Read the sections of one ``sources/<source>.toml``.

    Parameters
    ----------
    source : str
        Name of the source, for messages.
    toml : str
        Text of the file.

    Returns
    -------
    dict of str to Dialect
        Dataset, dialect.

    Raises
    ------
    DialectError
        If the text is not TOML, or a section or key is unknown or has a value that cannot be.
    """
    try:
        sections = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        message = f"sources/{source}.toml: {error}"
        raise DialectError(message) from error
    return {dataset: _section(source, dataset, content) for dataset, content in sections.items()}


def _section(source: str, dataset: str, content: object) -> Dialect:
    where = f"sources/{source}.toml, [{dataset}]"
    if dataset not in DELIVERED:
        close = difflib.get_close_matches(dataset, DELIVERED, n=3) or sorted(DELIVERED)
        message = f"{where}: there is no such dataset; is one of these meant: {', '.join(close)}"
        raise DialectError(message)
    try:
        dialect = Dialect.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(explained(detail, Dialect.model_fields) for detail in error.errors())
        message = f"{where}: {faults}"
        raise DialectError(message) from error
    faults_of_table = dialect.check_against(DELIVERED[dataset])
    if faults_of_table:
        message = f"{where}: {'; '.join(faults_of_table)}"
        raise DialectError(message)
    return dialect


def read_dialect(folder: Path, source: str, dataset: str) -> Dialect:
    """Read the dialect of one source for one dataset; the canonical form if none was written.

    Only the file of that source is opened, so that a fault in the file of another harms nobody.

    Raises
    ------
    DialectError
        If the file of the source cannot be used.
    """
    file = folder / f"{source}.toml"
    return (
        parse_dialects(source, file.read_text("utf-8")).get(dataset, CANONICAL)
        if file.exists()
        else CANONICAL
    )


def read_dialects(folder: Path) -> Dialects:
    """Read every ``<source>.toml`` of a folder; a folder that is not there holds none.

    Raises
    ------
    DialectError
        If a file cannot be used.
    """
    return Dialects(
        {
            file.stem: parse_dialects(file.stem, file.read_text("utf-8"))
            for file in sorted(folder.glob("*.toml"))
        }
    )
