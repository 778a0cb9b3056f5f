"""A draft of a dialect as TOML: what is certain as keys, what must be decided as comments with choices."""

import re

import dataframely as dy
import polars as pl

from analytics_platform.ingestion.dialects.dates import to_dates
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import shown
from analytics_platform.ingestion.inspection.grid import Fact, Grid, quoted
from analytics_platform.ingestion.inspection.headers import HeaderGuess, guess_headers
from analytics_platform.ingestion.inspection.table import FoundTable
from analytics_platform.ingestion.inspection.values import (
    ColumnProfile,
    Notation,
    common_notations,
    readings,
)
from analytics_platform.tables.contract import Table

DECIDE = "# DECIDE:"
_SHOWN_WORDS = 10


def draft(grid: Grid, found: FoundTable, table: Table) -> list[str]:
    """Lines of the section of one table.

    Parameters
    ----------
    grid : Grid
        The file.
    found : FoundTable
        The table in it.
    table : Table
        What the file should fill.
    """
    guesses = guess_headers(found.profiles, table)
    notations = common_notations(found.profiles)
    number = notations[0] if notations else (".", "")
    lines = [f"[{table.name}]", *(f"# {note}" for note in map(shown, grid.notes))]
    facts = list(grid.facts)
    if found.header_row != 1:
        facts.append(Fact("header_row", str(found.header_row), "the first row as wide as the records"))
    lines += [f"{fact.key} = {fact.value}  # {shown(fact.evidence)}" for fact in facts]
    lines += _marks(found.profiles, notations)
    lines += _dates([guess.profile for guess in guesses if table.columns[guess.column] == pl.Date])
    lines += _nulls([guess.profile for guess in guesses])
    lines += _percent(guesses, table)
    lines += _totals(found, guesses, number)
    return [*lines, *_columns(found, guesses, table), *_words(guesses, table)]


def _marks(profiles: list[ColumnProfile], notations: list[Notation]) -> list[str]:
    columns = [one for one in profiles if one.is_number and not one.is_true and not one.is_date]
    if not columns:
        return []
    cells = sum(one.filled for one in columns)
    if not notations:
        told = ", ".join(shown(one.header) for one in columns)
        return [f"{DECIDE} no notation of numbers fits all of the columns {told}"]
    if len(notations) == 1:
        mark, thousands = notations[0]
        lines = [f'decimal_mark = "{mark}"  # all {cells} numbers fit'] if mark != "." else []
        return lines + ([f"thousands_mark = {quoted(thousands)}  # likewise"] if thousands else [])
    texts = [text.removesuffix("%").rstrip() for one in columns for text in one.texts]
    lines = [f"{DECIDE} all {cells} numbers can be read in {len(notations)} ways; keep one:"]
    read = {notation: readings(texts, notation) for notation in notations}
    place = next(p for p in range(len(texts)) if len({numbers[p] for numbers in read.values()}) > 1)
    for mark, thousands in notations:
        value = read[mark, thousands][place]
        lines.append(f"# decimal_mark = {quoted(mark)}  # '{shown(texts[place])}' is {shown(value)}")
        lines.append(f"# thousands_mark = {quoted(thousands)}")
    return lines


def _dates(columns: list[ColumnProfile]) -> list[str]:
    typed = [one for one in columns if one.texts and not one.is_true]
    lines = []
    for one in typed:
        if one.is_serial_date and not one.is_date:
            day = one.texts[0]
            lines.append(
                f"{DECIDE} '{shown(one.header)}' holds numbers of days; keep one, if they are dates:"
            )
            for epoch in (1900, 1904):
                date = to_dates(pl.Series([day]), Dialect.model_validate({"date_epoch": epoch}))[0]
                lines.append(f"# date_epoch = {epoch}  # {day} is {date}")
    written = [one for one in typed if one.date_formats]
    if not written:
        return lines
    formats = [one for one in written[0].date_formats if all(one in other.date_formats for other in written)]
    count = sum(one.filled for one in written)
    if not formats:
        several = "; ".join(f"'{shown(one.header)}' {' or '.join(one.date_formats)}" for one in written)
        return [*lines, f"{DECIDE} no format fits all date columns: {several}"]
    if len(formats) == 1:
        return [*lines, f'date_format = "{formats[0]}"  # all {count} values fit only {formats[0]}']
    text = written[0].texts[0]
    lines.append(f"{DECIDE} all {count} dates fit {len(formats)} formats; keep one:")
    for pattern in formats:
        date = to_dates(pl.Series([text]), Dialect(date_format=pattern))[0]
        lines.append(f'# date_format = "{pattern}"  # {shown(text)!r} is {date}')
    return lines


def _nulls(columns: list[ColumnProfile]) -> list[str]:
    words = sorted({word for one in columns for word in one.null_words})
    listed = ", ".join(map(quoted, words))
    return [f"null_words = [{listed}]  # check that they mean no value"] if words else []


