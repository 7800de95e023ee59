"""The real service: `consent-server serve` as a process of its own, on a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support.command import run_command
from support.postgres import free_port
from support.prepared import Prepared

_PATIENCE_SECONDS = 40
_PROGRAM = Path(sys.executable).parent / "consent-server"


class Service:
    """One deployment. `faketime` turns the wall clock of everything it runs (libfaketime)."""

    def __init__(self, home: Path, libfaketime: str, environ: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.home = home
        self.faketime: str | None = None
        self.inside: list[str] = []  # words before the program: enters another mount namespace
        self.site_key = ""
        self.tag = ""
        self._libfaketime = libfaketime
        self._extra = environ or {}
        self._process: subprocess.Popen[bytes] | None = None
        self.log = home.with_suffix(".log")

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the machine it runs on, as far as it can see."""
        return ZoneInfo(self._extra.get("TZ", "UTC"))

    def run_cli(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a command of the same deployment in a process of its own."""
        if self.faketime is None and not self.inside:
            return run_command(arguments, self.environ, check=check)
        return subprocess.run(
            [*self.inside, _PROGRAM, *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=check,
        )

    def add_site(self, *origins: str, name: str = "Shop", **options: str) -> str:
        """Adds a site for the product page's origins; returns its key."""
        words = [word for origin in origins for word in ("--origin", origin)]
        words += [word for key, value in options.items() for word in (f"--{key}", value)]
        facts: dict[str, Any] = json.loads(
            self.run_cli("sites", "add", name, *words, "--json").stdout
        )
        self.site_key, self.tag = facts["site_key"], facts["tag"]
        return self.site_key

    def start(self, *options: str) -> None:
        """Starts serving and waits until it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.inside, _PROGRAM, "serve", "--port", str(self.port), *options],
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the service ended: {self.log.read_text()}")
            if self._is_ready():
                return
            time.sleep(0.05)
        raise RuntimeError(f"the service is not ready: {self.log.read_text()}")

    @property
    def processes(self) -> list[int]:
        """Ids of the running server: the first, which serves nobody itself, then its workers."""
        assert self._process is not None
        first = self._process.pid
        workers = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, workers)]

    def stop(self) -> int | None:
        """Ends it the polite way; returns its exit code, None if it did not run."""
        return self._end(signal.SIGTERM)

    def wait(self) -> int:
        """Waits until it has ended by itself; returns its exit code."""
        assert self._process is not None
        code, self._process = self._process.wait(_PATIENCE_SECONDS), None
        return code

    def kill(self) -> None:
        """Ends all its processes at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Returns status and body of a GET."""
        request = urllib.request.Request(self.url + path, headers=headers)
        return _open(request)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> tuple[int, bytes]:
        """Returns status and body of a POST of JSON."""
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "text/plain", **headers},
        )
        return _open(request)

    def export(self, kind: str, *options: str) -> list[dict[str, Any]]:
        """Returns the rows of an export on the command line."""
        lines = self.run_cli(kind, "export", "--format", "ndjson", *options).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def _is_ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def _end(self, how: signal.Signals) -> int | None:
        if self._process is None:
            return None
        if self._process.poll() is None:
            os.killpg(self._process.pid, how)
        code, self._process = self._process.wait(30), None
        return code

    @property
    def environ(self) -> dict[str, str]:
        """What its processes find in their environment."""
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home.parent),
            "CONSENT_HOME": str(self.home),
            "CONSENT_PUBLIC_URL": self.url,
            "CONSENT_RETENTION_INTERVAL_SECONDS": "1",
            "CONSENT_EMBED_MAX_AGE_SECONDS": "1",
            "CONSENT_SECOND_FACTOR": "off",
            "CONSENT_RATE_LIMITS": "off",  # a test under load is one address; others say otherwise
            **self._extra,
        }
        if self.faketime is not None:
            environ |= {
                "LD_PRELOAD": self._libfaketime,
                "FAKETIME": self.faketime,
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "TZ": str(self.zone),
                **self._extra,
            }
        return environ


def _open(request: urllib.request.Request) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


MakeService = Callable[..., Service]


@pytest.fixture
def make_service(
    prepared: Prepared, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[MakeService]:
    """Makes initialised deployments (not yet serving); `environ` adds variables.

    On SQLite under its home, what `init` makes is copied, but for the secret.
    """
    made: list[Service] = []

    def make(environ: dict[str, str] | None = None) -> Service:
        service = Service(tmp_path / f"home-{len(made)}", prepared.libfaketime, environ)
        made.append(service)
        if any(name.endswith("DATABASE_URL") for name in environ or {}):
            service.run_cli("init")
        else:
            migrated: Path = request.getfixturevalue("migrated_files")
            shutil.copytree(migrated, service.home, ignore=shutil.ignore_patterns("secret_key"))
        return service

    yield make
    for service in made:
        service.kill()


@pytest.fixture
def service(make_service: MakeService) -> Service:
    """A deployment that serves on SQLite, without a site yet."""
    service = make_service()
    service.start()
    return service
