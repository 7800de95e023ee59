"""The product's origin: pages and files on a port of their own, sent as a good host would.

Compressed once, brotli at its best unless the browser says otherwise. Files may be kept as long as
the service lets browsers keep its script, so that no banner gains by its host; pages never are.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import brotli

_KEPT_SECONDS = 300  # CONSENT_EMBED_MAX_AGE_SECONDS


@dataclass(frozen=True)
class File:
    """What an address answers with. kind: its media type."""

    kind: str
    body: bytes

    @classmethod
    def page(cls, html: str) -> File:
        """Returns a page."""
        return cls("text/html; charset=utf-8", html.encode())


class Product(ThreadingHTTPServer):
    """A web server whose files are put into `files`, by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files: dict[str, File] = {}

    @property
    def origin(self) -> str:
        """Another one than the service's."""
        return f"http://localhost:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: Product
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        file = self.server.files.get(urlsplit(self.path).path)
        if file is None:
            self._send(404, File("text/plain", b""), "identity")
        else:
            self._send(200, file, _best(self.headers.get("Accept-Encoding", "")))

    def _send(self, status: int, file: File, encoding: str) -> None:
        body = encoded(file.body, encoding)
        kept = "no-store" if file.kind.startswith("text/html") else f"max-age={_KEPT_SECONDS}"
        self.send_response(status)
        self.send_header("Content-Type", file.kind)
        self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", kept)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stays silent."""


@lru_cache
def encoded(body: bytes, encoding: str) -> bytes:
    """Returns the bytes as they travel: br, gzip or identity."""
    if encoding == "br":
        packed: bytes = brotli.compress(body, quality=11)
        return packed
    return gzip.compress(body, 9) if encoding == "gzip" else body


def _best(accepted: str) -> str:
    return next((name for name in ("br", "gzip") if name in accepted), "identity")


@contextmanager
def served_product() -> Iterator[Product]:
    """Serves until the block ends."""
    product = Product()
    threading.Thread(target=product.serve_forever, daemon=True).start()
    yield product
    product.shutdown()
    product.server_close()
