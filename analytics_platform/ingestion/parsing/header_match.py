"""Which header of a file gives which column of a table. No cell is looked at here."""

import difflib
from dataclasses import dataclass

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused, Finding, refusal, shown
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.readers.sheet import SheetText
from analytics_platform.tables.contract import Table

_SHOWN_HEADERS = 30


@dataclass(frozen=True)
class MatchedHeaders:
    """Headers of a file that are used.

    Attributes
    ----------
    by_column : dict of str to str
        Column of the table, the sender's header; columns that no header gives are not in it.
    wide : dict of str to str
        Header of a wide column, and the value that it stands for.
    """

    by_column: dict[str, str]
    wide: dict[str, str]


def match_headers(sheet: SheetText, table: Table, dialect: Dialect, name: DeliveryName) -> MatchedHeaders:
    """Find the header of each column of the table.

    Raises
    ------
    DeliveryRefused
        If a column is missing that the table needs or the dialect names, or could be either of two, or if
        the dialect gives a constant for a column that the file has.
    """
    unpivot = dialect.unpivot
    given = {*dialect.constants, *(() if unpivot is None else (unpivot.names_to, unpivot.values_to))}
    wanted = {column: dialect.headers_of(column) for column in table.columns if column not in given}
    offered = [header for header in sheet.headers if header not in dialect.ignore_columns]
    found = {column: _present(headers, offered, sheet, name) for column, headers in wanted.items()}
    schema = table.schema.columns()
    missing = [
        wanted[column]
        for column, header in found.items()
        if header is None and (not schema[column].nullable or column in dialect.columns)
    ]
    by_column = {column: header for column, header in found.items() if header is not None}
    wide = {}
    if unpivot is not None:
        used = set(by_column.values())
        wide = unpivot.wide_columns([header for header in offered if header not in used])
        missing += [(header,) for header in wide if header not in offered]
    if missing:
        raise _missing(missing, offered, sheet, name)
    if unpivot is not None:
        _check_wide(wide, sheet, name, unpivot.columns_matching)
    _check_constants(dialect, {*offered} - {*by_column.values(), *wide}, sheet, name)
    return MatchedHeaders(by_column, wide)


def _present(
    headers: tuple[str, ...], offered: list[str], sheet: SheetText, name: DeliveryName
) -> str | None:
    there = [header for header in headers if header in offered]
    if len(there) > 1:
        raise refusal(
            str(name),
            f"the columns {_listed(there)} are both there, and each could be the one that is meant",
            "Deliver one of them, or name only one in the dialect",
            sheet=sheet.sheet,
        )
    return there[0] if there else None


def _missing(
    missing: list[tuple[str, ...]], offered: list[str], sheet: SheetText, name: DeliveryName
) -> DeliveryRefused:
    """Tell all missing columns in one finding."""
    close = {headers[0]: difflib.get_close_matches(headers[0], offered, n=1) for headers in missing}
    names = ", ".join(" or ".join(f"'{shown(header)}'" for header in headers) for headers in missing)
    if len(missing) == 1:
        guess = next(iter(close.values()))
        hint = f"Is '{shown(guess[0])}' meant? Rename it" if guess else "Add it"
    else:
        guesses = [f"'{shown(guess[0])}' for '{shown(header)}'" for header, guess in close.items() if guess]
        hint = f"Is {', '.join(guesses)} meant? Rename them" if guesses else "Add them"
    return refusal(
        str(name),
        f"there {'is no column' if len(missing) == 1 else 'are no columns'} {names}; "
        f"the file has {_listed(offered)}",
        f"{hint}, or name the sender's header in the dialect",
        sheet=sheet.sheet,
        column=missing[0][0] if len(missing) == 1 else None,
    )


def _check_constants(dialect: Dialect, unused: set[str], sheet: SheetText, name: DeliveryName) -> None:
    """Refuse a file that has a column of its own where the dialect gives a constant: one of them is wrong."""
    doubled = [column for column in dialect.constants if column in unused]
    if doubled:
        findings = [
            Finding(
                file=str(name),
                sheet=sheet.sheet,
                column=column,
                message=f"the dialect gives the constant '{shown(dialect.constants[column])}' for {column}, "
                f"and the file has a column '{column}' of its own",
                cure="Take the constant out of the dialect, or name the column in ignore_columns if it means "
                "something else",
            )
            for column in doubled
        ]
        raise DeliveryRefused(findings)


def _check_wide(wide: dict[str, str], sheet: SheetText, name: DeliveryName, pattern: str | None) -> None:
    if not wide:
        raise refusal(
            str(name),
            f"no column matches '{pattern}'; the file has {_listed(sheet.headers)}",
            "Correct the headers, or columns_matching in the dialect",
            sheet=sheet.sheet,
        )
    values = list(wide.values())
    twice = next((header for header, value in wide.items() if values.count(value) > 1), None)
    if pattern is not None and twice is not None:
        raise refusal(
            str(name),
            f"several columns stand for '{shown(wide[twice])}'",
            "Rename them, or correct columns_matching in the dialect",
            sheet=sheet.sheet,
            column=twice,
        )


def _listed(headers: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"'{shown(header)}'" for header in headers[:_SHOWN_HEADERS])
