"""`analytics doctor`: can this installation work? One line a question, with the cure."""

import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from analytics_platform.calendars.sessions import CalendarError, calendar
from analytics_platform.cli.doctor_aws.asking import (
    Answer,
    ProblemFoundError,
    Question,
    answer,
    secrets_of,
)
from analytics_platform.cli.refused_settings import refusals
from analytics_platform.ingestion.dialects.toml_files import DialectError, read_dialects
from analytics_platform.settings import Settings, settings
from analytics_platform.storage.ledger.ledger import Ledger, State
from analytics_platform.storage.published.serving import ServingStore

PACKAGES = ("dagster", "dagster-dbt", "dbt-core", "dbt-duckdb", "duckdb", "polars", "QuantLib")
FREE_BYTES = 1 << 30
_SECONDS = 60.0


def examine(profile: str | None = None) -> int:
    """Ask every question; return 1 if any answer is bad, else 0.

    Parameters
    ----------
    profile : str, optional
        ``local`` or ``aws``; by default the one in force.
    """
    console = Console()
    try:
        in_force = settings()
        of = in_force if profile is None else Settings(profile=profile)
    except ValidationError as error:
        for line in refusals(error):
            _print(console, "settings", Answer(False, line))  # noqa: FBT003
        return 1
    local = [Question(name, partial(ask, of), seconds=_SECONDS) for name, ask in QUESTIONS.items()]
    secrets = list(secrets_of(of))
    bad = 0
    for question in (*local, *_of_cloud(of)):
        told = answer(question, secrets)
        _print(console, question.name, told)
        bad |= not told.is_good
    return int(bad)


def _of_cloud(of: Settings) -> Iterator[Question]:
    """Give the questions about AWS; none without a calendar, which the line above tells."""
    try:
        from analytics_platform.cli.doctor_aws.questions import questions  # noqa: PLC0415 - its imports read settings
    except CalendarError:
        return
    yield from questions(of)


def _print(console: Console, name: str, told: Answer) -> None:
    line = Text("ok  " if told.is_good else "BAD ", style="green" if told.is_good else "red")
    console.print(line.append(f"{name}: {told.text}", style="default"), highlight=False, soft_wrap=True)


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
    if of.profile == "aws" or not of.ledger_url.startswith("sqlite"):
        from analytics_platform.cli.doctor_aws.databases import ledger  # noqa: PLC0415 - as above

        return ledger(of)
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
