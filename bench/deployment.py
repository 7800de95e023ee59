"""What is measured: the real service on a home of its own, and a product page elsewhere."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.relay import Relay

ROOT = Path(__file__).resolve().parents[1]
_PROGRAM = ROOT / ".venv" / "bin" / "consent-server"
_PATIENCE_SECONDS = 40
_PAGE = '<!doctype html><html lang="en"><title>Product</title><link rel="icon" href="data:,">{tag}'


@dataclass(frozen=True)
class Deployment:
    """The product page, and the wire by which browsers reach the service."""

    page: str
    wire: Relay


@contextmanager
def deployed() -> Iterator[Deployment]:
    """Serves the product as an operator would, with one site whose page carries the tag."""
    with tempfile.TemporaryDirectory(prefix="consent-bench-") as home, _product_page() as page:
        port = _free_port()
        wire = Relay(port)
        environ = {**os.environ, "CONSENT_HOME": home, "CONSENT_PUBLIC_URL": wire.url}
        _run(environ, "init")
        added = _run(environ, "sites", "add", "Shop", "--origin", page.origin, "--json")
        page.html = _PAGE.format(tag=json.loads(added)["tag"])
        with _serving(environ, port):
            yield Deployment(page=page.origin, wire=wire)
        wire.close()


class ProductPage(ThreadingHTTPServer):
    """One page on a port of its own, another origin than the service's."""

    html = ""

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: ProductPage

    def do_GET(self) -> None:
        body = self.server.html.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stays silent."""


@contextmanager
def _product_page() -> Iterator[ProductPage]:
    page = ProductPage(("127.0.0.1", 0), _Answer)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    yield page
    page.shutdown()
    page.server_close()


@contextmanager
def _serving(environ: dict[str, str], port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [_PROGRAM, "serve", "--port", str(port)],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz")
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _run(environ: dict[str, str], *words: str) -> str:
    command = [str(_PROGRAM), *words]
    return subprocess.check_output(command, env=environ, text=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
