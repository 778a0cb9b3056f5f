"""Reading an upload as browsers and programs send it: multipart, streamed to disk, never whole in memory.

Use::

    async with received(request, uploads.scratch, uploads.max_bytes) as form:
        upload = await run_in_threadpool(uploads.land, form, by=..., from_=...)
"""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from analytics_platform.api.problems import Problem

FILE, DATASET = "file", "dataset"

_MULTIPART = b"multipart/form-data"
_BATCH = 1 << 20
_LONGEST_TEXT = 1000
_AROUND = 64 << 10
"""Bytes of a form around its file."""


@dataclass(frozen=True)
class Received:
    """What was sent, on this disk until the block ends.

    Attributes
    ----------
    file : Path
        The content.
    file_name : str
        Name that the sender gives; it is not trusted.
    dataset : str or None
        Table that it fills, if the sender says.
    size_bytes : int
        Size of the content.
    sha256 : str
        Digest of the content.
    """

    file: Path
    file_name: str
    dataset: str | None
    size_bytes: int
    sha256: str


@asynccontextmanager
async def received(request: Request, scratch: Path, max_bytes: int) -> AsyncIterator[Received]:
    """Receive the fields ``file`` and ``dataset`` of a multipart form.

    Parameters
    ----------
    request : Request
        Whose body was not read yet.
    scratch : Path
        Folder for the content while it is here; made when it is missing.
    max_bytes : int
        Largest file.

    Raises
    ------
    Problem
        Status 413 if the file is larger, 415 or 422 if the body is no such form, 503 if there is no room.
    """
    boundary = _boundary(request)
    too_large = f"{FILE}: is larger than {max_bytes:,} bytes; split it by date, or raise ANALYTICS_UPLOAD_MB"
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > max_bytes + _AROUND:
        raise Problem(413, too_large, FILE)
    with _folder(scratch) as folder:
        path = folder / "content"
        try:
            with path.open("wb") as content:
                form = _Form(boundary, content, max_bytes, too_large)
                async for batch in _batches(request):
                    await run_in_threadpool(form.feed, batch)
            sent = form.finished(path)
        except FormParserError as error:
            raise Problem(422, f"body: is no multipart form: {error}", "body") from error
        except ClientDisconnect as error:
            raise Problem(
                400, "body: the connection ended before the form did; send it again", "body"
            ) from error
        except OSError as error:
            raise Problem(
                503, "there is no room for the file now; free space on the server, or wait"
            ) from error
        yield sent


@contextmanager
def _folder(scratch: Path) -> Iterator[Path]:
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="upload-") as folder:
        yield Path(folder)


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != _MULTIPART or not options.get(b"boundary"):
        raise Problem(415, "Content-Type: is multipart/form-data with a boundary here", "Content-Type")
    return options[b"boundary"]


async def _batches(request: Request) -> AsyncIterator[bytes]:
    """Give the body in pieces that are worth a thread."""
    waiting = bytearray()
    async for chunk in request.stream():
        waiting += chunk
        if len(waiting) >= _BATCH:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


class _Form:
    """Takes the parts of a form as they come: the file goes to disk, the text is kept."""

    def __init__(self, boundary: bytes, content: BinaryIO, max_bytes: int, too_large: str) -> None:
        self._content = content
        self._max_bytes = max_bytes
        self._too_large = too_large
        self._digest = hashlib.sha256()
        self._size = 0
        self._file_name: str | None = None
        self._dataset: bytearray | None = None
        self._part = ""
        self._header, self._value = bytearray(), bytearray()
        self._disposition: str | None = None
        self._is_whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._open,
                "on_part_data": self._take,
                "on_end": self._end,
            },
        )

    def feed(self, batch: bytes) -> None:
        """Take some bytes."""
        if batch:
            self._parser.write(batch)

    def finished(self, path: Path) -> Received:
        """Return what was sent, once all is there."""
        if not self._is_whole:
            raise Problem(422, "body: ends before its form does; send the whole form", "body")
        if not self._file_name:
            raise Problem(422, f"{FILE}: is missing; choose a file", FILE)
        dataset = _text(bytes(self._dataset or b""), DATASET)
        return Received(path, self._file_name, dataset or None, self._size, self._digest.hexdigest())

    def _begin(self) -> None:
        self._disposition = None

    def _end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = self._value.decode("latin-1")
        self._header.clear()
        self._value.clear()

    def _open(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._part = _text(options.get(b"name", b""), "body")
        if self._part == FILE and self._file_name is None:
            if b"filename" not in options:
                raise Problem(422, f"{FILE}: comes without a name; send it as a file", FILE)
            self._file_name = _text(options[b"filename"], FILE)
        elif self._part == DATASET and self._dataset is None:
            self._dataset = bytearray()
        else:
            named = self._part[:100]
            told = f"{named!r} is no field here, or is there twice: there are {FILE} and {DATASET}, once each"
            raise Problem(422, told, named or "body")

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._part == FILE:
            self._size += end - start
            if self._size > self._max_bytes:
                raise Problem(413, self._too_large, FILE)
            piece = data[start:end]
            self._content.write(piece)
            self._digest.update(piece)
        elif self._dataset is not None:
            self._dataset += data[start:end]
            if len(self._dataset) > _LONGEST_TEXT:
                raise Problem(422, f"{DATASET}: is longer than any name of a dataset", DATASET)

    def _end(self) -> None:
        self._is_whole = True


def _text(raw: bytes, field: str) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Problem(422, f"{field}: is no UTF-8; write it in UTF-8", field) from error
    if len(raw) > _LONGEST_TEXT or not text.isprintable():
        raise Problem(422, f"{field}: has at most {_LONGEST_TEXT} printable characters", field)
    return text
