"""Part of a dialect that says what is asked of a delivery beside its own form."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from analytics_platform.calendars.sessions import CalendarError, calendar

NO_CALENDAR = "none"


def _known(name: str) -> str:
    if name != NO_CALENDAR:
        try:
            calendar(name)
        except CalendarError as error:
            raise ValueError(str(error)) from error
    return name


class Audit(BaseModel):
    """What is asked of a delivery beside its own form.

    Attributes
    ----------
    min_rows_of_previous : str or None
        Share of the rows that it replaces, by date, which a delivery must have at least, such as ``50%``;
        fewer refuse it. By default nothing is asked.
    calendar : str or None
        Calendar of the days on which the source delivers, such as ``TARGET``; rows of other days are told.
        By default that of the platform, for prices that of each instrument's exchange; ``none`` asks nothing.
    may_be_empty : bool
        Whether a file without any row may take away the rows of its dates, or of the snapshot, that the
        source has delivered before. By default it is refused; `min_rows_of_previous` counts all the same.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    min_rows_of_previous: Annotated[str, Field(pattern=r"^(100|[1-9]?[0-9])%$")] | None = None
    calendar: Annotated[str, AfterValidator(_known)] | None = None
    may_be_empty: bool = False

    @property
    def least_share(self) -> Decimal | None:
        """The share as a number from 0 to 1; None if nothing is asked."""
        text = self.min_rows_of_previous
        return None if text is None else Decimal(text.removesuffix("%")) / 100
