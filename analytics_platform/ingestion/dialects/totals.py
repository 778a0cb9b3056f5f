"""Part of a dialect that says what a file states about itself, so that it can be checked."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from analytics_platform.ingestion.dialects.patterns import capturing_expression

ADDRESS = re.compile(r"^(?P<column>[A-Z]{1,3})(?P<row>[1-9][0-9]{0,6})$")


def _address_or_expression(text: str) -> str:
    return text if ADDRESS.match(text) else capturing_expression(text)


class Control(BaseModel):
    """Numbers that a file states about itself, above its headers or in a row that is ignored.

    A Parquet file need not state them: its own metadata tell whether it is whole.

    An expression is looked for in the text of each such row: its cells that are not empty, joined by `;`.

    Attributes
    ----------
    rows : str or None
        Regular expression whose first group is the number of rows between headers and footer, such as
        ``^Summe;([0-9]+)$``.
    sums : dict of str to str
        Column of the table, and where its sum over all records is stated: a regular expression whose first
        group is the sum, or the address of a cell, such as ``B2``.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    rows: Annotated[str, AfterValidator(capturing_expression)] | None = None
    sums: dict[str, Annotated[str, AfterValidator(_address_or_expression)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.rows is None and not self.sums:
            message = "it must say rows, sums or both"
            raise ValueError(message)
        return self
