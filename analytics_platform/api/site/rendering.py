"""Templates of the site and how values stand in them. No route and no reading."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from analytics_platform.ingestion.faults import shown
from analytics_platform.report import cells, format  # noqa: A004 - the module that formats
from analytics_platform.storage.ledger.tables import State

STATE_WORDS: Mapping[str, str] = {
    State.SEEN: "waiting",
    State.LAUNCHED: "loading",
    State.LOADED: "loaded",
    State.QUARANTINED: "quarantined",
    State.DUPLICATE: "unchanged",
    State.SUPERSEDED: "superseded",
    State.DISCARDED: "discarded",
}
"""States of the ledger in the words of readers."""

_LONGEST_KEY = 1024
_LONGEST_TEXT = 20_000
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))
_SIZES = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))


def page(
    template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: object
) -> HTMLResponse:
    """Return a page; it is never kept by a browser or a proxy, for it tells how things stand now."""
    html = _environment().get_template(template).render(**values, now=datetime.now(UTC))
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store", **(headers or {})})


@cache
def style() -> bytes:
    """Return the style sheet: that of the risk pages, then what only the site has."""
    report = files("analytics_platform.report") / "templates" / "style.css"
    own = files("analytics_platform.api.site") / "templates" / "site.css"
    return b"\n".join(part.read_bytes() for part in (report, own))


def age(since: datetime, now: datetime) -> str:
    """Return how long ago something was, in the largest unit that fits.

    Examples
    --------
    >>> day = datetime(2013, 3, 1, tzinfo=UTC)
    >>> age(day, day.replace(hour=5)), age(day, day.replace(minute=1)), age(day, day.replace(second=59))
    ('5 hours', '1 minute', 'less than a minute')
    """
    seconds = (now - since).total_seconds()
    for size, unit in _UNITS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def size(n_bytes: int) -> str:
    """Return a number of bytes for readers.

    Examples
    --------
    >>> size(812), size(1536), size(5 << 20)
    ('812 bytes', '1.5 kB', '5.0 MB')
    """
    for unit, name in _SIZES:
        if n_bytes >= unit:
            return f"{n_bytes / unit:.1f} {name}"
    return f"{n_bytes} bytes"


def lines(text: str | None) -> str:
    r"""Return a text of others with its lines, and everything else that does not print escaped.

    Examples
    --------
    >>> lines("first\nsec\x1bond")
    'first\nsec\\x1bond'
    """
    return "\n".join(shown(line, _LONGEST_TEXT) for line in (text or "")[:_LONGEST_TEXT].split("\n"))


def _name(text: str) -> str:
    return shown(text, _LONGEST_KEY)


def _query(values: Mapping[str, str | None]) -> str:
    return urlencode({name: value for name, value in values.items() if value})


def _state_word(state: str) -> str:
    return STATE_WORDS.get(state, state)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("analytics_platform.api.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        money=cells.money,
        gain=cells.gain,
        day=format.day,
        weekday=format.weekday,
        moment=format.moment,
        words=format.words,
        size=size,
        lines=lines,
        name=_name,
        query=_query,
        state_word=_state_word,
        age=age,
    )
    return environment
