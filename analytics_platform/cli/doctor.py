"""`analytics doctor`: can this installation work? One line a question, with the cure."""

import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from rich.console import Console

from analytics_platform.calendars.sessions import CalendarError, calendar
from analytics_platform.ingestion.dialects.toml_files import DialectError, read_dialects
from analytics_platform.settings import Settings, settings
from analytics_platform.storage.ledger.ledger import Ledger, State
from analytics_platform.storage.published.serving import ServingStore

PACKAGES = ("dagster", "dagster-dbt", "dbt-core", "dbt-duckdb", "duckdb", "polars", "QuantLib")
FREE_BYTES = 1 << 30


class ProblemFoundError(Exception):
    """What is wrong, and what to do."""


def examine() -> int:
    """Ask every question; return 1 if any answer is bad, else 0."""
    console = Console()
    of = settings()
    bad = 0
    for name, question in QUESTIONS.items():
        try:
            answer, mark = question(of), "[green]ok [/green]"
        except (ProblemFoundError, OSError) as problem:
            answer, mark, bad = str(problem), "[red]BAD[/red]", 1
        console.print(f"{mark} {name}: {answer}", highlight=False, soft_wrap=True)
    return bad


def _python(_: Settings) -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor} at {sys.executable}"


def _packages(_: Settings) -> str:
    try:
        return ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    except PackageNotFoundError as error:
        message = f"{error}; run `make setup`"
        raise ProblemFoundError(message) from error


def _home(of: Settings) -> str:
    try:
        of.home.mkdir(parents=True, exist_ok=True)
        probe = of.home / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        message = f"{of.home} cannot be written ({error}); set ANALYTICS_HOME to a folder of yours"
        raise ProblemFoundError(message) from error
    return str(of.home)


def _disk(of: Settings) -> str:
    free = shutil.disk_usage(of.home).free
    if free < FREE_BYTES:
        message = f"{free / 1e9:.1f} GB free at {of.home}; at least 1 GB is needed"
        raise ProblemFoundError(message)
    return f"{free / 1e9:.0f} GB free"


def _manifest(of: Settings) -> str:
    parsed = of.dbt_target / "manifest.json"
    if not parsed.exists():
        message = f"{parsed} is missing; run `analytics dbt-manifest`"
        raise ProblemFoundError(message)
    return str(parsed)


def _dialects(of: Settings) -> str:
    try:
        sources = read_dialects(of.sources)
    except DialectError as error:
        raise ProblemFoundError(str(error)) from error
    return f"{len(sources.by_source)} sources in {of.sources}"


def _calendar(of: Settings) -> str:
    try:
        days = calendar(of.calendar)
    except CalendarError as error:
        message = f"{error}; set ANALYTICS_CALENDAR"
        raise ProblemFoundError(message) from error
    return f"{days.name}, {days.first_date} to {days.last_date}"


def _ledger(of: Settings) -> str:
    if not of.home.exists():
        return "empty: nothing was landed yet"
    entries = Ledger(of.ledger_url).entries()
    return ", ".join(f"{sum(e.state == state for e in entries)} {state}" for state in State)


def _published(of: Settings) -> str:
    return ServingStore(of.serving).version() or "nothing yet"


QUESTIONS: dict[str, Callable[[Settings], str]] = {
    "python": _python,
    "packages": _packages,
    "data home": _home,
    "disk": _disk,
    "dbt project": _manifest,
    "source dialects": _dialects,
    "calendar": _calendar,
    "ledger": _ledger,
    "published": _published,
}