def _percent(guesses: list[HeaderGuess], table: Table) -> list[str]:
    schema = table.schema.columns()
    columns = [
        guess.column
        for guess in guesses
        if guess.profile.has_percent and isinstance(schema[guess.column], dy.Decimal)
    ]
    listed = ", ".join(map(quoted, columns))
    return [f"percent = [{listed}]  # every cell ends in %"] if columns else []


def _totals(found: FoundTable, guesses: list[HeaderGuess], notation: Notation) -> list[str]:
    if not found.totals:
        return []
    first_cells = [next(text.strip() for text in row if text.strip()) for _, row in found.totals]
    word = first_cells[0].split()[0]
    pattern = quoted(f"^{_escaped(word)}")
    rows = ", ".join(str(number) for number, _ in found.totals[:5])
    totalled = found.totalled(notation)
    columns = [guess.column for guess in guesses if guess.profile.header in totalled]
    if len(found.totals) == 1 and columns:
        listed = ", ".join(map(quoted, columns))
        evidence = "what it states is the sum of the records"
        return [f"total_rows = {pattern}  # row {rows}", f"total_columns = [{listed}]  # {evidence}"]
    told = [f"ignore_rows = {pattern}  # row {rows}: '{shown(first_cells[0])}'"]
    pattern_of_count = _count_pattern(found)
    if pattern_of_count is not None:
        evidence = f"it states the {len(found.records)} rows that there are"
        return [*told, f"control = {{ rows = {quoted(pattern_of_count)} }}  # {evidence}"]
    return [*told, f"{DECIDE} does it state totals? Then use total_rows and total_columns in its place"]


def _count_pattern(found: FoundTable) -> str | None:
    """Regular expression of the only row of totals, if the one number in it is the number of records."""
    line = ";".join(text.strip() for text in found.totals[-1][1] if text.strip())
    numbers = re.findall("[0-9]+", line)
    if len(found.totals) > 1 or numbers != [str(len(found.records))]:
        return None
    before, after = line.split(numbers[0])
    return f"^{_escaped(before)}([0-9]+){_escaped(after)}$"


def _escaped(text: str) -> str:
    """Text as a regular expression; what could be an operator stands for any letter."""
    return "".join(letter if letter.isalnum() or letter in " ;" else "." for letter in text)


def _columns(found: FoundTable, guesses: list[HeaderGuess], table: Table) -> list[str]:
    lines = ["", f"[{table.name}.columns]"]
    for guess in guesses:
        if guess.profile.header != guess.column:
            mark = "" if guess.is_certain else "  # guessed from the name; check it"
            lines.append(f"{guess.column} = {quoted(guess.profile.header)}{mark}")
    given = {guess.column for guess in guesses}
    for column, definition in table.schema.columns().items():
        if column not in given and not definition.nullable:
            words = ", ".join((definition.metadata or {}).get("words", ()))
            told = f"{definition.description}; one of {words}" if words else definition.description
            lines.append(f"{DECIDE} the table needs {column}: {told}")
            lines.append(f'# {column} = "the sender\'s header"  # or a value under [{table.name}.constants]')
    used = {guess.profile.header for guess in guesses}
    for one in found.profiles:
        if one.header not in used:
            sample = ", ".join(shown(text) for text in one.texts[:3])
            lines.append(f"# not used: {quoted(shown(one.header))}, such as {shown(sample)}")
    unused = [one for one in found.profiles if one.header not in used and one.is_number]
    return lines + _wide(unused, [column for column in table.columns if column not in given], table)


def _wide(unused: list[ColumnProfile], missing: list[str], table: Table) -> list[str]:
    """Propose to make records of several number columns that no column of the table takes."""
    schema = table.schema.columns()
    needed = [column for column in missing if not schema[column].nullable]
    values = [column for column in needed if isinstance(schema[column], dy.Decimal)]
    names = [column for column in needed if isinstance(schema[column], dy.String) and column in table.key]
    if len(unused) < 2 or not values or not names:  # noqa: PLR2004 - one column is not wide
        return []
    columns = ", ".join(f"{quoted(one.header)} = {quoted(one.header)}" for one in unused)
    return [
        "",
        f"{DECIDE} is each of these columns a record of its own? Then keep this:",
        f"# [{table.name}.unpivot]",
        f'# names_to = "{names[-1]}"  # one of {", ".join(names)}',
        f'# values_to = "{values[0]}"',
        f"# columns = {{ {columns} }}",
    ]


def _words(guesses: list[HeaderGuess], table: Table) -> list[str]:
    lines: list[str] = []
    for guess in guesses:
        metadata = table.schema.columns()[guess.column].metadata or {}
        known = metadata.get("words", ())
        unknown = [text for text in guess.profile.texts if known and text not in known]
        if unknown:
            lines += ["", f"# [{table.name}.words.{guess.column}]"]
            lines.append(f"{DECIDE} each of these must stand for one of {', '.join(known)}:")
            lines += [f'# {quoted(shown(text))} = "?"' for text in unknown[:_SHOWN_WORDS]]
    return lines
