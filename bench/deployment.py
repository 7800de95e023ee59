"""What is measured: the real service on a home of its own, and a product page elsewhere."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.product import File, Product, served_product
from bench.relay import Relay

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / ".venv" / "bin" / "consent-server"
_PATIENCE_SECONDS = 40
_PAGE = '<!doctype html><html lang="en"><title>Product</title><link rel="icon" href="data:,">{tag}'


@dataclass(frozen=True)
class Deployment:
    """The product's origin, its page and tag, and the wire by which browsers reach the service."""

    product: Product
    page: str
    tag: str
    site_key: str
    wire: Relay


@contextmanager
def deployed() -> Iterator[Deployment]:
    """Serves the product as an operator would, with one site whose page carries the tag."""
    with tempfile.TemporaryDirectory(prefix="consent-bench-") as home, served_product() as product:
        port = free_port()
        wire = Relay(port)
        environ = {**os.environ, "CONSENT_HOME": home, "CONSENT_PUBLIC_URL": wire.url}
        _run(environ, "init")
        added = _run(environ, "sites", "add", "Shop", "--origin", product.origin, "--json")
        site = json.loads(added)
        product.files["/"] = File.page(_PAGE.format(tag=site["tag"]))
        with _serving(environ, port):
            yield Deployment(product, f"{product.origin}/", site["tag"], site["site_key"], wire)
        wire.close()


@contextmanager
def _serving(environ: dict[str, str], port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", str(port)],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz")
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_until_ready(address: str) -> None:
    """Returns when the address answers. Raises OSError when it has not for long."""
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
    command = [str(PROGRAM), *words]
    return subprocess.check_output(command, env=environ, text=True)


def free_port() -> int:
    """Returns a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def prepared() -> dict[str, str]:
    """Returns the paths of the programs that tools/prepare.py found."""
    found: dict[str, str] = json.loads((ROOT / ".venv" / "prepared.json").read_text())
    return found
