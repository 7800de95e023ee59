"""A product page on an origin of its own: a real little HTTP server that counts requests."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

Page = str | tuple[str, bytes]


class ProductPages:
    """Serves `pages` ({path: html, or (media type, bytes)}) and counts what is asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.requests: Counter[str] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def origin(self) -> str:
        """The origin of these pages, another one than the service's."""
        return f"http://localhost:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # the name that http.server calls
                path = urlsplit(self.path).path
                outer.requests[path] += 1
                page = outer.pages.get(path)
                media_type, body = _content(page)
                self.send_response(404 if page is None else 200)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body)))
                for name, value in outer.headers.get(path, {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:  # what a beacon sends
                outer.requests[urlsplit(self.path).path] += 1
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Stays silent."""

        return Handler


def _content(page: Page | None) -> tuple[str, bytes]:
    if page is None:
        return "text/plain", b"not here"
    return ("text/html; charset=utf-8", page.encode()) if isinstance(page, str) else page


@pytest.fixture
def product_pages() -> Iterator[ProductPages]:
    """A product page server of this test's own."""
    pages = ProductPages()
    yield pages
    pages.close()
