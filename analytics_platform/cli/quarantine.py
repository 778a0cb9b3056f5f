"""`analytics quarantine list|show|release|discard`: what was refused, and what a person decides about it."""

import getpass
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from analytics_platform.ingestion.faults import DeliveryRefused, shown
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.settings import settings
from analytics_platform.storage.intake.quarantine import Discarded, Quarantine
from analytics_platform.storage.ledger.ledger import IN_LAKE, Entry, Ledger, State

REFUSED = 1
NOT_FOUND = 2
_WIDTH = 160
_LONGEST_MESSAGE = 200


def list_quarantine(dataset: str | None = None) -> int:
    """Print what waits for a decision: refused files, and files that were loaded without some rows."""
    console = _console()
    entries = [entry for entry in _ledger().entries() if _is_kept(entry)]
    if dataset is not None:
        entries = [entry for entry in entries if entry.version.key.startswith(f"{dataset}/")]
    if not entries:
        _say(console, "nothing is in quarantine" + (f" of {dataset}" if dataset else ""))
        return 0
    table = Table(title=f"{len(entries)} versions in quarantine", title_justify="left")
    for name in ("File", "Version", "Since (UTC)", "What", "Why"):
        table.add_column(name, overflow="fold")
    for entry in entries:
        since = f"{entry.changed_at:%Y-%m-%d %H:%M}"
        cells = (_key(entry), shown(entry.version.version_id), since, _what(entry), _first_line(entry))
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
    return 0


def show_quarantine(key: str, version: str | None = None) -> int:
    """Print the reports of a file, or of all files whose key starts so, and what is kept of them."""
    console, quarantine = _console(), _quarantine()
    entries = [
        entry
        for entry in _ledger().entries()
        if entry.version.key.startswith(key)
        and version in {None, entry.version.version_id}
        and (_is_kept(entry) or quarantine.kept(entry.version))
    ]
    exact = [entry for entry in entries if entry.version.key == key]
    for entry in exact or entries:
        _say(console, f"{_key(entry)}, version {shown(entry.version.version_id)}: {_what(entry)}")
        _say(console, quarantine.report(entry.version) or entry.message or "no report is kept")
        for path in quarantine.kept(entry.version):
            _say(console, f"  {path.stat().st_size:>12,} bytes  {path}")
    return 0 if entries else _unknown(console, key, version)


def release_quarantine(key: str, version: str | None = None) -> int:
    """Owe a refused file again, after its dialect or the reference data was mended; the next run loads it."""
    console, ledger = _console(), _ledger()
    entry = _chosen(ledger, key, version)
    if entry is None:
        return _unknown(console, key, version)
    problem = _why_not_released(entry)
    if problem is None and not ledger.requeue(entry.version):
        problem = "it is no longer in quarantine; `analytics quarantine list` shows what is"
    if problem is not None:
        _say(console, f"{_key(entry)} is not released: {problem}", style="red")
        return REFUSED
    _say(console, f"released {_key(entry)}, version {shown(entry.version.version_id)}: the next run loads it")
    return 0


def discard_quarantine(key: str, version: str | None, reason: str) -> int:
    """Decide that a refused file is never loaded: its report stays, with the reason; the file goes."""
    console, ledger, quarantine = _console(), _ledger(), _quarantine()
    entry = _chosen(ledger, key, version)
    if entry is None:
        return _unknown(console, key, version)
    if not reason.strip():
        _say(console, "a file is not discarded without a reason; say --reason 'why'", style="red")
        return REFUSED
    if entry.state is not State.DISCARDED and not ledger.discard(entry.version):
        _say(
            console,
            f"{_key(entry)} is not discarded: it is {_what(entry)}; only a refused file can be",
            style="red",
        )
        return REFUSED
    # The ledger first: killed here, the same command again finishes the work on the files.
    quarantine.discard(entry.version, Discarded(by=_user(), at=datetime.now(UTC), reason=reason))
    done = "was discarded before:" if entry.state is State.DISCARDED else "discarded"
    _say(console, f"{done} {_key(entry)}, version {shown(entry.version.version_id)}; its report stays")
    return 0


def _why_not_released(entry: Entry) -> str | None:
    if entry.state in IN_LAKE and entry.rows_rejected:
        return (
            f"it was loaded without {entry.rows_rejected} of its rows, and a loaded file is never changed; "
            "deliver a corrected file under the same name"
        )
    if entry.state is not State.QUARANTINED:
        return f"it is {entry.state}, not in quarantine"
    try:
        parse_file_name(entry.version.key, entry.version.known_at.date())
    except DeliveryRefused as refusal:
        return f"its name will not do, and a file cannot be renamed here; deliver it again. {refusal}"
    return None


def _chosen(ledger: Ledger, key: str, version: str | None) -> Entry | None:
    """Return the version that is meant: without a name, the newest of the key that is in quarantine."""
    if version is not None:
        return ledger.entry(key, version)
    waiting = [entry for entry in ledger.entries(states=[State.QUARANTINED]) if entry.version.key == key]
    return waiting[-1] if waiting else ledger.entry(key)


def _is_kept(entry: Entry) -> bool:
    return entry.state is State.QUARANTINED or (entry.state in IN_LAKE and bool(entry.rows_rejected))


def _what(entry: Entry) -> str:
    if entry.state in IN_LAKE and entry.rows_rejected:
        return f"{entry.state} without {entry.rows_rejected} of {entry.rows_read} rows"
    return "refused" if entry.state is State.QUARANTINED else str(entry.state)


def _first_line(entry: Entry) -> str:
    lines = (entry.message or _quarantine().report(entry.version) or "").splitlines()
    text = next((line.removeprefix("- ") for line in lines[1:] if line.strip()), lines[0] if lines else "")
    return shown(text, _LONGEST_MESSAGE)


def _key(entry: Entry) -> str:
    return shown(entry.version.key, 1024)


def _unknown(console: Console, key: str, version: str | None) -> int:
    what = f"{shown(key, 1024)}" if version is None else f"version {shown(version)} of {shown(key, 1024)}"
    _say(
        console,
        f"quarantine knows nothing of {what}; `analytics quarantine list` shows its files",
        style="red",
    )
    return NOT_FOUND


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)


def _ledger() -> Ledger:
    return Ledger(settings().ledger_url)


def _quarantine() -> Quarantine:
    return Quarantine(settings().quarantine)
