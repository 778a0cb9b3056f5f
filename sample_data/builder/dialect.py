"""How a sender writes a file, read from its dialect in `sources`. The builder turns the dialects round."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).resolve().parents[2] / "sources"


@dataclass(frozen=True)
class Unpivot:
    """Columns of a wide file: value of `names_to` by the sender's header."""

    names_to: str
    values_to: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Dialect:
    """The part of a sender's dialect that a writer needs; the defaults are the canonical form.

    Attributes
    ----------
    columns : dict
        Sender's header by table column.
    words : dict
        By table column: sender's word by table word.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = "Sheet1"
    header_row: int = 1
    decimal_mark: str = "."
    thousands_mark: str = ""
    date_format: str = "%Y-%m-%d"
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    unpivot: Unpivot | None = None

    def written(self, columns: list[str]) -> list[str]:
        """Table columns that the sender writes, in the order of the dialect, then of the table."""
        named = [column for column in self.columns if column in columns]
        wide = {self.unpivot.names_to, self.unpivot.values_to} if self.unpivot else set()
        rest = [column for column in columns if column not in {*named, *self.constants, *wide}]
        return [*named, *rest]

    def header(self, column: str) -> str:
        """Sender's header of a table column."""
        return self.columns.get(column, column)


@cache
def load_dialect(source: str, table_name: str) -> Dialect:
    """Read the dialect of a sender for a table; the canonical form where it has none."""
    path = SOURCES / f"{source}.toml"
    if not path.exists():
        return Dialect()
    section: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")).get(table_name, {})
    kept = {key: value for key, value in section.items() if key in Dialect.__dataclass_fields__}
    if "unpivot" in kept:
        kept["unpivot"] = Unpivot(**kept["unpivot"])
    if "words" in kept:
        kept["words"] = {
            column: {ours: theirs for theirs, ours in words.items()}
            for column, words in kept["words"].items()
        }
    return Dialect(**kept)
