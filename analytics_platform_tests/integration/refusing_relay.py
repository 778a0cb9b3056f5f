"""An address before emulated S3 that passes everything on, until it is told to refuse what is below a key."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_HOP = {"connection", "content-length", "date", "server", "transfer-encoding"}


class Relay(ThreadingHTTPServer):
    """A server on this machine; clients use it instead of the one behind.

    Parameters
    ----------
    behind : str
        Host and port.

    Attributes
    ----------
    refused : dict of str to int
        What the path of a request holds, and the status that it is answered with.
    """

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.refused: dict[str, int] = {}

    @property
    def url(self) -> str:
        """Address of the relay."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Relay

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        for part, status in self.server.refused.items():
            if part in self.path:
                self._send(status, [], b"")
                return
        with closing(HTTPConnection(self.server.behind)) as connection:
            connection.request(self.command, self.path, body, dict(self.headers))
            found = connection.getresponse()
            length = found.getheader("Content-Length")
            kept = [pair for pair in found.getheaders() if pair[0].lower() not in _HOP]
            self._send(found.status, kept, found.read(), length)

    def _send(
        self, status: int, headers: list[tuple[str, str]], body: bytes, length: str | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", length if self.command == "HEAD" and length else str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - names of the base class

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def relay(behind: str) -> Iterator[Relay]:
    """Run a relay before a host and port."""
    with Relay(behind) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
