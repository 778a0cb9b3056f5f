"""Answers as bytes: the envelope, the tag, the gzip form, and those of late in memory. No rows are chosen."""

import gzip
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib.metadata import version as version_of_package
from threading import Lock
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from analytics_platform.api.columns import units_of
from analytics_platform.api.representations import MEDIA_TYPES, Format, csv_bytes, json_rows, parquet_bytes
from analytics_platform.api.selection import Page
from analytics_platform.calendars.moments import written

VERSION_HEADER = "X-Published-Version"
"""Which version an answer comes from."""

LARGEST_CACHE = 64 << 20
"""Bytes of answers held at once; the one asked for longest ago goes first."""

SETTLED = timedelta(minutes=1)
"""After so long no publication can come between a moment and the answer to it."""

_REVALIDATE = "private, no-cache"
_FOR_A_DAY = "private, max-age=86400, immutable"
_WORTH_ZIPPING = 1024
_OVERHEAD_BYTES = 2048
_CODE = version_of_package("analytics-platform")

Headers = list[tuple[bytes, bytes]]
Key = tuple[str | bytes, ...]
"""All of a request that decides its answer."""


@dataclass(frozen=True)
class Answer:
    """One answer, ready to be sent as often as it is asked for.

    Attributes
    ----------
    body : bytes
        As it is without compression.
    headers : mapping of str to str
        All but those that the form decides.
    tag : str
        Differs whenever the bytes do.
    rows : int
        Rows in it.
    """

    body: bytes
    headers: Mapping[str, str]
    tag: str
    rows: int

    def response(self, *, takes_gzip: bool, if_none_match: bytes | None) -> Response:
        """Return it as a reader takes it; without a body to one that has it."""
        form = self.zipped if takes_gzip and len(self.body) > _WORTH_ZIPPING else self.plain
        if if_none_match is not None and (if_none_match == form.tag or _matches(if_none_match, form.tag)):
            return Ready(304, form.headers_without_body, b"")
        return Ready(200, form.headers, form.body)

    @cached_property
    def plain(self) -> "Form":
        """The form without compression."""
        return self._form(f'"{self.tag}"', self.body, {})

    @cached_property
    def zipped(self) -> "Form":
        """The form with gzip."""
        body = gzip.compress(self.body, 6, mtime=0)
        return self._form(f'"{self.tag}-gzip"', body, {"content-encoding": "gzip"})

    def _form(self, tag: str, body: bytes, more: Mapping[str, str]) -> "Form":
        named = {**self.headers, **more, "etag": tag, "content-length": str(len(body))}
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()]
        return Form(tag.encode(), headers, [pair for pair in headers if pair[0] not in _OF_A_BODY], body)


class Form(NamedTuple):
    """An answer as it goes over the wire.

    Attributes
    ----------
    tag : bytes
        Its entity tag.
    headers, headers_without_body : list of (bytes, bytes)
        With the body, and of the answer 304 to a reader that has it.
    body : bytes
        Compressed, if it is.
    """

    tag: bytes
    headers: Headers
    headers_without_body: Headers
    body: bytes


_OF_A_BODY = {b"content-length", b"content-type", b"content-encoding", b"content-disposition"}


class Ready(Response):
    """A response whose headers and body were made before."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status_code = status
        self.raw_headers = headers
        self.body = body
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - what an application is called with
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)})


class Answers:
    """Answers of late, by all that decides them. A move of the pointer empties it.

    Parameters
    ----------
    largest : int
        Bytes held at once.
    """

    def __init__(self, largest: int = LARGEST_CACHE) -> None:
        self._largest = largest
        self._held: OrderedDict[Key, Answer] = OrderedDict()
        self._mark: object = None
        self._size = 0
        self._lock = Lock()

    def get(self, mark: object, key: Key) -> Answer | None:
        """Return the answer, if it was given since the pointer moved to where it stands."""
        with self._lock:
            if mark != self._mark or key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key]

    def keep(self, mark: object, key: Key, answer: Answer) -> None:
        """Hold an answer."""
        with self._lock:
            if mark != self._mark:
                self._held.clear()
                self._mark, self._size = mark, 0
            size = _size(key, answer)
            if key in self._held or size > self._largest // 4:
                return
            self._held[key] = answer
            self._size += size
            while self._size > self._largest:
                self._size -= _size(*self._held.popitem(last=False))


def _size(key: Key, answer: Answer) -> int:
    """Bytes that an answer may come to take with both forms and all that it is found by, about."""
    return 2 * len(answer.body) + sum(map(len, key)) + _OVERHEAD_BYTES


def tag_of(*parts: object) -> str:
    """Return a tag of what decides the bytes of an answer, with the code that writes them."""
    return hashlib.sha256("\n".join(map(str, (_CODE, *parts))).encode()).hexdigest()[:32]


def caching(as_known_at: datetime | None) -> str:
    """Return for how long an answer may be kept: what was known at a settled moment does not change."""
    is_settled = as_known_at is not None and as_known_at < datetime.now(UTC) - SETTLED
    return _FOR_A_DAY if is_settled else _REVALIDATE


def body_of(page: Page, form: Format, envelope: Mapping[str, object] | None) -> bytes:
    """Return the rows of a page; with an envelope a JSON object around them, without one a list."""
    if form is Format.CSV:
        return csv_bytes(page.rows)
    if form is Format.PARQUET:
        return parquet_bytes(page.rows)
    rows = b",".join(json_rows(page.rows) if page.encoded is None else page.encoded)
    if envelope is None:
        return b"[" + rows + b"]"
    head = json.dumps(envelope, separators=(",", ":")).encode()
    return head[:-1] + b',"data":[' + rows + b"]}"


def envelope_of(page: Page, table: str, units: Mapping[str, str]) -> dict[str, object]:
    """Return what stands around the rows of a page."""
    return {
        "table": table,
        "version": page.version.name,
        "published_at": written(page.version.published_at),
        "known_at": written(page.version.known_at),
        "as_of": None if page.as_of is None else page.as_of.isoformat(),
        "total": page.total,
        "count": page.rows.height,
        "next_cursor": page.next_cursor,
        "units": units_of(page.rows.columns, units),
    }


def headers_of(page: Page, form: Format, name: str, as_known_at: datetime | None) -> dict[str, str]:
    """Return the headers of a page in a format."""
    headers = {
        "content-type": MEDIA_TYPES[form],
        VERSION_HEADER: page.version.name,
        "X-Total-Count": str(page.total),
        "cache-control": caching(as_known_at),
        "vary": "Accept, Accept-Encoding",
    }
    if page.as_of is not None:
        headers["X-As-Of"] = page.as_of.isoformat()
    if page.next_cursor is not None:
        headers["X-Next-Cursor"] = page.next_cursor
    if form is not Format.JSON:
        day = f"-{page.as_of}" if page.as_of else ""
        headers["content-disposition"] = f'attachment; filename="{name}{day}.{form}"'
    return headers


def _matches(if_none_match: bytes, tag: bytes) -> bool:
    found = (part.strip().removeprefix(b"W/") for part in if_none_match.split(b","))
    return any(part in {b"*", tag} for part in found)
