"""The wheel is all that an operator needs: installed alone, it serves the banner and the console.

Nothing of the checkout is in reach of it: a new environment with the locked runtime packages, in
a folder elsewhere, started with a clean environment.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest

from support.postgres import free_port
from support.prepared import ROOT

_PATIENCE_SECONDS = 40


class Installed:
    """The product in an environment of its own, with one site, serving."""

    def __init__(self, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.site_key = ""
        self._folder = folder
        self._program = folder / "venv" / "bin" / "consent-server"
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, *words: str) -> str:
        """Runs a command as an operator would; returns what it prints."""
        return _run(self._program, *words, folder=self._folder, environ=self._environ())

    def start(self) -> None:
        """Serves, and waits until it is ready."""
        port = self.url.rpartition(":")[2]
        self._process = subprocess.Popen(
            [self._program, "serve", "--port", port],
            env=self._environ(),
            cwd=self._folder,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.get("/readyz")
            except OSError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("the installed wheel does not serve")

    def stop(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(30)

    def get(self, path: str) -> tuple[str, str]:
        """Returns media type and text of a page. Raises HTTPError unless it is there."""
        with urllib.request.urlopen(urljoin(self.url, path), timeout=30) as response:
            return response.headers.get_content_type(), response.read().decode()

    def _environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "CONSENT_HOME": str(self._folder / "home"),
            "CONSENT_PUBLIC_URL": self.url,
        }


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The wheel, built from this checkout, installed elsewhere and serving."""
    folder = tmp_path_factory.mktemp("wheel")
    _install_alone(_build_wheel(folder), folder / "venv")
    product = Installed(folder)
    product.run("init")
    added = product.run("sites", "add", "Shop", "--origin", "http://localhost:9999", "--json")
    product.site_key = json.loads(added)["site_key"]
    product.start()
    yield product
    product.stop()


def test_the_wheel_serves_the_banner(installed: Installed) -> None:
    media_type, script = installed.get(f"/embed/{installed.site_key}.js")

    assert media_type == "text/javascript"
    assert (ROOT / "static" / "embed.js").read_text()[:500] in script


def test_the_wheel_shows_the_sign_in_page_with_its_stylesheet(installed: Installed) -> None:
    media_type, page = installed.get("/admin/sign-in")
    sheets = [installed.get(address) for address in _stylesheets(page)]

    assert media_type == "text/html"
    assert "<form" in page
    assert sheets
    assert all(kind == "text/css" and "{" in rules for kind, rules in sheets)


def test_the_installed_product_finds_nothing_of_the_checkout(installed: Installed) -> None:
    python = installed._program.with_name("python")

    place = _run(
        python, "-c", "import consent_server as c; print(c.__file__)", folder=installed._folder
    )

    assert Path(place.strip()).is_relative_to(installed._folder)


def _build_wheel(folder: Path) -> Path:
    _run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, folder=ROOT
    )
    return next(folder.glob("*.whl"))


def _install_alone(wheel: Path, venv: Path) -> None:
    """Installs the wheel with the locked packages it runs on, into an empty environment."""
    _run(sys.executable, "-m", "venv", "--without-pip", venv, folder=wheel.parent)
    python = str(venv / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q"]
    locked = str(ROOT / "requirements" / "runtime.txt")
    quickly = ("--no-deps", "--no-compile")  # that nothing is missing shows the next line
    _run(*pip, *quickly, "--require-hashes", "-r", locked, folder=wheel.parent)
    _run(*pip, "--no-index", str(wheel), folder=wheel.parent)


def _run(*command: str | Path, folder: Path, environ: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _stylesheets(page: str) -> list[str]:
    """Returns the addresses of a page's stylesheets."""
    found: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            facts = dict(attrs)
            if tag == "link" and facts.get("rel") == "stylesheet":
                found.append(facts["href"] or "")

    Links().feed(page)
    return found
