"""Parts of a dialect that say which column of a file means what: wide to long, minor units."""

import re
from decimal import Decimal
from typing import Annotated, Self

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from analytics_platform.ingestion.dialects.patterns import regular_expression

_FACTOR = re.compile(r"[0-9]{1,12}(\.[0-9]{1,8})?|\.[0-9]{1,8}", re.ASCII)


def _positive_number(text: str) -> str:
    if not _FACTOR.fullmatch(text) or not Decimal(text):
        message = 'it must be a positive decimal number as text, such as "0.01"'
        raise ValueError(message)
    return text


Factor = Annotated[str, AfterValidator(_positive_number)]
"""A positive decimal number as text, so that it stays exact."""

MinorUnit = Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], Factor], Field(strict=False)]
"""ISO 4217 code of the major unit, and how many of it one minor unit is."""

STANDARD_MINOR_UNITS: dict[str, tuple[str, str]] = {
    "GBX": ("GBP", "0.01"),
    "GBp": ("GBP", "0.01"),
    "GBpence": ("GBP", "0.01"),
    "ZAc": ("ZAR", "0.01"),
    "ZAC": ("ZAR", "0.01"),
    "ILA": ("ILS", "0.01"),
    "ILa": ("ILS", "0.01"),
}
"""What vendors call pence, South African cents and agorot."""


class Unpivot(BaseModel):
    """Wide to long: each wide column becomes a record of its own; an empty cell is an ignored record.

    Attributes
    ----------
    names_to, values_to : str
        Columns of the table that take the name and the cell.
    columns : dict of str to str
        The sender's header, and the value that it stands for.
    columns_matching : str or None
        In place of `columns`: regular expression on the headers that no other key uses. The value is the
        first group of the match, or the whole header where the expression has no group.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    names_to: str
    values_to: str
    columns: dict[str, str] = Field(default_factory=dict)
    columns_matching: Annotated[str, AfterValidator(regular_expression)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.columns) == (self.columns_matching is not None):
            message = "either columns or columns_matching must say which columns are wide"
            raise ValueError(message)
        return self

    def wide_columns(self, free_headers: list[str]) -> dict[str, str]:
        """Give header and value of each wide column.

        Parameters
        ----------
        free_headers : list of str
            Headers of the file that no other key of the dialect uses.
        """
        if self.columns_matching is None:
            return self.columns
        headers = pl.Series(free_headers, dtype=pl.String)
        has_group = group_count(self.columns_matching) > 0
        values = headers.str.extract(self.columns_matching, 1) if has_group else headers
        is_wide = headers.str.contains(self.columns_matching) & values.is_not_null()
        return dict(zip(headers.filter(is_wide), values.filter(is_wide), strict=True))


def group_count(pattern: str) -> int:
    """Count the groups of a regular expression."""
    kind = pl.Series([""]).str.extract_groups(pattern).dtype
    return len(kind.fields) if isinstance(kind, pl.Struct) else 0
