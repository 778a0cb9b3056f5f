"""`analytics source`: draft the dialect of a new sender, and try a dialect on a file without loading it."""

import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from analytics_platform.ingestion.child.child import ParsedDelivery, ParsingChild, ParsingFailed
from analytics_platform.ingestion.child.inspecting import inspect_in_child
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.dialects.stated_numbers import plain
from analytics_platform.ingestion.dialects.toml_files import DialectError, parse_dialects, read_dialect
from analytics_platform.ingestion.faults import DeliveryRefused, Finding, shown
from analytics_platform.ingestion.file_name import EXTENSIONS, DeliveryName, parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.settings import settings
from analytics_platform.tables.registry import DELIVERED

REFUSED = 1
_ANY_DATE = (date(1900, 1, 1), date(2299, 12, 31))
_SHOWN_ROWS = 5
_WIDTH = 150


class UnnamedError(ValueError):
    """A file of which dataset, source or format is not known."""


def source_new(file: Path, source: str | None, dataset: str | None, output: Path | None) -> int:
    """Draft the dialect of a sender from one file; print it, or write it to `output`; return the exit code.

    A section is added to an existing file only if the file has none of that name yet.
    """
    console = _console()
    try:
        name = _name(file, source, dataset)
        _refuse_irregular(file)
        answer = inspect_in_child(file, name, Limits())
        parse_dialects(name.source, answer.toml)
        if output is not None:
            _write(answer.toml, name, output)
    except (UnnamedError, DialectError, DeliveryRefused) as problem:
        return _refuse(console, problem)
    if output is None:
        console.print(answer.toml, markup=False, highlight=False, soft_wrap=True)
        return 0
    told = f"wrote [{name.dataset}] to {output}: {answer.open_questions} open questions, marked DECIDE"
    console.print(told, markup=False, highlight=False, soft_wrap=True)
    return 0


def _write(toml: str, name: DeliveryName, output: Path) -> None:
    before = output.read_text("utf-8") if output.exists() else ""
    if before and name.dataset in parse_dialects(name.source, before):
        message = f"{output} has a section [{name.dataset}] already; remove it, or choose another output"
        raise UnnamedError(message)
    output.write_text(f"{before.rstrip()}\n\n{toml}" if before else toml, "utf-8")


def source_check(file: Path, source: str | None, dataset: str | None) -> int:
    """Show what of a file would be accepted, rejected and ignored, without loading it; 1 if it is refused."""
    console = _console()
    try:
        name = _name(file, source, dataset)
        _refuse_irregular(file)
        dialect = read_dialect(settings().sources, name.source, name.dataset)
        with tempfile.TemporaryDirectory() as scratch, ParsingChild() as child:
            parsed = child.parse(file, name, dialect, Path(scratch))
            _show(console, parsed, name, dialect)
    except DeliveryRefused as refused:
        if refused.counts is not None:
            counts = refused.counts
            told = f"{counts.read} records read: {counts.accepted} good, {counts.rejected} rejected, "
            console.print(f"{told}{counts.ignored} ignored", highlight=False)
        console.print(_findings(list(refused.findings), refused.total))
        console.print("refused: nothing of it would be loaded", style="red")
        return REFUSED
    except (UnnamedError, DialectError, ParsingFailed) as problem:
        return _refuse(console, problem)
    return 0


def _show(console: Console, parsed: ParsedDelivery, name: DeliveryName, dialect: Dialect) -> None:
    counts = parsed.counts
    where = "" if parsed.sheet is None else f" of sheet '{shown(parsed.sheet)}'"
    told = f"{counts.read} records{where} read for {name.dataset}: {counts.accepted} accepted, "
    console.print(
        f"{told}{counts.rejected} rejected, {counts.ignored} ignored", markup=False, highlight=False
    )
    own = list(DELIVERED[name.dataset].columns)
    console.print(_rows(pl.read_parquet(parsed.accepted, columns=own, n_rows=_SHOWN_ROWS), counts.accepted))
    if parsed.findings:
        console.print(_findings(list(parsed.findings), parsed.total_findings))
    for check in _checked(dialect):
        console.print(f"agrees: {check}", markup=False, highlight=False, soft_wrap=True)
    for note in parsed.notes:
        console.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    if (name.first_date, name.last_date) == _ANY_DATE:
        console.print("note: the name of the file tells no date, so dates were not held against it")


def _checked(dialect: Dialect) -> list[str]:
    """Tell what the file states about itself and was compared; a file that differs was refused."""
    checks = []
    if dialect.total_rows is not None:
        checks.append(f"rows of totals '{dialect.total_rows}', in {', '.join(dialect.total_columns)}")
    if dialect.control is not None and dialect.control.rows is not None:
        checks.append("number of rows")
    if dialect.control is not None and dialect.control.sums:
        checks.append(f"control sums of {', '.join(dialect.control.sums)}")
    return checks


def _refuse_irregular(file: Path) -> None:
    """Refuse a pipe or a device: it may never end."""
    if not file.is_file():
        message = f"{file} is not a regular file; give one"
        raise UnnamedError(message)


def _name(file: Path, source: str | None, dataset: str | None) -> DeliveryName:
    """Name of the delivery: what the options say, else what the name of the file says."""
    folder = dataset or file.absolute().parent.name
    try:
        declared = parse_file_name(f"{folder}/{file.name}")
    except DeliveryRefused:
        declared = None
    if declared is not None and source in {None, declared.source}:
        return declared
    extension = next(
        (e for e in sorted(EXTENSIONS, key=len, reverse=True) if file.name.endswith(f".{e}")), None
    )
    if extension is None:
        message = f"the format of {file.name} is not one of .{', .'.join(EXTENSIONS)}"
        raise UnnamedError(message)
    if folder not in DELIVERED:
        message = f"there is no dataset {folder}; say --dataset, one of {', '.join(sorted(DELIVERED))}"
        raise UnnamedError(message)
    if source is None:
        message = f"the name {file.name} does not tell who sent it; say --source"
        raise UnnamedError(message)
    name = DeliveryName(folder, source, *_ANY_DATE, extension)
    parse_file_name(str(name))
    return name


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)


def _refuse(console: Console, problem: Exception) -> int:
    console.print(str(problem), style="red", markup=False, soft_wrap=True)
    return REFUSED


def _rows(frame: pl.DataFrame, accepted: int) -> RichTable:
    table = RichTable(title=f"The first of {accepted} accepted records", title_justify="left")
    for column in frame.columns:
        table.add_column(column, overflow="fold")
    for row in frame.iter_rows():
        table.add_row(*(Text(_cell(value)) for value in row))
    return table


def _cell(value: object) -> str:
    if value is None:
        return ""
    return plain(value) if isinstance(value, Decimal) else shown(str(value))


def _findings(findings: list[Finding], total: int) -> RichTable:
    table = RichTable(title=f"The first {len(findings)} of {total} faults", title_justify="left")
    for heading in ("Row", "Column", "Value", "What is wrong", "What to do"):
        table.add_column(heading, overflow="fold")
    for one in findings:
        cells = ("" if one.row is None else str(one.row), one.column, one.value, one.message, one.cure)
        table.add_row(*(Text(cell or "") for cell in cells))
    return table
