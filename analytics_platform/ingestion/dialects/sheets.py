"""Part of a dialect that says which sheet of a workbook is meant."""

from collections.abc import Sequence
from typing import Annotated, Self

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from analytics_platform.ingestion.dialects.patterns import regular_expression


class SheetRule(BaseModel):
    """Which sheet is read where its name changes; exactly one of the rules.

    Attributes
    ----------
    first_visible : bool
        The first sheet that is not hidden.
    matching : str or None
        The only visible sheet whose name this regular expression finds.
    position : int or None
        The sheet at this place among all sheets, hidden ones too, counted from 1.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    first_visible: bool = False
    matching: Annotated[str, AfterValidator(regular_expression)] | None = None
    position: Annotated[int, Field(ge=1, le=1000)] | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if sum((self.first_visible, self.matching is not None, self.position is not None)) != 1:
            message = "give one of first_visible = true, matching = 'expression', position = number"
            raise ValueError(message)
        return self

    def candidates(self, visible: Sequence[str], everyone: Sequence[str]) -> list[str]:
        """Names of the sheets that the rule allows: one if all is well."""
        if self.first_visible:
            return list(visible[:1])
        if self.position is not None:
            return list(everyone[self.position - 1 : self.position])
        names = pl.Series(visible, dtype=pl.String)
        return names.filter(names.str.contains(self.matching or "")).to_list()

    def __str__(self) -> str:
        """Tell the rule as a sentence would."""
        if self.first_visible:
            return "the first visible one"
        return f"the one at place {self.position}" if self.position else f"the one matching '{self.matching}'"
