"""Errors of a run in words for callers: no stack, no path of the machine that ran it."""

import re

from analytics_platform.ingestion.faults import shown

_LONGEST = 1000
_ADDRESS_OR_PATH = re.compile(r"https?://\S+|(?<![\w.])(?:/[^\s/'\":;,()\[\]]+){2,}/?", re.ASCII)


def readable(message: str | None) -> str:
    r"""Return an error message in one line, with paths shortened to their last part.

    Examples
    --------
    >>> readable("OSError: cannot open '/srv/data/lake/prices'\n")
    "OSError: cannot open '…/prices'"
    >>> readable("set ANALYTICS_SITE_URL, such as http://localhost:8000/site/home")
    'set ANALYTICS_SITE_URL, such as http://localhost:8000/site/home'
    """
    text = " ".join((message or "it tells no reason").split())
    return shown(_ADDRESS_OR_PATH.sub(_last_part, text), _LONGEST)


def _last_part(found: re.Match[str]) -> str:
    text = found[0]
    return text if text.startswith("http") else f"…/{text.rstrip('/').rpartition('/')[2]}"
