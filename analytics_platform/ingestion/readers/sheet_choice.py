"""Which sheet of a workbook is read. No cell is looked at here."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import refusal, shown
from analytics_platform.ingestion.file_name import DeliveryName


@dataclass(frozen=True)
class SheetName:
    """A sheet of a workbook: its name, and whether a reader of the workbook sees it."""

    name: str
    is_visible: bool


def chosen_sheet(sheets: Sequence[SheetName], name: DeliveryName, dialect: Dialect) -> str:
    """Name of the sheet that is meant.

    Raises
    ------
    DeliveryRefused
        If the dialect names none and there is not exactly one visible sheet, or what it names is not there.
    """
    visible = [sheet.name for sheet in sheets if sheet.is_visible]
    everyone = [sheet.name for sheet in sheets]
    if isinstance(dialect.sheet, str):
        if dialect.sheet in everyone:
            return dialect.sheet
        message = f"there is no sheet '{shown(dialect.sheet)}'; there are {_listed(everyone)}"
        raise refusal(str(name), message, "Name the sheet as before, or change sheet in the dialect")
    if dialect.sheet is not None:
        found = dialect.sheet.candidates(visible, everyone)
        if len(found) == 1:
            return found[0]
        message = f"the sheet should be {dialect.sheet}, and that are {len(found)} of {_listed(everyone)}"
        raise refusal(str(name), message, "Name the sheets as before, or change sheet in the dialect")
    if len(visible) == 1:
        return visible[0]
    message = (
        f"the workbook has {len(visible)} visible sheets ({_listed(visible)}), so which one is meant is open"
    )
    raise refusal(str(name), message, "Deliver one visible sheet, or name the sheet in the dialect")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{shown(name)}'" for name in names[:10]) or "none"
